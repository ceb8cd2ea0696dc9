import contextlib
import os
import signal
import subprocess
import sys

import pytest

from tests.bench.scratch import ROOT
from tests.browser.visits import ask, browser, session_states, visit  # noqa: F401


@pytest.fixture(scope="session")
def worker(demo_server):
    """The real worker of the demo site."""
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--concurrency", "1", "--prefetch-multiplier", "1"]
    command += ["--without-gossip", "--without-mingle", "--loglevel", "ERROR"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    found = subprocess.Popen(command, cwd=ROOT, env=demo_server.environment, start_new_session=True, **quiet)
    yield found
    with contextlib.suppress(ProcessLookupError):
        os.killpg(found.pid, signal.SIGTERM)
    found.wait(30)
