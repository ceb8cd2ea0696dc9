"""The site's own programs, started as script/server starts them (script/Procfile), and killed."""

import contextlib
import os
import random
import signal
import subprocess
from pathlib import Path

import psutil

from tests.bench.scratch import ROOT


def line_of(name: str) -> str:
    lines = (ROOT / "script/Procfile").read_text().splitlines()
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{name}:"))


class Program:
    """One line of the Procfile. `kill` ends all of it, `kill_part` one of its children, as the kernel does when memory is short."""

    def __init__(self, line: str, values: dict[str, str], log: Path):
        self.line, self.values, self.log = line, values, log
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", self.line],
                cwd=ROOT,
                env=self.values,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_part(self, chance: random.Random) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            if children := [
                one for one in psutil.Process(self.process.pid).children() if "resource_tracker" not in " ".join(one.cmdline())
            ]:
                chance.choice(children).kill()
                return True
        return False

    def stop(self) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(5)
        self.kill()
