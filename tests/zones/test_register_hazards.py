"""R12: what a patrol logs as a hazard or a broken facility is in the register without retyping, once."""
import pytest

from geo.models import PublicFacility
from patrol import intake
from patrol.models import LogEntry
from tests import cast
from tests.patrol import patrolling as p
from zones import hazards, jobs
from zones.models import Issue, IssueCounter


@pytest.fixture
def walk(db):
    cast.territory()
    walker = p.member()
    own = p.device(walker)
    return p.patrol(walker, own), own


def issues():
    return Issue.objects.everywhere("a test").order_by("pk")


def test_a_logged_hazard_is_an_issue_with_place_source_and_number(walk):
    entry = p.entry(*walk, geom=cast.point(105.62, 37.48), text="围墙倒塌")
    made = hazards.register(entry.pk, now=p.NOW)
    assert (made.number, made.text, made.division_id, made.source, made.source_ref) == (
        "西镇挂〔2026〕1号", "围墙倒塌", cast.WEST_SOUTH, "patrol", str(entry.pk),
    )  # fmt: skip
    assert (made.category.code, made.registered_by, made.is_approximate) == ("hazard_other", entry.user, False)
    assert hazards.entry_of(made) == entry


def test_a_broken_facility_gets_the_category_of_its_kind_and_its_place(walk):
    lamp = PublicFacility.objects.create(
        name="一号路灯", source_key="L1", kind="lamp", geom=cast.point(105.63, 37.47), division_id=cast.WEST_SOUTH
    )
    entry = p.entry(*walk, kind="facility", text="", place_layer="facilities", place_pk=lamp.pk, place_name=lamp.name)
    made = hazards.register(entry.pk, now=p.NOW)
    assert (made.category.code, made.place_name, made.geom.coords) == ("facility_lamp", "一号路灯", (105.63, 37.47))
    assert "没有写说明" in made.text


def test_visits_and_help_are_no_issues(walk):
    for kind in ("visit", "help"):
        assert hazards.register(p.entry(*walk, kind=kind).pk, now=p.NOW) is None
    assert jobs.sweep_hazards() == 0 and not issues().exists()


def test_promise_2_the_same_entry_again_is_the_same_issue_and_takes_no_number(walk):
    entry = p.entry(*walk)
    first = hazards.register(entry.pk, now=p.NOW)
    assert hazards.register(entry.pk, now=p.NOW) == first
    assert hazards.sweep(now=p.NOW) == 0
    assert issues().count() == 1 and IssueCounter.objects.get().last == 1


def test_promise_6_the_sweep_catches_what_the_signal_missed(walk):
    for _ in range(3):
        p.entry(*walk)
    assert hazards.sweep(now=p.NOW) == 3
    assert [each.number_seq for each in issues()] == [1, 2, 3]


def test_an_entry_without_a_position_or_outside_is_kept_with_its_division_only(walk):
    nowhere = hazards.register(p.entry(*walk, geom=None).pk, now=p.NOW)
    outside = hazards.register(p.entry(*walk, geom=cast.point(110, 30), flags=["outside_territory"]).pk, now=p.NOW)
    assert [(each.division_id, each.is_approximate) for each in (nowhere, outside)] == [(cast.WEST, True)] * 2
    assert 105.6 < nowhere.geom.x < 105.65


def test_a_number_in_the_patrols_words_is_blotted_out_and_the_hazard_kept(walk):
    made = hazards.register(p.entry(*walk, text="看门人电话13812345678，门锁坏了").pk, now=p.NOW)
    assert made.text == "看门人电话×××××××××××，门锁坏了"


def test_the_phones_submission_becomes_an_issue_after_its_commit(walk, django_capture_on_commit_callbacks):
    _patrol, own = walk
    body = (
        '{"schema": 1, "submission_id": "%s", "kind": "log", "crs": "wgs84", "log": {"kind": "hazard", "text": "路灯不亮",'
        ' "happened_at": %d, "position": {"lon": 105.62, "lat": 37.48, "accuracy_m": 8}}}'
    )
    raw = (body % ("6f1f2f3e-0000-4000-8000-000000000001", int(p.NOW.timestamp() * 1000))).encode()
    with django_capture_on_commit_callbacks(execute=True):
        intake.receive(device=own, raw=raw, now=p.NOW)
        assert not issues().exists()
    assert issues().get().source_ref == str(LogEntry.objects.everywhere("a test").get().pk)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        intake.receive(device=own, raw=raw, now=p.NOW)
    assert not callbacks and issues().count() == 1
