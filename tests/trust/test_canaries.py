"""Town A is told nothing of town B by any door: canaries in every text of B's rows, and a walk through the site that looks for them."""
import re
from urllib.parse import urlsplit

import pytest

from geo.layers import registry
from tests.trust.canaries import WORD, opened, text_columns, told_in
from tests.trust.columns import TOLD, classes
from tests.trust.crawl import WALKS, WHOLE, Answer, Crawl, at_least, name_of, sent, side_doors
from tests.trust.first_wall import first_wall_off
from tests.trust.matrix import THE_AUDITORS
from tests.trust.site import ADMINISTRATORS
from tests.trust.territory import business_models, way_to_division

OF_A = ("village_a", "town_a", "patrol") if WHOLE else ("town_a",)
OF_B = ("county", "town_b", "planner", "second") if WHOLE else ("county",)

# No row of these lies in town B of the demo, or none can: the county's own work, and what an account of B would have made.
NOT_IN_THE_DEMO = {
    "geo.AccountRequest", "geo.PlaceKind", "geo.Batch", "geo.ImportDraft", "geo.AccessKey", "geo.SavedView",
    "geo.SurveillanceExport", "patrol.TrackRead",
    "zones.Checklist", "zones.OwnIndicator", "zones.Scenario", "zones.PlanDecision", "zones.RatingScheme", "zones.CompoundObjection",
    "zones.RuleDraft", "zones.ObjectionFile", "zones.SiteStudy", "zones.ZoneFinding",
}  # fmt: skip
# The walk along links by the county alone finds so many of the planted columns; the side doors alone half as many.
FOUND_AT_LEAST = 55


def leaks(crawl: Crawl, planted) -> dict[str, set[str]]:
    return {path: planted.named(words) for path in list(crawl.answers) if (words := told_by(crawl, path))}


def told_by(crawl: Crawl, path: str) -> set[tuple[bytes, bytes]]:
    """A canary that stands in the address itself, as a filter's word, comes back beside its field: as often as one that stands nowhere."""
    answer, asked = crawl.answers[path], told_in(path.encode())
    if not answer.words & asked:
        return answer.words
    nowhere = crawl.ask(re.sub(r"cnry\d{3}x", "cnry999x", path))
    echoes = {each for each in asked if often(answer, each) <= often(nowhere, (b"999", each[1]))}
    return answer.words - echoes


def often(answer: Answer, word: tuple[bytes, bytes]) -> int:
    return sum(WORD.findall(piece).count(word) for piece in opened(answer.body))


@pytest.mark.parametrize("actor", OF_A)
def test_promise_17_no_door_of_town_a_tells_of_town_b(crawls, planted, actor):
    assert leaks(crawls[actor], planted) == {}


@pytest.mark.parametrize("actor", ["anonymous", *ADMINISTRATORS])
def test_promise_17_nobody_and_the_administrators_are_told_of_no_place(crawls, planted, actor):
    known = THE_AUDITORS if actor == "auditor" else set()
    assert {path: told for path, told in leaks(crawls[actor], planted).items() if told - known} == {}


@pytest.mark.parametrize("actor", ["town_a", "village_a"])
def test_promise_17_the_very_addresses_of_town_b_tell_town_a_nothing(site, crawls, planted, actor):
    walked = {path for actor in OF_B for path, answer in crawls[actor].answers.items() if answer.words}
    assert len(walked) > at_least(100)
    asking = Crawl(site, actor)
    for path in walked:
        asking.ask(path)
    assert leaks(asking, planted) == {}


def test_promise_17_forms_of_town_b_sent_by_town_a_tell_and_change_nothing(site, crawls, planted):
    shown = [(form, crawls[actor].answers[form.page]) for actor in OF_B for form in crawls[actor].forms.values()]
    theirs = [form for form, page in shown if name_of(form.action) and page.words]
    assert len(theirs) > at_least(20)
    for form in theirs:
        answer = sent(crawls["town_a"], form)
        assert answer.status < 500 and not answer.words, f"{form.action} from {form.page}: {planted.named(answer.words)}"


def test_control_whoever_may_see_town_b_finds_the_canaries(crawls, planted):
    """The walk really looks: the county, asked by the same walk, finds B's canaries nearly everywhere they were put."""
    found = set().union(*(planted.named(crawls[actor].words) for actor in OF_B))
    lost = set(planted.columns.values()) - found
    assert len(found) >= FOUND_AT_LEAST if WALKS else len(found) >= FOUND_AT_LEAST // 2, f"not found: {sorted(lost)}"
    assert {f"{registry[name].model._meta.label}.name" for name in ("compounds", "stations", "surveillance", "zones")} <= found
    assert {"zones.Issue.text", "zones.Inspection.note", "patrol.LogEntry.text", "zones.Candidate.name", "patrol.Team.name"} <= found


def test_control_an_echo_is_told_from_an_answer(site, planted):
    """A filter for the very name of a compound of town B: town A reads its own word again, the county finds the compound."""
    number = next(number for number, column in planted.columns.items() if column == "geo.Compound.name")
    path = f"/objects/compounds/?q=cnry{number:03d}x{planted.rows['geo.Compound'][0]}z"
    quiet, finding = Crawl(site, "town_a"), Crawl(site, "county")
    assert quiet.ask(path).words and leaks(quiet, planted) == {}
    assert finding.ask(path) and "geo.Compound.name" in leaks(finding, planted)[path]


def test_control_there_is_a_row_of_every_territorial_model(planted):
    told = {model for (model, _column), (kind, _guard) in classes().items() if kind in TOLD}
    territorial = {each._meta.label for each in business_models() if way_to_division(each) and text_columns(each)} & told
    assert territorial - set(planted.rows) == NOT_IN_THE_DEMO


def test_control_a_missing_wall_is_noticed(site, planted):
    """Side doors and error texts, with Django's scoping switched off: lists, search, export, tile, WFS and object pages tell."""
    asking = Crawl(site, "town_a")
    with first_wall_off():
        for path in side_doors(site):
            if path.startswith(("/objects/compounds/", "/tiles/compounds/", "/search/")) or "typeNames=compounds&" in path:
                asking.ask(path)
    told = {name_of(path) for path, answer in asking.answers.items() if answer.words}
    assert {"object_list", "object_export", "layer_tile", "wfs", "object_page"} <= told


def test_promise_17_no_answer_of_the_walk_is_a_fault(crawls):
    for actor in (*OF_A, *OF_B, "anonymous", *ADMINISTRATORS):
        for path, answer in crawls[actor].answers.items():
            assert answer.status < 500 or path == "/ready/", f"{actor} {urlsplit(path).path}: {answer.problem!r}"
