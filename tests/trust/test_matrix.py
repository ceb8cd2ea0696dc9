"""Every address, every method, nine actors, own and other territory: what is answered follows from the address's group (matrix.py)."""
import re
import uuid
from collections import defaultdict
from contextlib import suppress

import pytest
from django.urls import NoReverseMatch, resolve, reverse

from tests.test_house import every_url
from tests.trust.crawl import WALKS, WHOLE, Answer, answered, at_least, name_of
from tests.trust.matrix import GROUPS, OBJECTS, OF_A_TOWN, OPEN_TO_ADMINISTRATORS, THE_AUDITORS
from tests.trust.site import ACTORS, ADMINISTRATORS, undone
from tests.trust.test_canaries import OF_B

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# One that reads, one that writes and one that no view takes, where the whole list would take too long.
QUICK = ("GET", "POST", "DELETE")
READING = ("GET", "HEAD", "OPTIONS")
CHANGES = re.compile(rb'name="(?:csrfmiddlewaretoken|token)" value="[^"]*"|nonce="[^"]*"|\d{1,2}:\d{2}(?::\d{2})?')
NEVER = 999_999_937


def names() -> set[str]:
    return {url.name for url in every_url()}


def group_of(name: str) -> str:
    return next(group for group, members in GROUPS.items() if name in members)


def test_promise_16_every_address_has_a_row_and_one_only():
    rows = [name for members in GROUPS.values() for name in members]
    assert names() - set(rows) == set(), "a new address: say in tests/trust/matrix.py whose it is"
    assert set(rows) - names() == set(), "addresses that are no more"
    assert len(rows) == len(set(rows))


def asked(site, actor: str, method: str, path: str) -> Answer:
    client = site.clients[actor]
    if method in READING:
        return answered(client.generic(method, path, headers={"accept": "text/html"}))
    with undone():
        return answered(client.generic(method, path, headers={"accept": "text/html"}, content_type="application/x-www-form-urlencoded"))


def plain(answer: Answer, path: str) -> tuple[int, bytes]:
    """Status and body without what differs from one request to the next, and without the address asked for."""
    return answer.status, CHANGES.sub(b"", answer.body).replace(path.encode(), b"#")


@pytest.fixture(scope="session")
def examples(whole_site, crawls) -> dict[str, str]:
    """For each address one that is there: an object of town B where it has one, else what the walks came by."""
    found = {}
    for actor in (*OF_B, "system_admin", "security_admin", "anonymous"):
        crawl = crawls[actor]
        for path in [*sorted(crawl.answers), *sorted(form.action for form in crawl.forms.values())]:
            if path not in crawl.answers or crawl.answers[path].status < 400:
                found.setdefault(name_of(path), path.partition("?")[0])
    for name in names():
        key = whole_site.of_b.get(object_of(name)) if name in GROUPS["town"] else None
        if key is not None or name not in found:
            found[name] = made_up(name, key or NEVER)
    return found


def object_of(name: str) -> str:
    return OBJECTS[max((each for each in OBJECTS if name.startswith(each)), key=len)]


def made_up(name: str, pk: object = NEVER) -> str:
    """An address with this key, and for the rest with values of the right type."""
    given = {
        "pk": pk, "public_id": uuid.UUID(int=7), "name": "compounds", "form": "csv", "period": "2026Q3", "z": 12, "x": 3250, "y": 1590,
        "number": 1, "version": 1, "token": "x" * 20, "key": "rounds",
    }  # fmt: skip
    pattern = next(url for url in every_url() if url.name == name).pattern
    if name.startswith("received"):
        given["name"] = "feedback"
    if name in {"bulletin_file", "log_photo"}:
        given["name"] = "report.pdf" if name == "bulletin_file" else "a"
    wanted = {key: given[key] for key in pattern.regex.groupindex}
    for space in ("", "field:", "open:"):
        for key in ({}, {"pk": given["public_id"]} if "pk" in wanted else {}):
            with suppress(NoReverseMatch):
                return reverse(space + name, kwargs=wanted | key)
    raise AssertionError(f"no address can be made for {name}")


def never_used(path: str) -> str | None:
    """The same address with an identifier that was never given out; None where it has none."""
    match = resolve(path)
    values = {key: NEVER if key == "pk" else uuid.UUID(int=7) for key in match.kwargs if key in {"pk", "public_id"}}
    if not values:
        return None
    space = f"{match.namespace}:" if match.namespace else ""
    return reverse(space + match.url_name, kwargs={**match.kwargs, **values})


def test_promise_16_nobody_gets_in_without_an_account(site, examples):
    for name, path in examples.items():
        if group_of(name) in {"public", "devices"}:
            continue
        for method in METHODS if WALKS else QUICK:
            answer = asked(site, "anonymous", method, path)
            allowed = {302, 404} | ({401} if group_of(name) == "keyed" else set())
            assert answer.status in allowed, f"{method} {path} {answer.status}"
            if answer.status == 302:
                assert answer.headers["Location"].startswith("/account/login/"), path


def test_promise_16_the_three_administrators_get_no_business_data(site, examples, planted):
    for name, path in examples.items():
        group = group_of(name)
        if group in {"public", "devices", "accounts", "self"}:
            continue
        for actor in ADMINISTRATORS:
            for method in METHODS if WHOLE else ("GET", "POST") if WALKS else ("GET",):
                answer = asked(site, actor, method, path)
                assert planted.named(answer.words) <= (THE_AUDITORS if actor == "auditor" else set()), f"{actor} {method} {path}"
                if name not in OPEN_TO_ADMINISTRATORS:
                    assert answer.status in {302, 400, 403, 404, 405, 422}, f"{actor} {method} {path} {answer.status}"
                if answer.status == 302:
                    assert not answer.headers["Location"].startswith(("http", "//")), path


def test_promise_16_accounts_are_the_administrators_business_alone(site, examples):
    for name in GROUPS["accounts"]:
        for actor in ("village_a", "town_a", "town_b", "county"):
            for method in ("GET", "POST"):
                assert asked(site, actor, method, examples[name]).status in {403, 404, 405}, f"{actor} {method} {name}"


@pytest.mark.parametrize("actor", ["village_a", "town_a"])
def test_promise_16_other_territory_answers_as_a_number_never_used(site, crawls, examples, actor):
    tried, seen = 0, defaultdict(set)
    for name in OF_A_TOWN:
        path = examples[name]
        unknown = never_used(path)
        if unknown is None or path == unknown or site.of_b.get(object_of(name)) is None:
            seen["no object of B"].add(name)
            continue
        for method in METHODS if WHOLE or WALKS and actor == "town_a" else QUICK if actor == "town_a" else ("GET",):
            theirs, nobodys = asked(site, actor, method, path), asked(site, actor, method, unknown)
            assert plain(theirs, path) == plain(nobodys, unknown), f"{actor} {method} {path}: {theirs.status}, unknown {nobodys.status}"
            assert not theirs.words, f"{actor} {method} {path}"
            tried += 1
    assert tried > 60 and len(seen["no object of B"]) <= 20, seen


def test_promise_16_the_own_territory_is_open(crawls):
    """Not a wall that refuses everybody: B's officers and the county read what town A is refused."""
    for actor in OF_B[:2]:
        opened = {name_of(path) for path, answer in crawls[actor].answers.items() if answer.status == 200}
        assert len(opened & set(OF_A_TOWN)) > at_least(25), actor
    assert len(ACTORS) == 9


def test_promise_16_no_method_is_answered_with_a_fault(site, examples):
    """The county, who may most: every address by every method, without any of the fields it needs."""
    paths = sorted(path for name, path in examples.items() if name != "logout")  # it would do what it says
    for path in paths[:: 1 if WALKS else 3]:
        for method in METHODS if WHOLE else ("POST",):
            answer = asked(site, "county", method, path)
            no_worker_here = (path, answer.status) == ("/ready/", 503)
            assert answer.status < 500 or no_worker_here, f"{method} {path}: {answer.problem!r}"
