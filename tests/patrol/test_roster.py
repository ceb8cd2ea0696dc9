"""The rules of a plan against small cases and against a reference that looks at every pair and every minute."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol import roster
from patrol.roster import COUNTY_TIME, HOUR, Conflict, Duty, Fault, Limits

LIMITS = Limits(rest_hours=11, week_hours_at_most=48)
MONDAY = date(2026, 11, 23)
MEMBERS = {(1, person): [(date(2026, 1, 1), None)] for person in range(1, 5)}


def at(hour: float, day: int = 0) -> datetime:
    return roster.midnight(MONDAY) + day * roster.DAY + hour * HOUR


def duty(key: int, start: float, hours: float = 8, *crew: int, day: int = 0, needed: int = 1, team: int = 1) -> Duty:
    begins = at(start, day)
    return Duty(key, team, "motor", begins, begins + hours * HOUR, frozenset(crew), needed)


def found(*duties: Duty, members=MEMBERS) -> list[Conflict]:
    return roster.conflicts(duties, memberships=members, limits=LIMITS)


def test_one_person_in_two_shifts_at_once_is_an_overlap():
    assert found(duty(1, 8, 8, 1), duty(2, 14, 8, 1)) == [Conflict(Fault.OVERLAP, (1, 2), 1, 2.0)]


def test_a_shift_that_begins_when_the_other_ends_is_no_overlap_but_no_rest_either():
    assert found(duty(1, 8, 8, 1), duty(2, 16, 8, 1)) == [Conflict(Fault.REST, (1, 2), 1, 0.0)]


def test_eleven_hours_of_rest_are_enough_and_a_minute_less_is_not():
    assert found(duty(1, 8, 8, 1), duty(2, 27, 8, 1)) == []
    [fault] = found(duty(1, 8, 8, 1), duty(2, 27 - 1 / 60, 8, 1))
    assert fault.fault == Fault.REST and fault.amount == pytest.approx(11 - 1 / 60)


def test_the_week_ends_on_sunday_at_midnight_in_the_county():
    days = [duty(day, 8, 8, 1, day=day) for day in range(6)]
    assert found(*days) == []
    sunday_night = duty(9, 23, 8, 1, day=6)
    assert found(*days, sunday_night) == [Conflict(Fault.WEEK_HOURS, (0, 1, 2, 3, 4, 5, 9), 1, 49.0, MONDAY)]
    assert roster.monday_of(roster.day_of(datetime(2026, 11, 29, 17, tzinfo=roster.ZoneInfo("UTC")))) == date(2026, 11, 30)


def test_fewer_people_than_needed_are_counted():
    assert found(duty(1, 8, 8, 1, needed=3)) == [Conflict(Fault.SHORT, (1,), None, 2)]


def test_somebody_who_has_left_is_no_member_on_the_first_day_outside():
    members = {(1, 1): [(MONDAY, MONDAY + timedelta(days=1))]}
    assert found(duty(1, 8, 8, 1), members=members) == []
    assert found(duty(2, 8, 8, 1, day=1), members=members) == [Conflict(Fault.NOT_MEMBER, (2,), 1)]


def test_people_of_another_team_are_no_members_here():
    assert [each.fault for each in found(duty(1, 8, 8, 1, team=2))] == [Fault.NOT_MEMBER]


def test_empty_hours_of_a_day_and_hours_that_are_covered_in_part():
    [day] = roster.covered([(at(0), at(6)), (at(5), at(8.5)), (at(22), at(24))], first=MONDAY, day_count=1)
    assert day[7] == 1 and day[8] == 0.5 and day[9] == 0
    assert roster.runs(day) == [(8, 22)]


def test_a_shift_over_midnight_covers_the_next_morning():
    days = roster.covered([(at(22), at(30))], first=MONDAY, day_count=2)
    assert roster.runs(days[0]) == [(0, 22)]
    assert roster.runs(days[1]) == [(6, 24)]


def test_a_shift_without_people_leaves_its_hours_empty():
    assert roster.manned([duty(1, 8, 8), duty(2, 9, 1, 3)]) == [(at(9), at(10))]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("24小时", range(24)),
        ("07:00-23:00", range(7, 23)),
        ("7:30 — 9:30", range(7, 10)),
        ("22：00至06：00", [*range(6), 22, 23]),
        ("白天", None),
        ("", None),
        ("8-8", None),
        ("25:00-26:00", None),
    ],
)
def test_opening_hours_are_read_or_not_judged(text, hours):
    assert roster.opening(text) == (None if hours is None else [hour in hours for hour in range(24)])


def test_only_hours_in_which_a_kiosk_is_open_count_as_empty():
    [day] = roster.covered([(at(8), at(20))], first=MONDAY, day_count=1)
    assert roster.runs(day, roster.opening("07:00-23:00")) == [(7, 8), (20, 23)]


duties = st.lists(
    st.builds(
        lambda start, quarters, crew, needed, team: (start, quarters, frozenset(crew), needed, team),
        st.integers(0, 21 * 96), st.integers(2, 96), st.sets(st.integers(1, 4), max_size=3), st.integers(1, 3), st.integers(1, 2),
    ),
    max_size=14,
)  # fmt: skip


def built(given) -> list[Duty]:
    start = at(0) - 7 * roster.DAY
    quarter = HOUR / 4
    return [
        Duty(key, team, "foot", start + begins * quarter, start + (begins + length) * quarter, crew, needed)
        for key, (begins, length, crew, needed, team) in enumerate(given)
    ]


def naive(all_duties: list[Duty], members) -> set[tuple]:
    """Every pair, every quarter of an hour."""
    result = set()
    for one in all_duties:
        if len(one.crew) < one.needed:
            result.add(("short", (one.key,), None, one.needed - len(one.crew)))
        for person in one.crew:
            day = one.start.astimezone(COUNTY_TIME).date()
            if not any(a <= day and (b is None or day < b) for a, b in members.get((one.team, person), [])):
                result.add(("not_member", (one.key,), person, 0))
            own = [each for each in all_duties if person in each.crew and each.key != one.key]
            for other in own:
                if one.start < other.end and other.start < one.end:
                    result.add(("overlap", frozenset((one.key, other.key)), person, 0))
            over = [(one.start - each.end) / HOUR for each in own if each.end <= one.start]
            if over and min(over) < LIMITS.rest_hours:
                result.add(("rest", one.key, person, min(over)))
    for person in range(1, 5):
        for week in range(5):
            monday = MONDAY + timedelta(days=7 * (week - 1))
            own = [each for each in all_duties if person in each.crew]
            quarters = [roster.midnight(monday) + number * HOUR / 4 for number in range(7 * 96)]
            total = sum(each.start <= moment < each.end for moment in quarters for each in own) / 4
            if total > LIMITS.week_hours_at_most:
                result.add(("week_hours", monday, person, total))
    return result


@settings(max_examples=60, deadline=None)
@given(duties)
def test_the_rules_agree_with_looking_at_every_pair_and_every_quarter(given_duties):
    all_duties = built(given_duties)
    members = {(1, 1): [(date(2026, 11, 20), None)], (1, 2): [(date(2026, 1, 1), date(2026, 11, 25))], (2, 3): [(MONDAY, None)]}
    told = set()
    for each in roster.conflicts(all_duties, memberships=members, limits=LIMITS):
        match each.fault:
            case Fault.OVERLAP:
                told.add(("overlap", frozenset(each.duties), each.person, 0))
            case Fault.REST:
                told.add(("rest", each.duties[1], each.person, each.amount))
            case Fault.WEEK_HOURS:
                told.add(("week_hours", each.week, each.person, each.amount))
            case _:
                told.add((each.fault.value, each.duties, each.person, each.amount))
    assert told == naive(all_duties, members)


@settings(max_examples=60, deadline=None)
@given(duties)
def test_covered_hours_agree_with_looking_at_every_quarter(given_duties):
    spans = [each.span for each in built(given_duties)]
    days = roster.covered(spans, first=MONDAY, day_count=7)
    for day in range(7):
        for hour in range(24):
            quarters = [at(hour + part / 4, day) for part in range(4)]
            assert days[day][hour] == sum(any(a <= moment < b for a, b in spans) for moment in quarters) / 4
