"""nginx as deploy/nginx.conf sets it up, before a web server of the bench."""

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.scratch import ROOT, free_port


def documented() -> str:
    """deploy/nginx.conf without TLS, its log and the limit by address: here all clients have one address."""
    head, _plain, tls = re.split(r"^server \{$", (ROOT / "deploy/nginx.conf").read_text("utf-8"), flags=re.M)
    return "\n".join(line for line in f"{head}server {{{tls}".splitlines() if not re.search(r"ssl_|access_log|limit_conn", line))


@contextlib.contextmanager
def nginx(to: int, folder: Path) -> Iterator[int]:
    """Its port. Of the example, only the addresses are others, and there is no TLS."""
    port = free_port()
    site = documented().replace("listen 443 ssl;", f"listen 127.0.0.1:{port} backlog=1024;").replace("127.0.0.1:8000", f"127.0.0.1:{to}")
    site = re.sub(r"server_name [^;]+;", "server_name _;", site)
    temporary = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    text = f"worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.log warn; events {{ worker_connections 4096; }}\n"
    path = folder / "nginx.conf"
    path.write_text(f"{text}http {{ access_log off; {temporary}\n{site}\n}}\n")
    command = [os.environ.get("SIWU_NGINX") or shutil.which("nginx") or "/usr/sbin/nginx", "-c", str(path), "-g", "daemon off;"]
    if not Path(command[0]).exists():
        raise FileNotFoundError("nginx is not installed (apt-get install nginx-light)")
    with (folder / "nginx.out").open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        time.sleep(0.5)
        assert process.poll() is None, (folder / "nginx.out").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(10)
