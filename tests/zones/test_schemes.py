"""From a version of the criteria to a draft, its trial, and its adoption by a second officer."""
import io
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse

from geo.models import Job, User
from geo.workflow import MoveRefused
from tests import cast
from tests.zones.conftest import CHECKED, NOW, PERIOD, cover, incident
from tests.zones.criteria_documents import FIRST, second
from zones import scheme_versions as verbs
from zones.criteria import BadCriteria, parse_criteria
from zones.criteria_words import differences, rows
from zones.jobs import TRY_CRITERIA, try_criteria
from zones.models import Grade, RatingRound, RatingScheme
from zones.rounds import rate
from zones.scheme_forms import Editor
from zones.schemes import in_force
from zones.what_if import trial

LATER = NOW.replace(month=12)


@pytest.fixture
def officers(county):
    return cast.county_officer(), cast.user("county_second", User.Role.COUNTY_OFFICER)


@pytest.fixture
def draft(officers):
    made = verbs.copy(RatingScheme.objects.get(), by=officers[0], now=NOW)
    verbs.write(made, title="本县标准", valid_from=date(2027, 1, 1), change_note="轻重有别", criteria=second(), by=officers[0], now=NOW)
    return made


def typed(scheme: RatingScheme, **changes) -> dict:
    """What a browser sends for the form as it is shown, with some fields typed anew."""
    said = {}
    for form in Editor(scheme, None).parts:
        for field in form:
            value = field.value()
            if isinstance(value, list):
                said[field.html_name] = value
            elif value not in (None, False, ""):
                said[field.html_name] = "on" if value is True else str(value)
    said |= changes
    return {name: value for name, value in said.items() if value is not None}


# Versions


def test_a_draft_holds_nothing_until_another_officer_adopts_it(officers, draft):
    editor, other = officers
    default = RatingScheme.objects.get(is_own_assumption=True)
    assert in_force(date(2027, 2, 1)) == default
    with pytest.raises(MoveRefused, match="另一名"):
        verbs.move(draft, "adopted", by=editor, now=NOW)
    verbs.move(draft, "adopted", by=other, now=NOW)
    default.refresh_from_db()
    assert (default.valid_to, in_force(date(2026, 12, 31)), in_force(date(2027, 1, 1))) == (date(2027, 1, 1), default, draft)
    with pytest.raises(verbs.SchemeRefused, match="已施行"):
        verbs.write(draft, title="x", valid_from=date(2027, 1, 1), change_note="x", criteria=FIRST, by=editor, now=NOW)


def test_no_day_has_two_versions_in_the_database(officers, draft):
    with pytest.raises(IntegrityError, match="one_scheme_a_day"), transaction.atomic():
        RatingScheme.objects.filter(pk=draft.pk).update(state="adopted")


def test_a_period_that_is_over_and_computed_keeps_its_criteria(officers, draft):
    cast.west_compound(**CHECKED)
    rate(period=PERIOD, now=NOW)
    RatingScheme.objects.filter(pk=draft.pk).update(valid_from=date(2026, 7, 1))
    draft.refresh_from_db()
    with pytest.raises(MoveRefused, match=PERIOD):
        verbs.move(draft, "adopted", by=officers[1], now=NOW)


def test_a_town_officer_writes_no_criteria_and_another_county_reads_no_draft(officers, draft, client):
    west = cast.west_officer()
    with pytest.raises(PermissionDenied):
        verbs.copy(RatingScheme.objects.first(), by=west, now=NOW)
    client.force_login(west)
    assert client.get(reverse("scheme", args=[draft.pk])).status_code == 404
    assert client.get(reverse("scheme_edit", args=[draft.pk])).status_code == 404
    assert client.get(reverse("fairness")).status_code == 403
    assert client.get(reverse("schemes")).status_code == 200


def test_what_changed_between_two_versions_is_said_in_words(draft):
    told = {each.what: each for each in differences(parse_criteria(FIRST), parse_criteria(draft.criteria))}
    assert "严重×2" in told["盗窃"].after
    assert told["群众报警的轻微警情"].before == ""
    assert "不符合的为红；没有登记的不评定" in told["消防通道"].after
    assert "户数" not in told
    assert differences(parse_criteria(FIRST), parse_criteria(FIRST | {"format": 2})) == []


# The document


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"format": 3}, "criteria.format"),
        ({"format": True}, "criteria.format"),
        ({"index": {"weights": {}, "yellow": 1, "red": 2}}, "criteria.index.weights.crime"),
        ({"index": {"weights": dict.fromkeys(("theft", "drugs", "crime", "fire"), 0), "yellow": 1, "red": 2}}, "criteria.index.weights"),
        ({"measures": {}}, "criteria.measures"),
        ({"measures": [{"source": "guards"}]}, "criteria.measures.0.source"),
        ({"measures": [{"source": "lighting", "at_most": "green", "needed": True}]}, "criteria.measures.0.at_most"),
        ({"measures": [{"source": "lighting", "at_most": "red", "needed": 1}]}, "criteria.measures.0.needed"),
        ({"measures": [second()["measures"][0]] * 2}, "criteria.measures.1.source"),
        ({"measures": [second()["measures"][2] | {"yellow": "1.2"}]}, "criteria.measures.0.yellow"),
        ({"measures": [second()["measures"][2] | {"red": "0.95"}]}, "criteria.measures.0.red"),
        ({"measures": [second()["measures"][2] | {"direction": "up"}]}, "criteria.measures.0.direction"),
        ({"reporting": {"resident_minor_at_most": "green"}}, "criteria.reporting.resident_minor_at_most"),
        ({"courtyards": {"breaks": dict.fromkeys(FIRST["per_100_households"], []), "minimum_months": 3}}, "criteria.courtyards.breaks"),
        ({"courtyards": second()["courtyards"] | {"minimum_months": 4}}, "criteria.courtyards.minimum_months"),
        ({"colour": "red"}, "criteria.colour"),
    ],
)
def test_a_wrong_document_is_refused_with_the_path(change, path):
    with pytest.raises(BadCriteria) as refused:
        parse_criteria(second(**change))
    assert refused.value.path == path
    assert path in str(refused.value)


# The editor


def test_the_form_as_shown_gives_the_same_criteria(draft):
    form = Editor(draft, typed(draft))
    assert form.is_valid(), [each.errors for each in form.parts]
    typed_again, stored = parse_criteria(form.document()), parse_criteria(draft.criteria)
    assert set(typed_again.measures) == set(stored.measures)
    assert replace(typed_again, measures=()) == replace(stored, measures=())


def test_an_officer_copies_edits_previews_and_saves(client, officers):
    client.force_login(officers[0])
    page = client.post(reverse("scheme_copy", args=[RatingScheme.objects.get().pk]), follow=True)
    made = RatingScheme.objects.get(state="draft")
    assert page.redirect_chain[-1][0] == reverse("scheme_edit", args=[made.pk])
    said = typed(made, change_note="门禁要紧", **{"theft-serious": "3", "access_control-used": "on", "access_control-at_most": "yellow"})
    preview = client.post(reverse("scheme_edit", args=[made.pk]), said | {"preview": "1"})
    assert preview.status_code == 200
    assert "不符合的最高为黄" in preview.content.decode()
    made.refresh_from_db()
    assert "measures" not in made.criteria
    saved = client.post(reverse("scheme_edit", args=[made.pk]), said, follow=True)
    made.refresh_from_db()
    assert made.criteria["measures"][0]["source"] == "access_control"
    assert made.criteria["per_100_households"]["theft"]["weights"]["serious"] == "3"
    assert "严重×3" in saved.content.decode()


@pytest.mark.parametrize(
    ("changes", "part", "field"),
    [
        ({"theft-red": "0.5"}, "categories", "yellow"),
        ({"minimum_covered_months": "13"}, "head", "minimum_covered_months"),
        ({"index-used": "on", "index-yellow": None}, "index", "yellow"),
        ({"working_cameras-used": "on", "working_cameras-yellow": "50", "working_cameras-red": "80"}, "measures", "red"),
        ({"open_issues-used": "on", "open_issues-yellow": None}, "measures", "yellow"),
        ({"title_months": "4"}, "head", "title_months"),
        ({"hazards_red": "1"}, "head", "hazards_yellow"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_lost(client, officers, draft, changes, part, field):
    client.force_login(officers[0])
    said = typed(draft, title="别的名字", **({"hazards_yellow": "2"} if "hazards_red" in changes else {}), **changes)
    form = Editor(draft, said)
    assert not form.is_valid()
    parts = getattr(form, part)
    forms = parts if isinstance(parts, list) else [parts]
    assert any(field in getattr(each, "errors", None) or [] for each in (one[1] if isinstance(one, tuple) else one for one in forms))
    page = client.post(reverse("scheme_edit", args=[draft.pk]), said)
    assert page.status_code == 422
    assert "别的名字" in page.content.decode()
    assert RatingScheme.objects.get(pk=draft.pk).title == "本县标准"


# The trial


@pytest.fixture
def rated(officers):
    cover(cast.WEST)
    cover(cast.EAST)
    place = cast.west_compound(**CHECKED, fire_lanes_clear=False)
    cast.east_compound(**CHECKED, fire_lanes_clear=True)
    incident("theft", "2026-08-01", compound=place)
    rate(period=PERIOD, now=NOW)
    return place


def test_a_trial_names_what_would_change_and_writes_nothing(officers, draft, rated):
    before = list(Grade.objects.everywhere("test").values())
    rounds = list(RatingRound.objects.select_related("scheme"))
    (found,) = trial(draft, rounds, within=cast.COUNTY)["rounds"]
    assert (found["colours"][0]["yellow"], found["colours"][1]["red"], found["changed"]) == (1, 1, 1)
    (change,) = found["changes"]
    assert (change["name"], change["before"], change["after"]) == ("西苑小区", "yellow", "red")
    assert "fire_lanes" in {each["code"] for each in change["new"]}
    assert {each["name"]: each["changed"] for each in found["towns"]} == {"西镇": 1, "东镇": 0}
    assert list(Grade.objects.everywhere("test").values()) == before
    assert list(RatingRound.objects.select_related("scheme")) == rounds
    assert trial(draft, rounds, within=cast.EAST)["rounds"][0]["changes"] == []


def test_the_trial_is_a_job_with_a_page_and_a_file(client, officers, draft, rated, django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr("geo.jobs.send", lambda job_pk: None)
    client.force_login(officers[0])
    url = reverse("scheme_what_if", args=[draft.pk])
    assert client.get(url).status_code == 200
    client.post(url, {"periods": [PERIOD]})
    job = Job.objects.get(task=TRY_CRITERIA)
    assert client.get(url, headers={"accept": "application/json"}).json()["state"] == "waiting"
    try_criteria(job=job.pk, **job.arguments)
    page = client.get(url).content.decode()
    assert "西苑小区" in page
    assert "消防通道：不符合" in page
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("scheme_what_if_file", args=[draft.pk])).content))
    assert [row[0].value for row in book.worksheets[1].iter_rows(min_row=2, max_row=2)] == ["西苑小区"]
    client.force_login(cast.west_officer())
    assert client.get(url).status_code == 404


def test_every_rule_is_told_in_words(draft):
    told = {row.what for row in rows(parse_criteria(draft.criteria))}
    assert {"综合指数", "监控完好率", "问题销号率", "未销号问题数", "防护项数", "四无称号：依据"} <= told
