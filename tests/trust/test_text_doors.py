"""Whatever a person can type, name or photograph is asked for personal numbers before it is kept: every text field of every form."""
import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from geo import pii
from tests.trust.crawl import WALKS, WHOLE, at_least, name_of
from tests.trust.doors import flat, put
from tests.trust.forms import picture

ACTORS = ("county", "town_a", "system_admin", "security_admin", "auditor", "anonymous")
ACTORS += ("second", "village_a", "planner", "patrol") if WHOLE else ()
MOBILE, WIDE, CARD, PLATE = "13800138000", "１３８ ００１３ ８０００", "110101 19900307 4514", "陕A12345"
HARMLESS = "检查记录{}号"
LIST = b"name,lon,lat\na,105,37\n"
# Fields that keep no words of the person: a search, a password, a code that is compared and never kept.
KEEP_NOTHING = {"q", "password", "old_password", "new_password1", "new_password2", "username", "code", "number"}


def doors(crawls):
    """Each text field of each kind of form once, with the first actor who is shown it."""
    seen = set()
    for actor in ACTORS:
        for form in crawls[actor].forms.values():
            for one in form.texts:
                key = name_of(form.action), form.kind[2], one.name
                if key not in seen and name_of(form.action):
                    seen.add(key)
                    yield actor, form, one


@pytest.fixture(scope="session")
def reached(crawls, whole_site, django_db_blocker) -> list[tuple]:
    """The doors through which harmless words do come into the database."""
    found = []
    with django_db_blocker.unblock(), whole_site.open():
        for number, (actor, form, one) in enumerate(list(doors(crawls))[:: 1 if WALKS else 3]):
            words = HARMLESS.format(1000 + number)[: one.longest or 99]
            _answer, written = put(crawls[actor], form, **{one.name: words})
            if written.holds(words):
                found.append((actor, form, one))
    return found


def test_control_words_come_in_by_most_text_fields(reached):
    assert len(reached) >= at_least(60) // (1 if WALKS else 2), sorted((name_of(form.action), one.name) for _actor, form, one in reached)


def test_promise_32_no_text_field_lets_a_personal_number_in(site, crawls, reached):
    let_in = []
    for number, (actor, form, one) in enumerate(reached):
        tries = (WIDE, CARD, MOBILE, PLATE) if WHOLE else ((WIDE, CARD, PLATE, MOBILE)[number % 4],)
        for text in tries:
            answer, written = put(crawls[actor], form, **{one.name: f"见{text}"})
            assert answer.status < 500, f"{form.action} {one.name}: {answer.problem!r}"
            if written.holds(text):
                let_in.append((form.action, one.name, text))
    assert let_in == []


def test_promise_32_a_number_in_a_file_name_or_inside_a_picture_is_not_kept(site, crawls):
    tried = 0
    for actor in ACTORS:
        for form in crawls[actor].forms.values():
            for one in form.files:
                tried += 1
                named = picture(f"{MOBILE}.jpg"), picture(f"{PLATE}.jpg"), SimpleUploadedFile(f"{MOBILE}.csv", LIST)
                for upload in named if WALKS else named[:1]:
                    answer, written = put(crawls[actor], form, **{one.name: upload})
                    assert answer.status < 500, f"{form.action}: {answer.problem!r}"
                    assert not written.holds(MOBILE) and not written.holds(PLATE), f"{form.action} {one.name}"
    assert tried >= at_least(5)


def test_promise_32_what_a_picture_says_of_itself_is_not_kept(site, crawls):
    exif = Image.Exif()
    exif[0x010E] = MOBILE
    before = {path for path in site.media.rglob("*") if path.is_file()}
    for actor in ACTORS:
        for form in crawls[actor].forms.values():
            for one in form.files:
                _answer, written = put(crawls[actor], form, **{one.name: picture("a.jpg", exif=exif.tobytes(), comment=MOBILE.encode())})
                assert not written.holds(MOBILE), f"{form.action} {one.name}"
    kept = {path for path in site.media.rglob("*") if path.is_file()} - before
    assert [path for path in kept if MOBILE.encode() in path.read_bytes() and "imports" not in path.parts] == []


def test_promise_32_shared_texts_by_one_door_of_each_app(site, crawls, reached, shared: Path):
    """The guard itself is tried on all of them in tests/geo/test_pii.py; here that the doors ask this guard and no other."""
    chosen = {}
    for actor, form, one in reached:
        if (one.longest or 99) >= 40:
            chosen.setdefault(name_of(form.action).partition("_")[0], (actor, form, one))
    texts = json.loads((shared / "payloads/pii/texts.json").read_text("utf-8"))
    for actor, form, one in list(chosen.values())[:: 1 if WHOLE else 4]:
        for each in texts:
            _answer, written = put(crawls[actor], form, **{one.name: each["t"]})
            assert written.holds(each["t"]) == (not pii.find(each["t"])) == (not each["warn"]), f"{form.action} {one.name} {each['t']}"


def test_control_an_unguarded_door_is_noticed(site, crawls, reached, monkeypatch):
    monkeypatch.setattr(pii, "find", lambda text: [])
    actor, form, one = next(each for each in reached if name_of(each[1].action) not in {"login", ""} and (each[2].longest or 99) > 20)
    _answer, written = put(crawls[actor], form, **{one.name: f"见{MOBILE}"})
    assert written.holds(MOBILE) and flat(WIDE) == MOBILE
