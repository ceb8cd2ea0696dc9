"""A flood at the public doors: what it changes of what the public reads, and how long officers wait meanwhile.

    python -m tests.bench.bench_spam [--posts N] [--rate POSTS_A_SECOND]

Serves the demo county as script/server does. An officer asks for the lists again and again, first at rest, then while so many
posts arrive at the feedback door, half of them from one network and half from two hundred (loopback addresses); some are
rubbish, some well-formed forms. Promise 30: nothing public changes, and the officer's p95 stays within 20 %.
"""
import argparse
import hashlib
import http.client
import itertools
import re
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

import psycopg

from tests.bench.bench_map import account
from tests.bench.scratch import free_port, machine, manage, plain, running, scratch_database

GOAL_SHARE = 1.20
NETWORKS = 200
PAGES = ("/issues/", "/moderation/feedback/", "/ratings/", "/duties/")
PUBLIC_PAGES = ("/", "/data/2026Q3.csv", "/data/2026Q3.geojson")


def ask(port: int, method: str, path: str, body: str = "", headers: dict | None = None, source: str = "127.0.0.1"):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=(source, 0))
    try:
        link.request(method, path, body, {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})})
        answer = link.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace"), answer.headers
    finally:
        link.close()


def sign_in(port: int, password: str) -> dict[str, str]:
    _status, page, headers = ask(port, "GET", "/account/login/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    cookie = headers["Set-Cookie"].split(";")[0]
    typed = urllib.parse.urlencode({"csrfmiddlewaretoken": token, "username": "county", "password": password})
    status, _page, headers = ask(port, "POST", "/account/login/", typed, {"Cookie": cookie, "Origin": f"http://127.0.0.1:{port}"})
    session = next(each.split(";")[0] for each in headers.get_all("Set-Cookie") if each.startswith("sessionid"))
    assert status == 302, status
    return {"Cookie": session, "Accept": "text/html"}


def officer(port: int, signed: dict[str, str], until) -> list[float]:
    found = []
    for path in itertools.cycle(PAGES):
        if until(len(found)):
            return found
        began = time.perf_counter()
        status, _page, _headers = ask(port, "GET", path, headers=signed)
        found.append(time.perf_counter() - began)
        assert status == 200, (path, status)
        time.sleep(0.05)


def flood(port: int, posts: int, rate: float, codes: dict[int, int]) -> None:
    """Paced, so that the one who measures does not starve itself of the processor."""
    forms = {}
    for network in range(1, NETWORKS + 1, 10):
        _status, page, _headers = ask(port, "GET", "/feedback/", source=f"127.0.{network}.2")
        forms[network] = re.search(r'name="token" value="([^"]+)"', page)[1]
    time.sleep(4)  # past the time trap
    began = time.perf_counter()
    for number in range(posts):
        network = 0 if number % 2 else number // 2 % NETWORKS + 1
        typed = {"text": f"垃圾信息 {number}", "category": "other", "town": "640521100", "token": forms.get(network, "x")}
        status, _page, _headers = ask(port, "POST", "/feedback/", urllib.parse.urlencode(typed), source=f"127.0.{network}.2")
        codes[status] = codes.get(status, 0) + 1
        time.sleep(max(0.0, began + (number + 1) / rate - time.perf_counter()))


def read_by_all(port: int) -> str:
    # The form's token of the language and the like stand in no public page.
    return hashlib.sha256("".join(ask(port, "GET", path)[1] for path in PUBLIC_PAGES).encode()).hexdigest()


def p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1] * 1000


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--posts", type=int, default=10_000)
    options.add_argument("--rate", type=float, default=50)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, scratch_database("siwu_bench_spam") as values:
        values |= {"SIWU_STATIC_ROOT": f"{folder}/static", "SIWU_MEDIA_ROOT": f"{folder}/media", "SIWU_RUN_DIR": folder}
        values |= {"SIWU_LOG_LEVEL": "ERROR"}
        Path(folder).chmod(0o755)
        manage(values, "collectstatic", "--noinput", "-v0")
        manage(values, "load_demo")
        password, port = account(Path(folder, "accounts.txt"), "county"), free_port()
        command = [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4"]
        command += ["--no-ws", "--port", str(port), "config.wsgi:application"]
        with running(command, values, f"http://127.0.0.1:{port}/account/login/"):
            report(port, password, asked, values)


def report(port: int, password: str, asked: argparse.Namespace, values: dict[str, str]) -> None:
    print(f"{asked.posts} posts at {asked.rate:g} a second · {machine()}")
    signed, codes = sign_in(port, password), {}
    officer(port, signed, lambda n: n >= 40)
    before = read_by_all(port)
    rest = officer(port, signed, lambda n: n >= 400)
    storm = threading.Thread(target=flood, args=(port, asked.posts, asked.rate, codes))
    storm.start()
    time.sleep(5)
    during = officer(port, signed, lambda _n: not storm.is_alive())
    storm.join()
    with psycopg.connect(plain(values["DATABASE_URL"])) as connection:
        [(kept,)] = connection.execute("SELECT count(*) FROM zones_feedback WHERE text LIKE '垃圾信息%'").fetchall()
    share = p95(during) / p95(rest)
    print(f"answers by status: {dict(sorted(codes.items()))}; kept for moderation: {kept}")
    print(f"what the public reads: {'unchanged' if read_by_all(port) == before else 'CHANGED'}")
    verdict = "reached" if share <= GOAL_SHARE else "NOT reached"
    print(f"officer's p95 at rest {p95(rest):.0f} ms of {len(rest)}, in the flood {p95(during):.0f} ms of {len(during)}")
    print(f"×{share:.2f}, goal ×{GOAL_SHARE}: {verdict}")


if __name__ == "__main__":
    main()
