"""A browser on the served demo county. Every page is watched: what a reader would call broken fails the test.

One Chromium for the session; a context of its own (cookies, size, colours) for each visit.
"""

import base64
import contextlib
import functools
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import mapbox_vector_tile
import psycopg
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, sync_playwright
from psycopg import sql

from tests.bench.scratch import plain

# Playwright's own event loop lives in this thread beside the ORM of other tests.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = os.environ.get("SIWU_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist", "--disable-background-networking",
    # The pages are painted by Skia, not by a GPU that is simulated: a seventh of the processor's work less. WebGL is SwiftShader's.
    "--disable-gpu-rasterization", "--disable-gpu-compositing",
]  # fmt: skip
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PATIENCE_MS = 30_000
_launched: list[Browser] = []


AT_ONCE = {Locator: ("all", "all_inner_texts", "all_text_contents", "count", "inner_text", "is_visible"), Page: ("content", "inner_text")}


@contextlib.contextmanager
def whole_pages() -> Iterator[None]:
    """A click that leads elsewhere returns when the new page begins; what tells at once what is there waits for that page's end."""

    def patient(ask: Callable) -> Callable:
        @functools.wraps(ask)
        def asked(of: Locator | Page, *arguments, **named):
            (of if isinstance(of, Page) else of.page).wait_for_load_state("domcontentloaded")
            return ask(of, *arguments, **named)

        return asked

    with pytest.MonkeyPatch.context() as patch:
        for kind, names in AT_ONCE.items():
            for name in names:
                patch.setattr(kind, name, patient(getattr(kind, name)))
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # Two folders use this fixture, and each has its own instance: the first one launches.
    if _launched:
        yield _launched[0]
        return
    if not os.path.exists(CHROMIUM):
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with sync_playwright() as playwright, whole_pages():
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        _launched.append(found)
        yield found
        _launched.clear()
        found.close()


@dataclass
class Watch:
    """What went wrong in a context, in the order in which it happened; `expected` are the paths whose refusal is the point of the test."""

    origin: str
    seen: list[tuple[str, str]] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)
    off: bool = False

    def on(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(error.page.url if error.page else "", f"page error: {error.error}"))
        context.on("request", lambda request: self._address(request.url))
        context.on("requestfailed", lambda request: self._failure(request.url, request.failure or ""))
        context.on("response", lambda response: self._status(response.url, response.status))

    @property
    def faults(self) -> list[str]:
        return [text for url, text in self.seen if not self.off and urlsplit(url).path not in self.expected]

    def _note(self, url: str, text: str) -> None:
        self.seen.append((url, text))

    def _console(self, message: ConsoleMessage) -> None:
        # A broken content security policy is told here too.
        if message.type == "error":
            self._note(message.location.get("url", ""), f"console: {message.text}")

    def _address(self, url: str) -> None:
        if not url.startswith((f"{self.origin}/", "data:", "blob:")):
            self._note(url, f"request to elsewhere: {url[:200]}")

    def _failure(self, url: str, why: str) -> None:
        # Leaving a page, or a map that moves on, takes requests back.
        if "ERR_ABORTED" not in why:
            self._note(url, f"failed: {url} {why}")

    def _status(self, url: str, status: int) -> None:
        if status >= 400:
            self._note(url, f"{status}: {url}")


@dataclass
class Visits:
    """Opens pages as somebody (an account of the demo) or as the public, and keeps watch over each."""

    browser: Browser
    site: object
    states: dict[str, dict]
    watches: dict[BrowserContext, Watch] = field(default_factory=dict)

    def __call__(self, path: str | None = None, *, account: str = "", **options) -> Page:
        if account and account not in self.states:
            self.states[account] = self._signed_in(account)
        page = self._page(storage_state=self.states.get(account), **options)
        if path is not None:
            page.goto(path)
        return page

    def _page(self, **options) -> Page:
        wanted = {"viewport": DESK, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "base_url": self.site.base_url, **options}
        context = self.browser.new_context(**wanted)
        context.set_default_timeout(PATIENCE_MS)
        self.watches[context] = Watch(self.site.base_url)
        self.watches[context].on(context)
        return context.new_page()

    def expect(self, page: Page, path: str) -> None:
        """The page will be refused this path, and that is right."""
        self.watches[page.context].expected.add(path)

    def _signed_in(self, account: str) -> dict:
        page = self._page()
        page.goto("/account/login/")
        page.fill("[name=username]", account)
        page.fill("[name=password]", self.site.passwords[account])
        # The page after signing in is the map: nothing of it is needed here.
        page.click("main button[type=submit]", no_wait_after=True)
        page.wait_for_url("**/map/", wait_until="commit")
        return page.context.storage_state()

    def expect_trouble(self, page: Page) -> None:
        """The test breaks something on purpose: what the console says of it is no fault."""
        self.watches[page.context].off = True

    def close(self) -> list[str]:
        for context in self.watches:
            context.close()
        return [fault for watch in self.watches.values() for fault in watch.faults]


@pytest.fixture(scope="session")
def session_states() -> dict[str, dict]:
    """Cookies of each account that has signed in."""
    return {}


@pytest.fixture
def visit(browser, demo_server, session_states) -> Iterator[Callable[..., Page]]:
    """`visit("/map/", account="county", viewport=PHONE)`: a page of a new context; the test fails when the page misbehaves."""
    visits = Visits(browser, demo_server, session_states)
    yield visits
    faults = visits.close()
    assert not faults, "\n".join(faults)


@pytest.fixture
def ask(demo_server) -> Iterator[Callable[..., list[tuple]]]:
    """Rows of a statement on the demo database, as its owner. Names of tables and columns go in as keywords."""
    with psycopg.connect(plain(demo_server.environment["DATABASE_URL"]), autocommit=True) as connection:

        def rows(statement: str, *values, **names: str) -> list[tuple]:
            text = sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()})
            return connection.execute(text, values).fetchall()

        yield rows


def drawn(page: Page) -> Page:
    """The page, once its map has drawn the first whole frame."""
    page.wait_for_selector("body[data-drawn]", timeout=60_000)
    return page


def state_purpose(page: Page) -> Page:
    """On the page that asks what exact positions are read for: say so, and go on."""
    page.check("input[value=coverage]")
    page.click("main button[type=submit]")
    return page


def scrolls_sideways(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def tile_of(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    """z, x, y of the tile that holds a point."""
    n = 2**z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return z, int((lon + 180) / 360 * n), int(y * n)


def features(page: Page, layer: str, address: tuple[int, int, int]) -> list[dict]:
    """What a tile says to whoever is signed in on the page."""
    answer = page.context.request.get("/tiles/{}/{}/{}/{}.mvt".format(layer, *address))
    assert answer.status == 200
    return [feature for each in mapbox_vector_tile.decode(answer.body()).values() for feature in each["features"]]


_PIXELS = """async ([image, colour, spread, most]) => {
  const bitmap = await createImageBitmap(await (await fetch("data:image/png;base64," + image)).blob());
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const is = (x, y) => [0, 1, 2].every((i) => Math.abs(data[4 * (y * bitmap.width + x) + i] - colour[i]) <= spread);
  const found = [];
  let count = 0;
  for (let y = 0; y < bitmap.height; y++) {
    for (let x = 0; x < bitmap.width; x++) if (is(x, y) && ++count <= most) found.push([x, y]);
  }
  return { count, found };
}"""


def pixels(page: Page, colour: str) -> list[tuple[int, int]]:
    """Where the map's canvas shows a mark's colour (#rrggbb), row by row; in CSS pixels of the page."""
    box, found = _look(page, colour, spread=10, most=20_000)
    return [(round(box["x"] + x), round(box["y"] + y)) for x, y in found["found"]]


def pixel_count(page: Page, colour: str) -> int:
    """How many pixels of the map have this very colour: the extent of a ground, say."""
    return _look(page, colour, spread=2, most=0)[1]["count"]


def _look(page: Page, colour: str, *, spread: int, most: int) -> tuple[dict, dict]:
    box = page.locator("canvas.maplibregl-canvas").bounding_box()
    image = page.screenshot(clip=box, scale="css")
    reader = page.context.browser.new_page()
    try:
        wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        return box, reader.evaluate(_PIXELS, [base64.b64encode(image).decode(), wanted, spread, most])
    finally:
        reader.close()
