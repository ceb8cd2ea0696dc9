"""A walk through the site as one actor: from every address that needs nothing, along every link, and through every side door by name.

Bounded by kind: of the addresses of one name with the same query names, a few are asked.
"""
import math
import os
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from geo.exporting import FORMS
from geo.layers import registry
from tests.test_house import every_url
from tests.trust.canaries import ASKED, told_in
from tests.trust.forms import Form, forms_in
from tests.trust.site import TOWN_B, Site, undone

# SIWU_TRUST=whole walks further; every run of CI takes this many of a kind.
WHOLE = os.environ.get("SIWU_TRUST") == "whole"
OF_A_KIND = 12 if WHOLE else 2
PAGES_AT_MOST = 6000 if WHOLE else 1200
LINK = re.compile(r"""["'](/[A-Za-z0-9_~%.,/@+-]*(?:\?[^"'\s<>\\{}]*)?)["']""")
NOT_WALKED = ("/static/", "/account/logout/", "/account/language/", "/api/field/", "/ingest/")
PLACES_OF_TILES = (9, 12, 15)


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]
    problem: object = None
    words: set = field(default_factory=set)

    @property
    def is_page(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("text/html")


def answered(response: HttpResponse) -> Answer:
    """The whole answer, streamed or not, and the canaries in it, its headers included."""
    try:
        body = b"".join(response.streaming_content) if response.streaming else response.content
    finally:
        response.close()
    heads = "\n".join(f"{name}: {value}" for name, value in response.headers.items()).encode()
    problem = getattr(response, "exc_info", None)
    return Answer(response.status_code, body, dict(response.headers), problem and problem[1], told_in(body) | told_in(heads))


class Crawl:
    """`answers` by address; `forms`: what the pages offer to send, each kind once."""

    def __init__(self, site: Site, actor: str):
        self.site, self.actor = site, actor
        self.client: Client = site.clients[actor]
        self.answers: dict[str, Answer] = {}
        self.forms: dict[tuple, Form] = {}
        self.asked: Counter = Counter()

    def walk(self, beginning: list[str] | None = None) -> "Crawl":
        waiting = deque(beginning or [*plain_addresses(), *side_doors(self.site)])
        while waiting and len(self.answers) < PAGES_AT_MOST:
            path = waiting.popleft()
            if self._is_wanted(path):
                waiting.extend(self._further(path, self.ask(path)))
        return self

    def ask(self, path: str) -> Answer:
        if path not in self.answers:
            self.answers[path] = answered(self.client.get(path, headers={"accept": "text/html"}))
        return self.answers[path]

    @property
    def words(self) -> set[tuple[bytes, bytes]]:
        return set().union(*(answer.words for answer in self.answers.values()))

    def found(self, name: str) -> list[str]:
        """Addresses of this name that answered with something."""
        return [path for path, answer in self.answers.items() if answer.status == 200 and name_of(path) == name]

    def _is_wanted(self, path: str) -> bool:
        if path in self.answers or path.startswith(NOT_WALKED):
            return False
        kind = kind_of(path)
        if kind is None:
            return False
        self.asked[kind] += 1
        return self.asked[kind] <= OF_A_KIND

    def _further(self, path: str, answer: Answer) -> Iterator[str]:
        if "Location" in answer.headers:
            yield local(path, answer.headers["Location"])
        if answer.status != 200 or "html" not in (kind := answer.headers.get("Content-Type", "")) and "json" not in kind:
            return
        text = answer.body.decode("utf-8", "replace")
        if answer.is_page:
            for form in forms_in(text, path):
                self.forms.setdefault(form.kind, form)
        for link in dict.fromkeys(LINK.findall(text)):
            yield local(path, unescape(link))
        for link in re.findall(r'href="(\?[^"]*)"', text):
            yield local(path, unescape(link))


def local(path: str, link: str) -> str:
    parts = urlsplit(urljoin(path, link))
    return parts.path + (f"?{parts.query}" if parts.query else "")


def name_of(path: str) -> str:
    try:
        return resolve(urlsplit(path).path).url_name or ""
    except Resolver404:
        return ""


def kind_of(path: str) -> tuple | None:
    parts = urlsplit(path)
    try:
        match = resolve(parts.path)
    except Resolver404:
        return None
    words = tuple(sorted(value for value in match.kwargs.values() if isinstance(value, str) and not value.isdigit() and len(value) < 16))
    queries = [each.partition("=") for each in parts.query.split("&") if each]
    chosen = tuple(sorted((name, value if name in {"request", "typeNames", "outputFormat", "z"} else "") for name, _is, value in queries))
    return match.url_name, words, chosen, match.kwargs.get("z")


def plain_addresses() -> list[str]:
    """Every address that needs no object."""
    found = []
    for url in every_url():
        try:
            found.append(reverse(url.name))
        except NoReverseMatch:
            continue
    return [each for each in dict.fromkeys(found) if not each.startswith(NOT_WALKED)]


def side_doors(site: Site) -> list[str]:
    """What no link leads to, or not with B's own things: lists, exports, tiles, WFS and searches asked for canaries and for town B."""
    asked = [f"/search/?q={ASKED}", f"/map/search.json?q={ASKED}", f"/issues/similar.json?q={ASKED}", f"/?q={ASKED}"]
    asked += [f"{path}?division={TOWN_B}&town={TOWN_B}&unit={TOWN_B}" for path in plain_addresses()]
    asked += ["/ogc/wfs?service=WFS&version=2.0.0&request=GetCapabilities", "/ogc/wfs?service=WFS&version=2.0.0&request=Nonsense"]
    for name, (pk, lon, lat) in site.foreign.items():
        layer = registry[name]
        asked += [f"/objects/{name}/?{query}" for query in (f"q={ASKED}", "sort=-name", f"division={TOWN_B}", "page=2")]
        asked += [f"/objects/{name}/export.{form}" for form in FORMS]
        asked += [f"/map/{name}/{pk}.json", f"/objects/{name}/{pk}/", f"/objects/{name}/{pk}/edit/", f"/objects/{name}/{pk}/remove/"]
        asked.append(f"/objects/{name}/neighbours.json?bbox={lon - 0.05},{lat - 0.05},{lon + 0.05},{lat + 0.05}")
        asked.append(f"/objects/{name}/neighbours.json?lon={lon}&lat={lat}")
        for zoom in PLACES_OF_TILES:
            x, y = tile_of(lon, lat, zoom)
            asked.append(f"/tiles/{name}/{zoom}/{x}/{y}.mvt")
        if layer.gate is None:
            wfs = f"/ogc/wfs?service=WFS&version=2.0.0&typeNames={name}&request="
            asked += [f"{wfs}GetFeature&count=5000", f"{wfs}GetFeature&outputFormat=geojson&count=5000", f"{wfs}DescribeFeatureType"]
            asked += [f"{wfs}GetFeature&resourceId={name}.{pk}", f"{wfs}GetPropertyValue&valueReference=name&resourceId={name}.{pk}"]
            asked.append(f"{wfs}GetFeature&bbox={lat - 0.02},{lon - 0.02},{lat + 0.02},{lon + 0.02}")
    return asked


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    count = 2**zoom
    return int((lon + 180) / 360 * count), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * count)


def sent(crawl: Crawl, form: Form, **changed) -> Answer:
    """The form as a browser would send it, taken back afterwards."""
    with undone():
        return answered(crawl.client.post(form.action, form.filled(**changed), headers={"accept": "text/html"}))
