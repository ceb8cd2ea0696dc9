"""Texts are shown as texts: markup put through every form comes back as words on every page, and no page runs anything inline."""
import re
from html.parser import HTMLParser

import pytest
from django.conf import settings

from tests.trust.columns import ROOT
from tests.trust.crawl import WALKS, WHOLE, Answer, answered, local
from tests.trust.doors import put
from tests.trust.site import undone
from tests.trust.test_text_doors import ACTORS
from zones.bulletins import zone_map
from zones.layers import ZONE_CLASSES
from zones.models import Bulletin

MARKUP = "<img src=x onerror=alert(1)>"
MORE = ('"><svg onload=alert(1)>', "<script>alert(1)</script>", "javascript:alert(1)", "{{7*7}}", "'-alert(1)-'")
# Ways of a script to make markup or code from a text.
LIVE = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|\beval\(|new Function")


class Reader(HTMLParser):
    """What is wrong with a page: handlers, styles and scripts inline, or our own markup come alive."""

    def __init__(self):
        super().__init__()
        self.faults, self.foreign, self.in_script = [], [], None

    def handle_starttag(self, tag, pairs):
        told = {name: value or "" for name, value in pairs}
        self.in_script = tag if tag in {"script", "style"} else None
        for name, value in told.items():
            runs = name != "value" and value.strip().lower().startswith("javascript:")  # what was typed stands in its field again
            if runs or name.startswith("on") or name == "style":
                self.faults.append(f"<{tag} {name}={value[:40]}>")
            if name in {"src", "href", "action", "data", "poster", "srcset"} and value.lower().startswith(("http:", "https:", "//")):
                self.foreign.append(f"<{tag} {name}={value[:60]}>")
        if tag in {"img", "image"} and told.get("src") == "x" or tag in {"iframe", "object", "embed", "base", "applet"}:
            self.faults.append(f"<{tag}>")
        if tag == "script" and "src" not in told and told.get("type") not in {"application/json", "importmap", "application/ld+json"}:
            self.faults.append("<script> inline")

    def handle_data(self, data):
        # The public pages' own style stands in the page; the policy names its hash (tests/zones/test_public_pages.py).
        if self.in_script == "style" and data.strip() and data not in settings.PUBLIC_STYLE:
            self.faults.append("<style> inline")


def faults_of(answer: Answer) -> Reader:
    reader = Reader()
    reader.feed(answer.body.decode("utf-8", "replace"))
    return reader


@pytest.mark.parametrize("actor", ["anonymous", "town_a", "county", "system_admin", "security_admin", "auditor"])
def test_promise_29_no_page_runs_or_loads_anything_inline_or_from_elsewhere(crawls, actor):
    pages = {path: answer for path, answer in crawls[actor].answers.items() if answer.is_page and not path.endswith("map.html")}
    assert pages
    for path, answer in pages.items():
        reader = faults_of(answer)
        if not is_own_paper(answer):
            assert reader.faults == [], path
            assert [each for each in reader.foreign if not each.startswith("<a ")] == [], path


def is_own_paper(answer: Answer) -> bool:
    """A file that opens without a network (the printable map) brings its scripts along and is given out as a download."""
    return "attachment" in answer.headers.get("Content-Disposition", "")


@pytest.mark.parametrize("actor", ["anonymous", "town_a", "county", "system_admin"])
def test_promise_29_every_answer_carries_the_headers(crawls, actor):
    for path, answer in crawls[actor].answers.items():
        heads = {name.lower(): value for name, value in answer.headers.items()}
        assert heads.get("x-content-type-options") == "nosniff", path
        policy = heads.get("content-security-policy", "")
        assert "unsafe-inline" not in policy and "unsafe-eval" not in policy, path
        assert "frame-ancestors 'none'" in policy or "sandbox" in policy, path
        assert "geolocation=(self)" in heads.get("permissions-policy", ""), path


def test_threat_19_markup_in_every_form_comes_back_as_words(site, crawls):
    """All text fields of a form at once; then the answer, where it leads, and the page that the form stands on."""
    shown = 0
    for actor in ACTORS:
        crawl = crawls[actor]
        for form in list(crawl.forms.values())[:: 1 if WALKS else 3]:
            texts = [one for one in form.texts if (one.longest or 99) >= len(MARKUP)]
            if not texts:
                continue
            for text in (MARKUP, *MORE) if WHOLE else (MARKUP,):
                with undone():
                    answer, written = put(crawl, form, keeps=True, **{one.name: text for one in texts})
                    assert answer.status < 500, f"{form.action}: {answer.problem!r}"
                    pages = [answer]
                    if written.holds(text):
                        led = {form.page, local(form.action, answer.headers.get("Location", form.page))}
                        pages += [answered(crawl.client.get(path, headers={"accept": "text/html"})) for path in led]
                    for page in pages:
                        if page.is_page:
                            assert faults_of(page).faults == [], f"{form.action} {[one.name for one in texts]}"
                            shown += b"&lt;img src=x onerror" in page.body
    assert shown >= (30 if WALKS else 3)


def test_threat_19_a_name_cannot_end_the_script_of_a_printable_map(site):
    hostile = f"</script>{MARKUP}<!--"
    for bulletin in Bulletin.objects.everywhere("the frozen shapes of any of them").order_by("pk"):
        if bulletin.figures["map"]["zones"]:
            break
    shapes = bulletin.figures["map"]
    shapes["zones"] = [each | {"name": hostile} for each in shapes["zones"]]
    page = zone_map.drawn_page(shapes, ZONE_CLASSES, title=hostile, line=hostile, is_invented=True)
    reader = Reader()
    reader.feed(page)
    assert [each for each in reader.faults if "img" in each or "onerror" in each] == []
    assert "onerror" in page


def test_threat_19_our_scripts_make_no_markup_from_texts():
    """What a name is shown in is made with textContent; `duty_room.js` reads a page of our own server, as a document."""
    scripts = [path for app in ("geo", "patrol", "zones") for path in sorted((ROOT / app / "static" / app).rglob("*.js"))]
    assert len(scripts) > 20
    for path in scripts:
        assert LIVE.search(path.read_text("utf-8")) is None, path


def test_control_markup_that_lives_is_noticed():
    alive = Answer(200, f"<p>{MARKUP}<a href='javascript:x'>a</a><p style='a'>".encode(), {"Content-Type": "text/html"})
    assert len(faults_of(alive).faults) == 4
