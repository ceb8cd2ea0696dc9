"""R14, R21, R24: regular duties are made for every unit, fall on working days, are done, late or missed by the clock, and told honestly."""
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models import ProtectedError
from django.urls import reverse
from icalendar import Calendar

from geo import workflow
from geo.models import Division
from tests import cast
from tests.zones.registering import jpeg, people
from zones import cadences, duties, duty_notices, duty_rows
from zones.cadences import Cadence
from zones.duties import Counts, DutyRefused
from zones.models import Duty, DutyPhoto, DutyRule, DutyStandard, Notice, WorkCalendar
from zones.periods import COUNTY_TIME
from zones.register_rules import work_days
from zones.register_words import RegisterRefused

DAY = timedelta(days=1)
TODAY = date(2026, 11, 18)  # a Wednesday


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=COUNTY_TIME)


NOW = at(TODAY)


@pytest.fixture
def who(db):
    return people()


@pytest.fixture
def made(who):
    duty_rows.extend(now=NOW)
    return who


def rows(**named):
    return Duty.objects.everywhere("a test").filter(**named)


def weekly(unit: str = cast.WEST_SOUTH) -> Duty:
    """This week's screening of a village: due on Friday, late until the Tuesday after."""
    return rows(rule__code="screening_village", division=unit).select_related("rule").earliest("due_on")


def done(duty: Duty, by, day: date, **named) -> Duty:
    duties.finish(duty, **{"note": "排查三处，调解一起", "counts": Counts(1, 1), "by": by, "now": at(day), **named})
    return duty


# Which days


def test_the_rules_give_the_days_of_the_source(db):
    days = {
        rule.code: [each.occurs_on for each in cadences.occurrences(duty_rows.cadence_of(rule), first=date(2026, 9, 1),
                    last=date(2026, 9, 30), work_days=work_days())]
        for rule in DutyRule.objects.select_related("standard")
    }  # fmt: skip
    assert days["screening_county"] == [date(2026, 9, 30)]
    assert days["screening_town"] == [date(2026, 9, 15), date(2026, 9, 30)]
    assert days["screening_village"] == [date(2026, 9, day) for day in (4, 11, 18, 25)]
    assert days["meeting_town"] == [date(2026, 9, 30)] and days["analysis_quarter"] == [date(2026, 9, 30)]
    assert days["zones_county"] == []


def test_only_what_the_source_says_is_called_its_own(db):
    own = set(DutyRule.objects.filter(is_own_assumption=True).values_list("code", flat=True))
    assert own == {"inspection_county", "inspection_town", "inspection_village", "bulletin_county", "rating_county"}
    assert all("来源政策文件" in rule.source for rule in DutyRule.objects.all())


def test_a_due_day_moves_off_the_holidays_of_china(db):
    free = work_days()
    # National Day 2026: the Friday falls into it; month ends move back; a Saturday that is worked stays.
    assert cadences.moved(date(2026, 10, 2), "after", free) == date(2026, 10, 8)
    assert cadences.moved(date(2026, 5, 31), "before", free) == date(2026, 5, 29)
    assert cadences.moved(date(2026, 2, 28), "before", free) == date(2026, 2, 28)
    assert cadences.moved(date(2026, 2, 21), "after", free) == date(2026, 2, 24)
    assert cadences.moved(date(2026, 10, 3), "none", free) == date(2026, 10, 3)


def test_a_year_without_announced_holidays_keeps_to_weekends_and_says_so(made, client):
    assert rows(due_on__week_day__in=(1, 7), due_on__year=2027).count() == 0
    assert rows(due_on=date(2027, 10, 1)).exists()  # nothing is announced for 2027 yet
    client.force_login(made["cadre"])
    assert "2027年的放假安排还没有载入" in client.get(reverse("duties"), {"month": "2027-10"}).content.decode()
    assert "还没有载入" not in client.get(reverse("duties"), {"month": "2026-10"}).content.decode()


def test_holidays_announced_later_move_what_is_still_due_and_nothing_else(made):
    finished = done(weekly(), made["cadre"], TODAY)
    WorkCalendar.objects.create(year=2027, version="t", source="test", off=["2027-10-01/2027-10-07"], worked=["2027-10-09"])
    moved = duty_rows.extend(now=NOW)
    assert moved.made == 0 and moved.moved > 0
    assert set(rows(occurs_on=date(2027, 10, 1)).values_list("due_on", flat=True)) == {date(2027, 10, 8)}
    assert rows(pk=finished.pk).get().due_on == finished.due_on


@pytest.mark.parametrize("text", [
    "", "FREQ=HOURLY", "FREQ=SECONDLY;COUNT=9", "FREQ=DAILY;COUNT=3", "FREQ=DAILY;UNTIL=20300101", "INTERVAL=2", "FREQ=DAILY;FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY\nEXDATE:20260101", "DTSTART:20260101", "FREQ=DAILY;BYMONTH=99999999999", "FREQ=DAILY;" + "X" * 300,
])  # fmt: skip
def test_a_rule_that_is_none_is_refused(text):
    with pytest.raises(cadences.BadCadence):
        cadences.checked(text)


def test_a_rule_that_never_falls_ends(db):
    never = Cadence("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", date(2025, 1, 1), "after", 1)
    assert cadences.occurrences(never, first=TODAY, last=TODAY + 400 * DAY, work_days=work_days()) == []


# Which rows


def test_every_unit_gets_the_duties_of_its_level_once(made):
    codes = {level: set(rows(rule__level=level).values_list("division_id", flat=True)) for level in ("county", "town", "village")}
    assert codes == {"county": {cast.COUNTY}, "town": {cast.WEST, cast.EAST},
                     "village": {cast.WEST_SOUTH, cast.WEST_NORTH, cast.EAST_SOUTH, cast.EAST_NORTH}}  # fmt: skip
    count = rows().count()
    assert duty_rows.extend(now=NOW) == duty_rows.Extended(0, 0, 0) and rows().count() == count


def test_periods_of_a_unit_join_without_gap_or_overlap(made):
    for code in ("screening_village", "screening_town", "screening_county"):
        found = list(rows(rule__code=code, division__in=(cast.WEST_SOUTH, cast.WEST, cast.COUNTY)).order_by("division", "occurs_on"))
        for before, after in zip(found, found[1:], strict=False):
            assert before.division_id != after.division_id or after.opens_on == before.occurs_on + DAY


def test_a_division_that_ended_gets_nothing_after_its_end(who):
    Division.objects.filter(pk=cast.WEST_NORTH).update(valid_to=date(2027, 1, 1))
    duty_rows.extend(now=NOW)
    assert rows(division=cast.WEST_NORTH).latest("occurs_on").occurs_on < date(2027, 1, 1)
    assert rows(division=cast.WEST_SOUTH).latest("occurs_on").occurs_on > date(2027, 10, 1)


def test_counties_without_accounts_get_nothing(made):
    Division.objects.create(code="640522", name="邻县", level=Division.Level.COUNTY, parent_id=cast.CITY)
    assert duty_rows.extend(now=NOW).made == 0


def test_a_new_standard_takes_over_from_its_day(made):
    finished = done(weekly(), made["cadre"], TODAY)
    newer = DutyStandard.objects.create(version="t2", title="新周期", valid_from=date(2027, 1, 1))
    DutyRule.objects.create(
        standard=newer, code="screening_village", kind="screening", level="village", name="村排查", rrule="FREQ=MONTHLY;BYMONTHDAY=10",
        shift="after", remind_working_days=1, grace_working_days=2, asks_counts=True, is_own_assumption=True, source="test",
    )  # fmt: skip
    changed = duty_rows.extend(now=NOW)
    assert changed.replaced > 0 and rows(rule__standard__version="1.0", occurs_on__gte=newer.valid_from).count() == 0
    assert rows(rule__standard=newer, division=cast.WEST_SOUTH).earliest("occurs_on").occurs_on == date(2027, 1, 10)
    assert rows(pk=finished.pk).exists()
    assert duty_rows.extend(now=NOW) == duty_rows.Extended(0, 0, 0)


# Done, late, missed


def test_in_time_until_the_due_day_and_late_after_it_for_good(made):
    in_time = done(weekly(), made["cadre"], date(2026, 11, 20))
    assert (in_time.state, in_time.done_by, in_time.found_count) == ("done", made["cadre"], 1)
    late = done(weekly(cast.WEST_NORTH), made["north"], date(2026, 11, 23))
    assert late.state == "late" and workflow.history(late).get().to_state == "late"
    with pytest.raises(workflow.MoveRefused):
        done(late, made["north"], date(2026, 11, 20))
    assert duty_rows.mark_missed(now=at(date(2026, 12, 31))) > 0 and rows(pk=late.pk).get().state == "late"


def test_after_the_last_day_it_is_missed_and_only_a_reason_can_be_given(made):
    duty = weekly()
    assert duty_rows.mark_missed(now=at(duty.lapses_on, 23)) == 0
    with pytest.raises(DutyRefused, match="补办已于2026-11-24截止"):
        done(duty, made["cadre"], duty.lapses_on + DAY)
    assert duty_rows.mark_missed(now=at(duty.lapses_on + DAY, 0)) == 4  # this week's of all four villages
    assert duty_rows.mark_missed(now=at(duty.lapses_on + DAY, 1)) == 0
    duty.refresh_from_db()
    duties.explain(duty, reason="当周抗洪", by=made["cadre"], now=at(date(2026, 11, 26)))
    assert (duty.state, duty.reason, duty.reason_by) == ("missed", "当周抗洪", made["cadre"])
    with pytest.raises(DutyRefused, match="已经说明过"):
        duties.explain(duty, reason="另一个原因", by=made["cadre"], now=at(date(2026, 11, 27)))


def test_not_before_its_period(made):
    later = rows(rule__code="screening_village", division=cast.WEST_SOUTH).select_related("rule").order_by("due_on")[1]
    with pytest.raises(DutyRefused, match="还不能报告完成"):
        done(later, made["cadre"], TODAY)


@pytest.mark.parametrize("named, told", [
    ({"note": "  "}, "请填写完成情况"), ({"note": "张三 13812345678"}, "像是个人号码"), ({"counts": None}, "请填写排查数和化解数"),
    ({"counts": Counts(1, 2)}, "化解数不能大于排查数"), ({"note": "字" * 501}, "最多500个字"),
])  # fmt: skip
def test_what_cannot_be_stored_is_refused_with_the_reason(made, named, told):
    with pytest.raises(ValueError, match=told):
        done(weekly(), made["cadre"], TODAY, **named)
    assert rows().exclude(state="due").count() == 0


def test_photos_are_drawn_anew_and_nothing_is_kept_if_one_is_none(made, media):
    from django.core.files.uploadedfile import SimpleUploadedFile

    with pytest.raises(ValueError, match="不是完好的"):
        done(weekly(), made["cadre"], TODAY, photos=[jpeg(), SimpleUploadedFile("x.jpg", b"<svg onload=alert(1)>")])
    assert not list(media.rglob("*.jpg")) and weekly().state == "due"
    duty = done(weekly(), made["cadre"], TODAY, photos=[jpeg()])
    assert DutyPhoto.objects.get(duty=duty).content_type == "image/jpeg"


def test_only_the_unit_itself_or_the_town_of_a_village_reports(made):
    for name in ("north", "east", "county", "planner", "auditor"):
        with pytest.raises(PermissionDenied):
            done(weekly(), made[name], TODAY)
    done(weekly(), made["west"], TODAY)
    town = rows(division=cast.WEST, rule__code="screening_town").select_related("rule").earliest("due_on")
    for name in ("county", "cadre"):
        with pytest.raises(PermissionDenied):
            done(town, made[name], TODAY)


def test_a_report_by_mistake_is_taken_back_on_its_day_and_what_it_said_is_kept(made):
    duty = weekly()
    with pytest.raises(DutyRefused):
        duties.take_back(duty, why="没有报告过", by=made["cadre"], now=at(TODAY))
    done(duty, made["cadre"], TODAY, counts=Counts(3, 1))
    with pytest.raises(PermissionDenied):
        duties.take_back(duty, why="点错了", by=made["north"], now=at(TODAY))
    with pytest.raises(RegisterRefused):
        duties.take_back(duty, why=" ", by=made["cadre"], now=at(TODAY))
    with pytest.raises(DutyRefused):
        duties.take_back(duty, why="点错了", by=made["cadre"], now=at(TODAY + DAY))
    decision = duties.take_back(duty, why="点错了", by=made["cadre"], now=at(TODAY, 17))
    duty.refresh_from_db()
    assert (duty.state, duty.note, duty.found_count, duty.done_at, duty.done_by) == (Duty.State.DUE, "", None, None, None)
    assert decision.why.startswith("点错了") and "排查数3，化解数1" in decision.why
    done(duty, made["cadre"], TODAY)
    assert duty.state == Duty.State.DONE


def test_the_page_takes_a_report_back_and_shows_only_the_photos_of_the_one_that_counts(made, client, media, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    duty = weekly()
    done(duty, made["cadre"], TODAY, photos=[jpeg()])
    client.force_login(made["cadre"])
    page = reverse("duty", args=[duty.pk])
    assert reverse("duty_photo", args=[duty.photos.get().pk]) in client.get(page).content.decode()
    assert client.post(reverse("duty_take_back", args=[duty.pk]), {"why": ""}).status_code == 422
    assert client.post(reverse("duty_take_back", args=[duty.pk]), {"why": "报错了"}).status_code == 302
    monkeypatch.setattr("django.utils.timezone.now", lambda: at(TODAY, 10))
    done(weekly(), made["cadre"], TODAY, now=at(TODAY, 10))
    shown = client.get(page).content.decode()
    assert "撤回报告" in shown and "报错了" in shown and reverse("duty_photo", args=[duty.photos.get().pk]) not in shown


def test_people_hear_once_of_what_falls_due_and_of_what_was_missed(made, client, monkeypatch):
    duty, cadre = weekly(), made["cadre"]
    told = Notice.objects.filter(user=cadre, duty=duty)
    duty_notices.remind(now=at(duty.due_on))
    assert duty_notices.remind(now=at(duty.due_on, 10)) == 0
    assert [each.kind for each in told] == [Notice.Kind.DUTY_SOON]
    assert not Notice.objects.filter(user=made["north"], duty=duty).exists()
    late = at(duty.lapses_on + DAY)
    duty_rows.mark_missed(now=late)
    duty_notices.remind(now=late)
    assert {each.kind for each in told.all()} == {Notice.Kind.DUTY_SOON, Notice.Kind.DUTY_MISSED}
    client.force_login(cadre)
    assert "定期任务未完成" in client.get(reverse("notices")).content.decode()
    client.get(reverse("duty", args=[duty.pk]))
    assert not told.filter(read_at=None).exists()


def test_of_two_at_once_the_second_is_told(made):
    one, other = weekly(), weekly()
    done(one, made["cadre"], TODAY)
    with pytest.raises(workflow.MoveRefused):
        done(other, made["west"], TODAY)


def test_the_clock_moved_through_a_year(who):
    """A village that works on time, one that is a working day late, two that never report; the job runs each day."""
    day, last = date(2026, 1, 1), date(2026, 12, 31)
    while day <= last:
        if day.day == 1:
            duty_rows.extend(now=at(day, 1), days=40)
        duty_rows.mark_missed(now=at(day, 1))
        for duty in rows(division=cast.WEST_SOUTH, state="due", due_on=day).select_related("rule"):
            done(duty, who["cadre"], day)
        for duty in rows(division=cast.WEST_NORTH, state="due", due_on__lt=day, lapses_on__gte=day).select_related("rule"):
            done(duty, who["north"], day)
        day += DAY
    duty_rows.mark_missed(now=at(last + 30 * DAY))
    ended = lambda code: rows(division=code, due_on__lte=last, rule__code="screening_village")  # noqa: E731
    states = {code: Counter(ended(code).values_list("state", flat=True)) for code in (cast.WEST_SOUTH, cast.WEST_NORTH, cast.EAST_SOUTH)}
    assert states == {cast.WEST_SOUTH: {"done": 52}, cast.WEST_NORTH: {"late": 52}, cast.EAST_SOUTH: {"missed": 52}}
    free = work_days()
    assert all(free.is_working(each) for each in rows(due_on__lte=last).values_list("due_on", flat=True))


# Pages


def test_another_territory_is_not_found_and_administrators_are_refused(made, client):
    duty = weekly()
    client.force_login(made["east"])
    assert client.get(reverse("duty", args=[duty.pk])).status_code == 404
    assert client.post(reverse("duty_done", args=[duty.pk]), {"note": "x"}).status_code == 404
    client.force_login(made["auditor"])
    for name in ("duties", "duty_list", "duty_shares", "duty_rules", "duty_feed"):
        assert client.get(reverse(name)).status_code == 403
    assert client.get(reverse("duty", args=[duty.pk])).status_code == 404
    client.force_login(made["county"])
    assert client.get(reverse("duty", args=[duty.pk])).status_code == 200
    assert client.post(reverse("duty_done", args=[duty.pk]), {"note": "x", "found": "1", "settled": "1"}).status_code == 403


def test_a_report_from_the_page_and_what_was_typed_after_a_refusal(made, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    duty = weekly()
    client.force_login(made["cadre"])
    refused = client.post(reverse("duty_done", args=[duty.pk]), {"note": "走访三户", "found": "many", "settled": "0"})
    assert refused.status_code == 422 and "走访三户" in refused.content.decode() and "many" in refused.content.decode()
    answer = client.post(reverse("duty_done", args=[duty.pk]), {"note": "走访三户", "found": "2", "settled": "1", "photos": jpeg()})
    assert answer.status_code == 302, answer.context["error"]
    page = client.get(reverse("duty", args=[duty.pk])).content.decode()
    assert "按时完成" in page and "走访三户" in page
    photo = client.get(reverse("duty_photo", args=[DutyPhoto.objects.get().pk]))
    assert photo.status_code == 200 and "sandbox" in photo.headers["Content-Security-Policy"]
    client.force_login(made["east"])
    assert client.get(reverse("duty_photo", args=[DutyPhoto.objects.get().pk])).status_code == 404


@pytest.mark.parametrize("query", [
    {"month": "2026-13"}, {"month": "x\x00"}, {"month": "9999-12"}, {"month": "0001-01"}, {"unit": "' OR 1=1"}, {"unit": "１２"},
    {"rule": "99999999999999"}, {"from": "2026-02-30", "to": "yesterday"}, {"from": "2027-01-01", "to": "2020-01-01"}, {"page": "-5"},
    {"state": "x", "kind": "y", "own": "z"}, {"month": "2100-12"},
])  # fmt: skip
def test_whatever_stands_in_the_address_a_page_comes(made, client, query):
    client.force_login(made["county"])
    for name in ("duties", "duty_list", "duty_shares", "duty_feed"):
        assert client.get(reverse(name), query).status_code == 200, name


def test_the_month_shows_counts_for_many_and_the_duty_itself_for_one(made, client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    client.force_login(made["county"])
    assert "4项" in client.get(reverse("duties"), {"month": "2026-11"}).content.decode()
    client.force_login(made["cadre"])
    page = client.get(reverse("duties"), {"month": "2026-11"}).content.decode()
    assert reverse("duty", args=[weekly().pk]) in page and "4项" not in page


def test_reminders_are_the_own_units_and_overdue_comes_first(made, client, monkeypatch):
    from zones.duty_pages import reminders

    assert {each.rule.code for each in reminders(made["cadre"], now=at(date(2026, 11, 19)))} == {"inspection_village", "screening_village"}
    late = reminders(made["cadre"], now=at(date(2026, 11, 23)))
    assert {each.late_days for each in late} == {3} and all(each.division_id == cast.WEST_SOUTH for each in late)


def test_the_share_in_time_counts_late_missed_and_overdue_against_the_unit(made):
    from zones.duty_pages import shares

    done(weekly(), made["cadre"], date(2026, 11, 20))
    done(weekly(cast.WEST_NORTH), made["north"], date(2026, 11, 23))
    duty_rows.mark_missed(now=at(date(2026, 11, 25)))
    days = {"from": "2026-11-16", "to": "2026-11-30", "kind": "screening"}
    found = {row["code"]: row for row in shares(made["county"], days, now=at(date(2026, 11, 25)))["rows"]}
    west = found[cast.WEST]
    assert (west["n"], west["done"], west["late"], west["missed"], west["percent"]) == (2, 1, 1, 0, 50.0)
    assert (found[cast.EAST]["missed"], found[cast.EAST]["percent"], found[cast.EAST]["unexplained"]) == (2, 0.0, 2)
    villages = shares(made["west"], days, now=at(date(2026, 11, 25)))["rows"]
    assert {row["code"]: row["percent"] for row in villages} == {cast.WEST_SOUTH: 100.0, cast.WEST_NORTH: 0.0}


def test_the_calendar_file_holds_the_units_own_days_and_opens_with_a_key(made, client, monkeypatch):
    from geo import access_keys

    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    _key, text = access_keys.make(by=made["cadre"], label="手机日历", days=30, now=NOW)
    import base64

    header = "Basic " + base64.b64encode(f"cadre:{text}".encode()).decode()
    answer = client.get(reverse("duty_feed"), headers={"authorization": header, "accept": "text/calendar"})
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/calendar")
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    assert len(events) == rows(division=cast.WEST_SOUTH, due_on__lte=TODAY + 400 * DAY).count()
    assert events[0].decoded("dtstart") == date(2026, 11, 20) and "VALARM" in answer.content.decode()
    assert client.get(reverse("duty_feed"), headers={"accept": "text/calendar"}).status_code == 401


def test_the_rules_page_says_which_periods_are_our_own(made, client):
    client.force_login(made["planner"])
    page = client.get(reverse("duty_rules")).content.decode()
    assert "本系统默认" in page and "FREQ=WEEKLY;BYDAY=FR" in page and "国务院办公厅" in page


def test_what_duties_are_of_cannot_be_deleted(made):
    """The database does not check these two keys row by row; the application does."""
    with pytest.raises(ProtectedError):
        Division.objects.get(pk=cast.WEST_SOUTH).delete()
    with pytest.raises(ProtectedError):
        DutyRule.objects.get(code="screening_village").delete()
