"""The commands that set up and run the site: what can be told without installing anything."""
import json
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "script"
NAMES = ("setup", "server", "test", "lock", "supply")
COMMANDS = [*(SCRIPT / name for name in NAMES), ROOT / ".ci" / "run", *sorted(SCRIPT.glob("lib/*.sh"))]
LOCKS = ["requirements.txt", "requirements-test.txt", "requirements-bench.txt", "requirements-supply.txt"]
OWN_SERVERS = ("DATABASE_URL", "REDIS_URL", "SIWU_APP_DATABASE_URL", "SIWU_PUBLIC_DATABASE_URL", "SIWU_ENV_FILE")


def pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.\-]+)(?:\[[^\]]*\])?==(\S+)", (SCRIPT / name).read_text(), re.M))


def run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess:
    clean = {name: value for name, value in os.environ.items() if name not in OWN_SERVERS}
    return subprocess.run([str(part) for part in command], cwd=cwd, env=clean | environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of the commands alone, where nothing has been set up."""
    shutil.copytree(SCRIPT, tmp_path / "script")
    (tmp_path / "manage.py").touch()
    return tmp_path


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.name)
def test_every_command_is_valid_shell(path):
    assert run("bash", "-n", path, cwd=ROOT).returncode == 0


@pytest.mark.parametrize("name", LOCKS)
def test_lock_has_a_hash_for_every_package_and_no_address(name):
    text = (SCRIPT / name).read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert not [entry for entry in entries if "==" in entry and "--hash=sha256:" not in entry]
    assert not re.search(r"https?://|--index|--extra-index|--find-links|--trusted-host", text)


def test_locks_agree_on_the_runtime_packages():
    runtime = pins("requirements.txt")
    assert runtime
    assert runtime.items() <= pins("requirements-test.txt").items()
    assert {name: version for name, version in pins("requirements-bench.txt").items() if name in runtime} == runtime


def test_browser_lock_names_exact_versions_and_no_address():
    wanted = json.loads((SCRIPT / "package.json").read_text())["dependencies"]
    packages = json.loads((SCRIPT / "package-lock.json").read_text())["packages"]
    for name, version in wanted.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    assert all("integrity" in package and "resolved" not in package for path, package in packages.items() if path)


def test_unknown_profile_is_refused(checkout):
    answer = run("script/setup", "production", cwd=checkout)
    assert answer.returncode == 1
    assert "server|test" in answer.stderr


def test_stop_where_nothing_runs_says_so_and_makes_nothing(checkout):
    answer = run("script/server", "--stop", cwd=checkout)
    assert answer.returncode == 0
    assert "Nothing is running" in answer.stdout
    assert not (checkout / ".run").exists()


def test_port_in_use_is_refused_before_set_up(checkout):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answer = run("script/server", cwd=checkout, SIWU_PORT=str(port))
    assert answer.returncode == 1
    assert f"端口 {port}" in answer.stderr
    assert "SIWU_PORT=" in answer.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(checkout, port):
    answer = run("script/server", cwd=checkout, SIWU_PORT=port)
    assert answer.returncode == 1
    assert "is not a port number" in answer.stderr


def sourced(checkout: Path, code: str) -> subprocess.CompletedProcess:
    parts = " ".join(f'source "{checkout}/script/lib/{part}.sh";' for part in ("profile", "steps", "packages", "services"))
    return run("bash", "-c", f"set -euo pipefail; {parts} PROFILE=test RUN={checkout}/run PG={checkout}/run/pg; {code}", cwd=checkout)


def test_a_pid_file_that_names_another_program_is_not_believed(checkout):
    (checkout / "run" / "pg").mkdir(parents=True)
    (checkout / "run" / "pg" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    assert sourced(checkout, "postgres_pid").returncode == 1


def test_a_cluster_that_was_started_is_never_removed(checkout):
    data = checkout / "run" / "pg"
    data.mkdir(parents=True)
    (data / "postmaster.opts").touch()
    (data / "PG_VERSION").write_text("15\n")
    answer = sourced(checkout, "create_cluster")
    assert answer.returncode == 1
    assert "incomplete" in answer.stderr
    assert (data / "postmaster.opts").exists()


def test_a_failing_step_shows_its_output_and_names_a_full_disk(checkout):
    (checkout / "log").touch()
    breaks = 'breaks() { echo "write failed: No space left on device"; false; }'
    answer = sourced(checkout, f'LOG={checkout}/log; trap report_failure EXIT; {breaks}; step "writing" breaks')
    assert answer.returncode == 1
    assert "this step failed: writing" in answer.stderr
    assert "The disk is full" in answer.stderr


def database(**environment: str) -> subprocess.CompletedProcess:
    return run(settings.BASE_DIR / ".venv/bin/python", SCRIPT / "lib/database.py", "external", cwd=ROOT, **environment)


def url(alias: str, **changes: str) -> str:
    found = {**settings.DATABASES[alias], **changes}
    host = found["HOST"].replace("/", "%2F")
    return f"postgis://{found['USER']}:{found['PASSWORD']}@{host}:{found['PORT']}/{found['NAME']}"


def test_wrong_database_password_is_named():
    answer = database(DATABASE_URL=url("owner", PASSWORD="wrong", NAME="siwu_template"))
    assert answer.returncode == 1
    assert "wrong user or password in DATABASE_URL" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_unreachable_database_is_named():
    answer = database(DATABASE_URL="postgis://nobody:x@127.0.0.1:1/siwu")
    assert answer.returncode == 1
    assert "cannot connect by DATABASE_URL" in answer.stderr


def test_owner_that_may_not_make_roles_gets_the_statements_for_the_administrator():
    answer = database(DATABASE_URL=url("owner", NAME="siwu_template"))
    assert answer.returncode == 1
    assert "ALTER ROLE siwu_app LOGIN" in answer.stderr
    assert settings.DATABASES["default"]["PASSWORD"] not in answer.stderr


def test_given_weaker_roles_are_taken_as_they_are():
    given = {"SIWU_APP_DATABASE_URL": url("default", NAME="siwu_template"), "SIWU_PUBLIC_DATABASE_URL": url("public", NAME="siwu_template")}
    answer = database(DATABASE_URL=url("owner", NAME="siwu_template"), **given)
    assert answer.returncode == 0, answer.stderr
    assert given["SIWU_APP_DATABASE_URL"] in answer.stdout
