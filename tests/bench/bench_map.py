"""From navigation to the first complete frame of the one map at county scale, in headless Chromium without a GPU.

    python -m tests.bench.bench_map [--rounds N]

Loads the demo county into a database of its own, serves it as script/server does, signs in as the county's officer and
opens the map with every layer on. The first round has cold caches; the browser is new in every round.
"""
import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.scratch import free_port, machine, manage, running, scratch_database

LIMIT_S = 2.0
CHROMIUM = [
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", "--disable-background-networking",
]  # fmt: skip
ALL_LAYERS = "zones,compounds,graded_compounds,surveillance,incidents,premises,stations"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=5)
    rounds = options.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder, scratch_database("siwu_bench_map") as values:
        values |= {"SIWU_STATIC_ROOT": f"{folder}/static", "SIWU_RUN_DIR": folder, "SIWU_LOG_LEVEL": "WARNING"}
        Path(folder).chmod(0o755)
        manage(values, "collectstatic", "--noinput", "-v0")
        manage(values, "load_demo")
        password = account(Path(folder, "accounts.txt"), "county")
        port = str(free_port())
        url = f"http://127.0.0.1:{port}"
        granian = str(Path(sys.executable).with_name("granian"))
        command = [granian, "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--no-ws", "--port", port]
        command.append("config.wsgi:application")
        with running(command, values, url + "/account/login/"), sync_playwright() as playwright:
            print(f"demo county, 1440 × 900 · {machine()}")
            for title, layers in (("layers shown at first", None), ("every layer on", ALL_LAYERS)):
                times = [draw(playwright, url, password, layers) for _ in range(rounds)]
                middle = statistics.median(times)
                verdict = "reached" if middle <= LIMIT_S else "NOT reached"
                print(f"{title:22} median {middle:.2f} s, worst {max(times):.2f} s, limit {LIMIT_S} s: {verdict}")


def account(file: Path, name: str) -> str:
    """The password beside an account's name in the table that load_demo wrote."""
    for line in file.read_text().splitlines():
        if line.split()[:1] == [name]:
            return line.split()[1]
    sys.exit(f"no account {name} in {file}")


def draw(playwright, url: str, password: str, layers: str | None) -> float:
    """Seconds from navigation until the map is idle for the first time: all tiles there and drawn."""
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
    try:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url + "/account/login/")
        page.fill("[name=username]", "county")
        page.fill("[name=password]", password)
        page.click("main button[type=submit]")
        page.wait_for_load_state()
        if layers:
            page.goto(f"{url}/surveillance/purpose/?next=/surveillance/")
            page.check("input[value=coverage]")
            page.click("main button[type=submit]")
        page.goto("about:blank")
        page.goto(f"{url}/map/" + (f"#on={layers}&period=0" if layers else ""))
        page.wait_for_selector("body[data-drawn]", timeout=60_000)
        return float(page.get_attribute("body", "data-drawn")) / 1000
    finally:
        browser.close()


if __name__ == "__main__":
    main()
