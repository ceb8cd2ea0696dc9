"""Programs of set-up that only look (script/lib), with the libraries of their own environment (script/supply)."""
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ROOT / ".run/supply/venv/lib"


def program(name: str, monkeypatch):
    found = sorted(TOOLS.glob("python3*/site-packages"))
    if not found:
        pytest.skip("script/supply has not run in this checkout")
    monkeypatch.setattr(sys, "path", [*sys.path, str(found[0])])
    spec = importlib.util.spec_from_file_location(name, ROOT / f"script/lib/{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module
