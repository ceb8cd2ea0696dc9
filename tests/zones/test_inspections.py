"""R7, R14; promises 2, 3, 7, 9, 26: a checklist run on a phone is stored once, judged by the version it was begun with, never lost."""
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from patrol.models import Submission
from tests import cast
from tests.zones import inspecting as i
from tests.zones import registering as r
from zones import checklist_versions, inspection_issues, inspections, jobs
from zones.models import Checklist, Inspection, Issue, RectificationZone

NOW = r.NOW


@pytest.fixture
def who(people, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return people


@pytest.fixture
def home(who):
    return cast.west_compound()


@pytest.fixture
def cadre(who):
    """The cadre's phone: device and token."""
    return i.phone(who["cadre"])


def handed(cadre, said, capture, status=201, **fields):
    with capture(execute=True):
        answer = i.send(cadre[1], i.body(said, **fields))
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def refused(cadre, said) -> str:
    """The field that the answer names."""
    answer = i.send(cadre[1], i.body(said))
    assert answer.status_code == 422, answer.content.decode()
    assert not Submission.objects.exists()
    return answer.json()["detail"][0]["field"]


def test_a_cadres_checklist_becomes_an_inspection_with_score_and_failures(cadre, home, django_capture_on_commit_callbacks):
    answers = i.FINE | {"wiring": "yes", "gate": "o2"}
    told = handed(cadre, i.content(home, answers=answers, note="电动车停在楼道"), django_capture_on_commit_callbacks)
    [made] = i.rows()
    assert told["flags"] == []
    assert (made.place_layer, made.place_pk, made.division_id) == ("compounds", home.pk, cast.WEST_SOUTH)
    assert made.inspected_by.username == "cadre"
    assert (made.result, made.failed, made.score) == ("findings", ["wiring"], 77.5)
    assert (made.spot, made.distance_m) == ("there", 0.0)


def test_promise_02_and_03_the_same_again_is_one_row_and_other_content_is_refused(cadre, home, django_capture_on_commit_callbacks):
    document = i.body(i.content(home))
    with django_capture_on_commit_callbacks(execute=True):
        first, again = i.send(cadre[1], document), i.send(cadre[1], document)
        other = i.send(cadre[1], document | {"content": i.content(home, note="另写")})
    assert [each.status_code for each in (first, again, other)] == [201, 200, 409]
    assert all(first.json()[name] == again.json()[name] for name in ("receipt_no", "content_sha256", "flags"))
    assert i.rows().count() == 1 and i.rows()[0].note == ""
    assert inspections.make(first.json()["receipt_no"], now=NOW) == i.rows()[0]


@pytest.mark.parametrize(
    ("position", "spot"),
    [
        ({"lon": r.SPOT[0] + 0.01, "lat": r.SPOT[1], "accuracy_m": 9}, "far"),
        ({**i.HERE, "accuracy_m": 400}, "coarse"),
        ({"lon": r.SPOT[0], "lat": r.SPOT[1]}, "coarse"),
        (None, "unknown"),
    ],
)
def test_on_the_spot_is_judged_by_distance_and_accuracy(cadre, home, position, spot):
    made = i.inspected(cadre[0], home, position=position)
    assert made.spot == spot
    if spot == "far":
        # 0.01 degrees of longitude at 37.48 N are 884 m; the outline's own half is 88 m.
        assert made.distance_m == pytest.approx(796, rel=0.01)


def test_where_the_person_stood_is_not_kept(cadre, home):
    made = i.inspected(cadre[0], home)
    kept = made.submission.body["content"]
    assert "position" not in kept and str(r.SPOT[1]) not in str(kept)


def test_nobody_let_in_is_a_result_with_its_reason(cadre, home):
    made = i.inspected(cadre[0], home, result="not_accessible", obstacle="locked", answers={}, note="两次敲门无人")
    assert (made.result, made.get_obstacle_display(), made.score, made.failed) == ("not_accessible", "锁门或无人", None, [])
    assert i.inspected(cadre[0], home).result == "nothing"
    assert refused_field(cadre, i.content(home, result="not_accessible", answers={})) == "content.obstacle"


def refused_field(cadre, said) -> str:
    answer = i.send(cadre[1], i.body(said))
    assert answer.status_code == 422
    return answer.json()["detail"][0]["field"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"answers": {"gate": "o9"}}, "content.answers.gate"),
        ({"answers": {"invented": "yes"}}, "content.answers.invented"),
        ({"answers": {"lamp_count": "三"}}, "content.answers.lamp_count"),
        ({"answers": {"doors": True}}, "content.answers.doors"),
        ({"checklist": 10**9}, "content.checklist"),
        ({"note": "联系13912345678"}, "content.note"),
        ({"answers": {"note": "联系13912345678"}}, "content.answers.note"),
        ({"note": "\x00"}, "content"),
        ({"photos": {"wiring_photo": ["7f000000-0000-4000-8000-000000000000"]}}, "content.photos.wiring_photo"),
        ({"issues": ["invented"]}, "content.issues"),
        ({"colour": "red"}, "content.colour"),
        ({"finished_at": "today"}, "content.finished_at"),
    ],
)
def test_promise_07_what_can_never_be_taken_is_answered_with_the_field(cadre, home, wrong, field):
    assert refused(cadre, i.content(home, **wrong)).startswith(field)


@pytest.mark.parametrize("role", ["patrol_member", "planner"])
def test_accounts_that_do_not_inspect_are_refused(home, role):
    walker = cast.user("walker", role, cast.WEST)
    assert refused(i.phone(walker), i.content(home)) == "kind"


def test_a_place_of_another_town_is_kept_flagged_and_stays_out_of_that_town(cadre, who, django_capture_on_commit_callbacks):
    away = cast.east_compound()
    told = handed(cadre, i.content(away), django_capture_on_commit_callbacks)
    [made] = i.rows()
    assert told["flags"] == ["unknown_place"]
    assert (made.place_pk, made.distance_m, made.division_id) == (None, None, cast.WEST_SOUTH)
    assert not Inspection.objects.visible_to(who["east"]).exists()


def test_an_inspection_that_arrives_for_a_delisted_zone_is_kept_and_says_so(cadre, client, who, django_capture_on_commit_callbacks):
    day = NOW.date()
    zone = RectificationZone.objects.create(
        name="西街城中村", source_key="z", kind="urban_village", status="delisted", delisted_on=day, division_id=cast.WEST_SOUTH,
        geom=cast.square(*r.SPOT),
    )  # fmt: skip
    told = handed(cadre, i.content(zone, "zones", answers={"light": "o1"}), django_capture_on_commit_callbacks)
    assert told["flags"] == ["zone_delisted", "incomplete"]
    [made] = i.rows()
    client.force_login(who["west"])
    page = client.get(f"/inspections/{made.pk}/").content.decode()
    assert "该区域已摘牌" in page and "有必答项没有回答" in page
    assert f"/inspections/{made.pk}/" in client.get(f"/zones/{zone.pk}/").content.decode()


def test_a_run_keeps_the_version_that_it_was_begun_with(cadre, home, who, django_capture_on_commit_callbacks):
    begun = i.content(home)
    newer = checklist_versions.next_version(i.default(), by=who["county"], now=NOW)
    checklist_versions.move(newer, "adopted", by=who["county"], now=NOW)
    told = handed(cadre, begun, django_capture_on_commit_callbacks)
    [made] = i.rows()
    assert told["flags"] == ["older_checklist"]
    assert (made.checklist, made.score) == (i.default(), 100.0)


def test_what_was_answered_under_a_condition_that_fell_away_does_not_count(cadre, home):
    made = i.inspected(cadre[0], home, answers=i.FINE | {"lamp_count": 4})
    assert (made.failed, made.score, made.flags) == ([], 100.0, [])


def test_a_phones_clock_that_is_off_is_flagged(cadre, home):
    late = i.NOW_MS + 60 * i.MINUTE_MS
    assert i.inspected(cadre[0], home, started_at=late, finished_at=late).flags == ["clock_suspect"]
    turned = i.inspected(cadre[0], home, started_at=i.NOW_MS, finished_at=i.NOW_MS - i.MINUTE_MS)
    assert turned.flags == ["clock_suspect"] and turned.started_at == turned.finished_at


def test_nothing_is_lost_where_the_handling_fails_the_sweep_makes_the_row(cadre, home, monkeypatch, django_capture_on_commit_callbacks):
    def broken(*_arguments, **_named):
        raise OperationalError

    with monkeypatch.context() as patch:
        patch.setattr(inspections, "facts_of", broken)
        handed(cadre, i.content(home), django_capture_on_commit_callbacks)
        assert jobs.sweep_inspections() == 0
    assert not i.rows().exists()
    assert (jobs.sweep_inspections(), jobs.sweep_inspections()) == (1, 0)
    assert i.rows().count() == 1


def test_what_failed_is_registered_where_the_inspector_ticked_it_once_and_with_its_pictures(cadre, home, who):
    pictures = [i.picture()]
    answers = i.FINE | {"wiring": "yes", "doors": "no"}
    said = i.content(home, answers=answers, photos={"wiring": [pictures[0][0]]}, issues=["wiring", "gate"])
    document = i.body(said, pictures=pictures)
    receipt = i.send(cadre[1], document).json()
    assert receipt["missing_attachments"] == [pictures[0][0]]
    i.upload(cadre[0], document, pictures)
    made = inspections.make(receipt["receipt_no"], now=NOW)
    [issue] = Issue.objects.everywhere("a test")
    assert (issue.source, issue.category.code, issue.place_pk, issue.registered_by) == ("inspection", "fire_wiring", home.pk, who["cadre"])
    assert issue.text == "排查不合格：有飞线充电或楼道停放电动车（是）。"
    assert issue.photos.filter(stage="before").count() == 1
    again = inspection_issues.register(made, "wiring", by=who["west"], now=NOW)
    assert again == issue and Issue.objects.everywhere("a test").count() == 1
    with pytest.raises(inspection_issues.RegisterRefused):
        inspection_issues.register(made, "gate", by=who["west"], now=NOW)


def test_the_phone_is_told_the_checklists_in_force_and_the_own_places_alone(cadre, home, who, client):
    cast.east_compound()
    told = client.post("/api/field/v1/duty", {}, content_type="application/json", headers={"Authorization": f"Bearer {cadre[1]}"}).json()
    part = told["parts"]["inspection"]
    assert [each["name"] for each in part["places"]] == [home.name]
    assert {each["layer"] for each in part["checklists"]} == {"zones", "compounds", "premises"}
    walker = i.phone(cast.user("walker", "patrol_member", cast.WEST))
    headers = {"Authorization": f"Bearer {walker[1]}"}
    assert client.post("/api/field/v1/duty", {}, content_type="application/json", headers=headers).json()["parts"] == {"inspection": None}


def test_a_countys_own_version_goes_before_our_default_from_its_day_on(who):
    newer = checklist_versions.next_version(i.default(), by=who["county"], now=NOW)
    newer.valid_from = NOW.date() + timedelta(days=3)
    newer.save()
    checklist_versions.move(newer, "adopted", by=who["county"], now=NOW)
    on = NOW.date()
    assert inspections.in_force(who["cadre"], on=on)["compound"] == i.default()
    assert inspections.in_force(who["cadre"], on=on + timedelta(days=3))["compound"] == newer
    checklist_versions.move(newer, "retired", by=who["county"], now=NOW, why="不合用")
    assert inspections.in_force(who["cadre"], on=on + timedelta(days=3))["compound"] == Checklist.objects.get(pk=i.default().pk)
