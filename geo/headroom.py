"""What must stay free on the disks (promise 10): below it the web takes nothing that would be written, and no job begins."""
import shutil
import time
from pathlib import Path
from typing import Self

from django.conf import settings

LOOKED_AT_EVERY_S = 1.0


class Headroom:
    """Whether each disk still has what the database, sign-ins and the log need to go on."""

    def __init__(self, folders: list[str | Path], floor: int):
        self.folders, self.floor = [Path(each) for each in folders], floor
        self.known, self.until = True, 0.0

    @classmethod
    def of_this_site(cls) -> Self:
        return cls(settings.WATCHED_FOLDERS, settings.DISK_FLOOR_BYTES)

    def is_there(self) -> bool:
        now = time.monotonic()
        if now >= self.until:
            self.known = all(_free(each) >= self.floor for each in self.folders)
            self.until = now + LOOKED_AT_EVERY_S
        return self.known


def _free(folder: Path) -> int:
    """Of the disk on which the folder is, or will be."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free
