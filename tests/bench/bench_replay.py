"""Whether the replay of a 10,000-point track is smooth, in headless Chromium without a GPU.

    python -m tests.bench.bench_replay [--seconds N]

Serves a town with the track of tests/browser/patrol_scene.py, opens the replay as the town's officer and counts frames
while nothing happens, while a bare dot moves over the map (the control: what this machine's browser can do without a GPU), while it
plays, and while the slider is dragged to and fro.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from tests.bench.bench_map import CHROMIUM
from tests.bench.scratch import free_port, machine, manage, running, scratch_database

GOAL = 0.9
COUNT = """seconds => new Promise((done) => {
  const frames = [], tasks = [];
  const watch = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((each) => each.duration)));
  watch.observe({ type: "longtask" });
  const began = performance.now();
  let before = began;
  const frame = (time) => {
    frames.push(time - before);
    before = time;
    if (time - began < seconds * 1000) return requestAnimationFrame(frame);
    watch.disconnect();
    return done({ frames: frames.slice(2), tasks });
  };
  requestAnimationFrame(frame);
})"""
# A hand that goes the length of the slider in two seconds and back; an event for each frame, as from a pointer.
DRAG = """() => {
  const slider = document.getElementById("time"), most = Number(slider.max), began = performance.now();
  const step = (time) => {
    slider.value = String(Math.round(most * Math.abs(((time - began) / 2000 + 1) % 2 - 1)));
    slider.dispatchEvent(new Event("input"));
    window.dragging = requestAnimationFrame(step);
  };
  window.dragging = requestAnimationFrame(step);
}"""


SCENE = """
from datetime import timedelta
from django.utils import timezone
from tests import cast
from tests.browser.patrol_scene import _walk
from tests.patrol import patrolling as p
cast.territory()
cast.west_officer()
walker = p.member()
phone = p.device(walker)
walked = p.patrol(walker, phone, start=timezone.now() - timedelta(hours=5), hours=3.6)
_walk(walked, phone, cast.point(105.62, 37.48))
print(walked.pk)
"""


# The least that a replay can be: one dot that moves over the map by its transform alone.
BARE = """() => {
  const dot = document.createElement("div"), began = performance.now();
  const look = { position: "absolute", top: 0, left: 0, width: "18px", height: "18px", background: "#c00", willChange: "transform" };
  Object.assign(dot.style, look);
  document.getElementById("replay-map").append(dot);
  const step = (time) => {
    dot.style.transform = `translate(${100 + ((time - began) / 20) % 500}px, 150px)`;
    window.moving = requestAnimationFrame(step);
  };
  window.moving = requestAnimationFrame(step);
}"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=float, default=6)
    seconds = options.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder, scratch_database("siwu_bench_replay") as values:
        values |= {"SIWU_STATIC_ROOT": f"{folder}/static", "SIWU_RUN_DIR": folder, "SIWU_LOG_LEVEL": "WARNING"}
        Path(folder).chmod(0o755)
        manage(values, "collectstatic", "--noinput", "-v0")
        said, port = manage(values, "shell", "-v", "0", "-c", SCENE), str(free_port())
        command = [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--workers", "2", "--blocking-threads", "4"]
        command += ["--no-ws", "--port", port, "config.wsgi:application"]
        url = f"http://127.0.0.1:{port}"
        with running(command, values, url + "/account/login/"), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
            page = browser.new_page(viewport={"width": 1440, "height": 900}, locale="zh-CN", timezone_id="Asia/Shanghai")
            page.set_default_timeout(120_000)
            watch(page, url, said.split()[-1], seconds)
            browser.close()


def watch(page, url: str, patrol: str, seconds: float) -> None:
    page.goto(url + "/account/login/")
    page.fill("[name=username]", "west")
    page.fill("[name=password]", "a-word-for-tests")
    page.click("main button[type=submit]", no_wait_after=True)
    page.wait_for_url("**/map/", wait_until="commit")
    page.goto(f"{url}/patrol/{patrol}/replay/")
    page.fill("#purpose", "核对班次报告")
    page.click("main form button")
    page.wait_for_selector("body[data-drawn]")
    page.wait_for_selector("#play:enabled")
    points = page.evaluate("async () => (await (await fetch(location.pathname.replace('replay/', 'replay.json'))).json()).t.length")
    print(f"{points} points, 1440 × 900, {seconds:.0f} s each · {machine()}")
    page.wait_for_timeout(2000)
    told("nothing happens", page.evaluate(COUNT, seconds))
    page.evaluate(BARE)
    control = told("a bare dot moves", page.evaluate(COUNT, seconds))
    page.evaluate("cancelAnimationFrame(window.moving)")
    for speed in ("60", "1200"):
        page.select_option("#speed", speed)
        page.click("#play")
        verdict(told(f"plays at {speed} times", page.evaluate(COUNT, min(seconds, 9 if speed == "1200" else seconds))) / control)
        if page.locator("#time").input_value() != page.locator("#time").get_attribute("max"):
            page.click("#play")
    page.evaluate(DRAG)
    verdict(told("the slider is dragged", page.evaluate(COUNT, seconds)) / control)
    page.evaluate("cancelAnimationFrame(window.dragging)")
    told("nothing happens, again", page.evaluate(COUNT, seconds))


def told(title: str, seen: dict) -> float:
    frames = np.array(seen["frames"])
    a_second = 1000 / frames.mean()
    p95, longest = np.percentile(frames, 95), max(seen["tasks"], default=0)
    print(f"{title:24} {a_second:5.1f} frames/s, p95 {p95:5.1f} ms, worst {frames.max():5.0f} ms, longest task {longest:4.0f} ms", end="")
    print(f", {len(seen['tasks'])} tasks over 50 ms")
    return a_second


def verdict(ratio: float) -> None:
    print(f"{'':24} {ratio:.2f} of the control, goal >= {GOAL}: {'reached' if ratio >= GOAL else 'NOT reached'}")


if __name__ == "__main__":
    main()
