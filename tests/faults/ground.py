"""Where faults happen: a cluster with its seeded database, and a copy of that for each storm."""

import json
from pathlib import Path

from tests.bench.scratch import manage
from tests.faults.cluster import Database
from tests.faults.storm import Storm


class Ground:
    """The cluster with its seeded database, and a copy of that for each storm."""

    def __init__(self, cluster: Database, values: dict[str, str], folder: Path):
        self.cluster, self.values, self.folder = cluster, values, folder
        self.phones = json.loads(self.shell("siwu", "from tests.faults import seeded; print(seeded.seed())").splitlines()[-1])

    def shell(self, database: str, code: str) -> str:
        storm = Storm(self.cluster, self.values, database, self.folder, seed=0)
        return manage(storm.values, "shell", "-c", code)

    def storm(self, name: str, folder: Path, *, seed: int = 1, **named) -> Storm:
        self.cluster.copy(name, of="siwu")
        return Storm(self.cluster, self.values, name, folder, seed=seed, **named)
