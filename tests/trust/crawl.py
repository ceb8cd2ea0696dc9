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
from tests.trust.matrix import GROUPS
from tests.trust.site import Site, undone
from tests.trust.territory import TOWN_B

# How far the walks go. Every run of all tests asks the side doors and follows no link; SIWU_TRUST=walk follows links, a few of a
# kind and of a name; SIWU_TRUST=whole many, as every role, with every method.
LEVEL = os.environ.get("SIWU_TRUST", "")
WALKS, WHOLE = LEVEL in {"walk", "whole"}, LEVEL == "whole"
OF_A_KIND, OF_A_NAME = (12, 400) if WHOLE else (1, 6)
PAGES_AT_MOST = 6000
# Where one object is read and changed, by what it is: asked for an object of town B.
PAGES = {
    "zones.Issue": ("/issues/{}/", "/issues/{}/sheet/"), "zones.Candidate": ("/candidates/{}/", "/candidates/{}/answers/"),
    "zones.RectificationZone": ("/zones/{}/",), "zones.Duty": ("/duties/{}/",), "zones.Inspection": ("/inspections/{}/",),
    "zones.Bulletin": ("/bulletins/{}/", "/bulletins/{}/files/"), "zones.Assessment": ("/assessments/{}/", "/assessments/{}/edit/"),
    "patrol.Team": ("/patrol/teams/{}/",), "patrol.Shift": ("/patrol/shifts/{}/", "/patrol/shifts/{}/report/"),
    "patrol.LogEntry": ("/patrol/logs/{}/",), "patrol.ShiftTemplate": ("/patrol/templates/{}/",),
    "zones.Feedback": ("/moderation/feedback/{}/",), "zones.Appeal": ("/moderation/appeal/{}/",),
    "zones.RightOfReply": ("/moderation/reply/{}/",), "geo.Compound": ("/ratings/{}/",),
    "zones.ReinspectionRequest": ("/moderation/reinspection/{}/",), "zones.EvidenceFile": ("/candidates/files/{}/",),
}  # fmt: skip
# Drawn from the same rows as the pages they stand on, and slow: their letters are glyphs that no search reads.
PAPERS = (".pdf", "form=pdf", "/print/")
LINK = re.compile(r"""["'](/[A-Za-z0-9_~%.,/@+-]*(?:\?[^"'\s<>\\{}]*)?)["']""")
NOT_WALKED = ("/static/", "/account/logout/", "/account/language/", "/api/field/", "/ingest/")
PLACES_OF_TILES = (9, 12, 15)
ALWAYS = ("compounds", "surveillance", "zones", "stations")
# Every kind of file once, of layers whose rows are many and few.
KINDS_OF_FILES = {"compounds": ("xlsx", "gpkg", "csv"), "stations": ("shp", "kml", "geojson"), "zones": ("xlsx", "geojson")}


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
        self.only_sent: set[str] = set()

    def walk(self, beginning: list[str] | None = None) -> "Crawl":
        if beginning is None:  # the side doors are all asked, whatever their kind
            for path in side_doors(self.site):
                self.note_forms(path, self.ask(path))
        waiting = deque(beginning or plain_addresses())
        while waiting and not WALKS:
            if self._is_wanted(path := waiting.popleft()):
                self.note_forms(path, self.ask(path))
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
        if path in self.answers or path.startswith(NOT_WALKED) or not WHOLE and any(paper in path for paper in PAPERS):
            return False
        kind = kind_of(path)
        if kind is None or kind[0] in self.only_sent:
            return False
        self.asked[kind] += 1
        self.asked[kind[0]] += self.asked[kind] <= OF_A_KIND
        return self.asked[kind] <= OF_A_KIND and self.asked[kind[0]] <= OF_A_NAME

    def note_forms(self, path: str, answer: Answer) -> None:
        if answer.is_page and answer.status == 200:
            for form in forms_in(answer.body.decode("utf-8", "replace"), path):
                self.forms.setdefault(form.kind, form)

    def _further(self, path: str, answer: Answer) -> Iterator[str]:
        if answer.status == 405:
            self.only_sent.add(name_of(path))
        if "Location" in answer.headers:
            yield local(path, answer.headers["Location"])
        if answer.status != 200 or "html" not in (kind := answer.headers.get("Content-Type", "")) and "json" not in kind:
            return
        self.note_forms(path, answer)
        text = answer.body.decode("utf-8", "replace")
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
    # Not the public's pages and not what is only sent: they hold nothing of a territory, or answer no question.
    staff = [path for path in plain_addresses() if name_of(path) in GROUPS["staff"]]
    asked += [f"{path}?division={TOWN_B}&town={TOWN_B}&unit={TOWN_B}" for path in staff]
    asked += ["/ogc/wfs?service=WFS&version=2.0.0&request=GetCapabilities", "/ogc/wfs?service=WFS&version=2.0.0&request=Nonsense"]
    asked += [path.format(pk) for model, paths in PAGES.items() for path in paths if (pk := site.of_b.get(model))]
    for name, (pk, lon, lat) in site.foreign.items():
        layer = registry[name]
        if not WALKS and name not in ALWAYS:
            continue
        asked += [f"/objects/{name}/?{query}" for query in (f"q={ASKED}", f"division={TOWN_B}&sort=-name")]
        asked += [f"/objects/{name}/export.{form}" for form in FORMS if WHOLE or form in KINDS_OF_FILES.get(name, ("csv",))]
        asked += [f"/map/{name}/{pk}.json", f"/objects/{name}/{pk}/", f"/objects/{name}/{pk}/edit/", f"/objects/{name}/{pk}/remove/"]
        asked.append(f"/objects/{name}/neighbours.json?bbox={lon - 0.05},{lat - 0.05},{lon + 0.05},{lat + 0.05}")
        asked.append(f"/objects/{name}/neighbours.json?lon={lon}&lat={lat}")
        for zoom in PLACES_OF_TILES if WHOLE else PLACES_OF_TILES[1:]:
            x, y = tile_of(lon, lat, zoom)
            asked.append(f"/tiles/{name}/{zoom}/{x}/{y}.mvt")
        if layer.gate is None:
            wfs = f"/ogc/wfs?service=WFS&version=2.0.0&typeNames={name}&request="
            asked += [f"{wfs}GetFeature&outputFormat=geojson&count={5000 if WHOLE else 200}", f"{wfs}DescribeFeatureType"]
            asked.append(f"{wfs}GetFeature&resourceId={name}.{pk}")
            asked.append(f"{wfs}GetFeature&bbox={lat - 0.02},{lon - 0.02},{lat + 0.02},{lon + 0.02}")
    return asked


def at_least(count: int) -> int:
    """What a walk that follows links must find, and a run of all tests, which asks the side doors alone, a part of."""
    return count if WALKS else count // 4


def tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    count = 2**zoom
    return int((lon + 180) / 360 * count), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * count)


def sent(crawl: Crawl, form: Form, **changed) -> Answer:
    """The form as a browser would send it, taken back afterwards."""
    with undone():
        return answered(crawl.client.post(form.action, form.filled(**changed), headers={"accept": "text/html"}))
