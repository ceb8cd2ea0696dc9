"""The files under deploy/: what can be told of them without a server to install them on."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
NGINX = os.environ.get("SIWU_NGINX") or shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
def test_units_are_what_systemd_reads(tmp_path):
    """With the programs that are to be at /opt/siwu standing there, empty."""
    for name in ("granian", "celery", "python", "pgbackrest"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    for unit in UNITS:
        text = unit.read_text().replace("/opt/siwu/.venv/bin", str(tmp_path)).replace("/usr/bin/pgbackrest", str(tmp_path / "pgbackrest"))
        (tmp_path / unit.name).write_text(text)
    named = [str(tmp_path / unit.name) for unit in UNITS]
    done = subprocess.run(["systemd-analyze", "verify", *named], capture_output=True, text=True, timeout=60)
    told = [line for line in done.stderr.splitlines() if "siwu-" in line]
    assert told == [] and done.returncode == 0, done.stderr


@pytest.mark.skipif(not NGINX, reason="nginx is not on this machine (SIWU_NGINX names one)")
def test_the_proxys_file_is_what_nginx_reads_and_keeps_tokens_out_of_its_log(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "chain.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1",
                    "-subj", "/CN=siwu.example"], check=True, capture_output=True)  # fmt: skip
    text = (DEPLOY / "nginx.conf").read_text()
    for there, here in (("/etc/siwu/tls/fullchain.pem", certificate), ("/etc/siwu/tls/privkey.pem", key), ("/var/log/nginx", tmp_path)):
        text = text.replace(there, str(here))
    rooms = "".join(f"{name}_temp_path {tmp_path}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}} http {{ {rooms} {text} }}"
    (tmp_path / "nginx.conf").write_text(whole)
    done = subprocess.run([NGINX, "-t", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [form] = re.findall(r"log_format siwu '([^']*)'", text)
    telling = {"$request", "$request_uri", "$uri", "$args", "$http_referer", "$remote_addr", "$remote_user"}
    assert not set(re.findall(r"\$\w+", form)) & telling


def test_units_start_the_programs_as_script_server_does():
    """Each line of the Procfile has its unit, with the same program and the same options that decide over data."""
    procfile = dict(line.split(": ", 1) for line in (ROOT / "script/Procfile").read_text().splitlines())
    assert {f"siwu-{name}.service" for name in procfile} <= {unit.name for unit in UNITS}
    for name, line in procfile.items():
        unit = (DEPLOY / "systemd" / f"siwu-{name}.service").read_text()
        for option in re.findall(r"--(?:interface|workers|blocking-threads|concurrency|prefetch-multiplier) \S+", line):
            assert option in unit, f"{name}: {option}"


def test_every_setting_of_the_example_is_one_that_is_read():
    read = (ROOT / "config/settings.py").read_text()
    names = re.findall(r"^([A-Z_]+)=", (DEPLOY / "env.example").read_text(), re.M)
    assert [name for name in names if name not in read] == []


def test_the_steps_for_a_server_take_every_file_of_the_folder_and_none_that_is_not_there():
    steps = (ROOT / "docs/operations.md").read_text().split("```sh\n", 1)[1].split("```", 1)[0]
    done = subprocess.run(["bash", "-n"], input=steps, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    named = set(re.findall(r"\bdeploy/([\w.-]+)", steps))
    assert named == {path.name for path in DEPLOY.iterdir()} - {"Containerfile", "entrypoint.sh"}
    started = set(re.findall(r"siwu-\w+(?:\.timer)?", "".join(re.findall(r"^systemctl (?:enable|start).*", steps, re.M))))
    timers = {unit.name for unit in UNITS if unit.suffix == ".timer"}
    assert started == {"siwu-web", "siwu-worker", "siwu-beat", "siwu-base", "siwu-moment", *timers}


@pytest.mark.parametrize("path", [*sorted(DEPLOY.glob("*.sh")), DEPLOY / "siwu"], ids=lambda path: path.name)
def test_scripts_of_the_image_are_valid_shell(path):
    assert subprocess.run(["bash", "-n", path]).returncode == 0


def test_the_image_takes_locked_packages_and_runs_as_nobody_special():
    text = (DEPLOY / "Containerfile").read_text()
    assert "--require-hashes" in text and "\nUSER siwu\n" in text
    assert not re.search(r"ADD https?:|curl |wget ", text)
