"""The sites that the bench breaks on purpose and CI does not start: they are at least read in, as a server reads them."""
import os
import subprocess
import sys

import pytest

from tests.bench.scratch import ROOT, environment


@pytest.mark.parametrize("site", ["blunt", "doubling"])
def test_a_broken_site_is_a_site(site):
    values = {**os.environ, **environment(), "DJANGO_SETTINGS_MODULE": "config.settings"}
    code = f"from tests.faults.{site} import application; assert callable(application)"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=values, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
