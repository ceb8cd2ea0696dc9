#!/usr/bin/env python3
"""Run a Siwu command. Works without activating .venv: it finds the one that script/setup made."""
import os
import sys
from pathlib import Path

VENV = Path(__file__).resolve().parent / ".venv"


def main() -> None:
    python = VENV / "bin" / "python"
    if Path(sys.prefix).resolve() != VENV.resolve() and python.exists() and not os.environ.get("SIWU_ANY_PYTHON"):
        os.execv(python, [str(python), *sys.argv])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line

        from geo.walls import open_process
    except ImportError as missing:
        raise SystemExit("未找到运行环境，请先运行 script/setup server。 No environment: run script/setup server first.") from missing
    try:
        if sys.argv[1:2] != ["runserver"]:
            open_process()
        execute_from_command_line(sys.argv)
    except BrokenPipeError:
        # `./manage.py … | head`: the reader has had enough. What the command wrote to the database stands.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
