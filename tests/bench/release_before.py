"""Promise 15, the other half: the release before works on this release's tables.

    python -m tests.bench.release_before COMMIT [test files of that release]

Takes the code of COMMIT beside this one, gives it a database that this code has migrated, and runs that release's own tests of
what writes: intake, register, edits, imports. A table or column that old code misses, or cannot fill, fails them.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from tests.bench.scratch import ROOT, create, drop, environment, machine, plain

WRITES = ("tests/patrol/test_intake.py", "tests/zones/test_register.py", "tests/geo/test_editing.py", "tests/geo/test_importing.py")


def main() -> int:
    commit, *named = sys.argv[1:] or sys.exit(__doc__)
    values = environment()
    owner = plain(values["DATABASE_URL"])
    with tempfile.TemporaryDirectory(prefix="siwu-before-") as folder:
        old = Path(folder, "checkout")
        packed = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, capture_output=True).stdout
        old.mkdir()
        subprocess.run(["tar", "-x", "-C", old], input=packed, check=True)
        (old / ".venv").symlink_to(ROOT / ".venv")
        (old / "geo/static/vendor").symlink_to(ROOT / "geo/static/vendor")
        asks = [sys.executable, "-c", "from tests.bench.scratch import state_of_code; print(state_of_code())"]
        state = subprocess.run(asks, cwd=old, env=values, check=True, capture_output=True, text=True).stdout.strip()
        model = f"siwu_migrated_{state}"  # where that release's tests look for their tables
        drop(owner, model)
        create(owner, model)
        try:
            with psycopg.connect(owner, dbname=model) as connection:
                applied = connection.execute("SELECT count(*) FROM django_migrations WHERE app IN ('geo', 'patrol', 'zones')").fetchone()[0]
            theirs = sum(1 for app in ("geo", "patrol", "zones") for _ in (old / app / "migrations").glob("[0-9]*.py"))
            print(f"code of {commit[:12]} with {theirs} migrations, on tables of {applied} · {machine()}", flush=True)
            chosen = named or [each for each in WRITES if (old / each).exists()]
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen]
            environment_of_old = {**values, "SIWU_ENV_FILE": os.environ.get("SIWU_ENV_FILE", str(ROOT / ".run/test/env"))}
            return subprocess.run(command, cwd=old, env=environment_of_old).returncode
        finally:
            drop(owner, model)


if __name__ == "__main__":
    sys.exit(main())
