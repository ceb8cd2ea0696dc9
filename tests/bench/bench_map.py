"""From navigation to the first complete frame of the one map at county scale, in headless Chromium without a GPU.

    python -m tests.bench.bench_map [--rounds N]

Loads the demo county into a database of its own, serves it as script/server does, signs in as the county's officer and
opens the map with every layer on. The first round has cold caches; the browser is new in every round. In the same rounds a
page with the same library and nothing but a background is drawn: what is left to us is the difference. `--steps` tells when
the page, the scripts and the tiles were there.
"""
import argparse
import statistics
import sys
import tempfile
import time
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
    options.add_argument("--steps", action="store_true")
    asked = options.parse_args()
    rounds = asked.rounds
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
            floor = []
            for title, layers in (("layers shown at first", None), ("every layer on", ALL_LAYERS)):
                times = []
                for _ in range(rounds):
                    seconds, bare, steps = draw(playwright, url, password, layers)
                    times.append(seconds)
                    floor.append(bare)
                    if asked.steps:
                        print(" ".join(f"{name} {value:.0f}" for name, value in steps.items()), "ms")
                middle = statistics.median(times)
                verdict = "reached" if middle <= LIMIT_S else "NOT reached"
                print(f"{title:22} median {middle:.2f} s, worst {max(times):.2f} s, limit {LIMIT_S} s: {verdict}")
            print(f"{'the bare library':22} median {statistics.median(floor):.2f} s")


def account(file: Path, name: str) -> str:
    """The password beside an account's name in the table that load_demo wrote."""
    for line in file.read_text().splitlines():
        if line.split()[:1] == [name]:
            return line.split()[1]
    sys.exit(f"no account {name} in {file}")


BARE = """<!doctype html><title>bare</title><link rel="stylesheet" href="STATIC/maplibre-gl.css">
<div id="map" style="position:fixed;inset:0"></div>
<script type="module">
import * as library from "STATIC/maplibre-gl.mjs";
const style = { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#eee" } }] };
const map = new library.Map({ container: "map", style, center: [105.6, 37.3], zoom: 9, fadeDuration: 0, attributionControl: false });
map.once("idle", () => { document.body.dataset.drawn = String(Math.round(performance.now())); });
</script>"""
def draw(playwright, url: str, password: str, layers: str | None) -> tuple[float, float, dict[str, float]]:
    """Seconds from navigation until the map is idle for the first time (all tiles there and drawn), those of the bare
    library in a browser of its own, and the steps of the first in milliseconds."""
    bare = drawn(playwright, url, lambda page: page.goto(f"{url}/bare/"))[0]

    def ours(page) -> None:
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

    seconds, steps = drawn(playwright, url, ours)
    return seconds, bare, steps


def drawn(playwright, url: str, open_map) -> tuple[float, dict[str, float]]:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
    try:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        body = BARE.replace("STATIC", f"{url}/static/vendor/maplibre")
        page.route(f"{url}/bare/", lambda route: route.fulfill(content_type="text/html", body=body))
        began, seen = time.monotonic(), []
        page.on("requestfinished", lambda request: seen.append((request.url, time.monotonic() - began)))
        open_map(page)
        page.wait_for_selector("body[data-drawn]", state="attached", timeout=60_000)
        return float(page.get_attribute("body", "data-drawn")) / 1000, steps_of(seen)
    finally:
        browser.close()


def steps_of(seen: list[tuple[str, float]]) -> dict[str, float]:
    """Milliseconds from the page's own answer until its scripts, the first and the last tile were there; how many requests."""
    page = next((i for i in reversed(range(len(seen))) if seen[i][0].split("#")[0].endswith(("/map/", "/bare/"))), 0)
    mine = [(url, at - seen[page][1]) for url, at in seen[page:]]
    scripts = [at for url, at in mine if url.endswith("js")] or [0]
    tiles = [at for url, at in mine if ".mvt" in url] or [0]
    found = {"scripts": max(scripts), "first tile": min(tiles), "last tile": max(tiles)}
    return {name: value * 1000 for name, value in found.items()} | {"tiles": len(tiles), "requests": len(mine)}


if __name__ == "__main__":
    main()
