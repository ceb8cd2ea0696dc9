"""The bench of faults: what docs/promises.md speaks of is done on purpose, on this machine alone, and measured.

    script/faults                     everything
    script/faults kills disk          some of: kills recovery restart wire slow burst disk

Every fault ends with what the phones were told held against the database, and with `./manage.py invariants`; every one has a control
that is broken on purpose and must be noticed. Loopback only; a PostgreSQL, a Redis and a site of its own in a temporary folder.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.scratch import machine
from tests.faults import fault_disk, fault_kills, fault_load
from tests.faults.cluster import private_cluster
from tests.faults.figures import Figure
from tests.faults.ground import Ground

FAULTS: dict[str, Callable[[Ground, Path], Iterator[Figure]]] = {
    "kills": fault_kills.kills,
    "recovery": fault_kills.recovery,
    "restart": fault_kills.restart,
    "wire": fault_kills.wire,
    "slow": fault_load.slow,
    "burst": fault_load.burst,
    "disk": fault_disk.disk,
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("faults", nargs="*", metavar="fault", help=" ".join(FAULTS))
    chosen = options.parse_args().faults or list(FAULTS)
    if unknown := set(chosen) - set(FAULTS):
        options.error(f"no such fault: {' '.join(unknown)}")
    signal.signal(signal.SIGTERM, lambda *_named: sys.exit(143))  # what was started, mounted and made is ended on every way out
    print(f"{machine()} · load {os.getloadavg()[0]:.1f}\n\n| fault | found | limit | |\n|---|---|---|---|", flush=True)
    bad = 0
    with tempfile.TemporaryDirectory(prefix="siwu-faults-") as folder, private_cluster() as (cluster, values):
        Path(folder).chmod(0o755)
        ground = Ground(cluster, values, Path(folder))
        for name in chosen:
            mine = Path(folder, name)
            mine.mkdir()
            bad += run(name, FAULTS[name], ground, mine)
    sys.exit(1 if bad else 0)


def run(name: str, fault: Callable, ground: Ground, folder: Path) -> int:
    began, bad = time.monotonic(), 0
    try:
        for figure in fault(ground, folder):
            print(figure.told(), flush=True)
            bad += not figure.kept
    except Exception:
        traceback.print_exc()
        print(f"| {name} | broke off | | **NOT kept** |", flush=True)
        bad += 1
    print(f"{name}: {time.monotonic() - began:.0f} s, load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
    return bad


if __name__ == "__main__":
    main()
