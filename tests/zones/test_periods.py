from datetime import UTC, date, datetime

import pytest

from zones.periods import add_months, day_of, months_between, parse_period, start_of


@pytest.mark.parametrize(
    ("name", "starts_on", "ends_on"),
    [
        ("2026Q1", date(2026, 1, 1), date(2026, 4, 1)),
        ("2026Q4", date(2026, 10, 1), date(2027, 1, 1)),
        ("2026H2", date(2026, 7, 1), date(2027, 1, 1)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_periods_begin_and_end(name, starts_on, ends_on):
    period = parse_period(name)
    assert (period.starts_on, period.ends_on) == (starts_on, ends_on)


@pytest.mark.parametrize(
    "name", ["", "2026q3", "2026Q5", "2026Q0", "2026-13", "26Q3", "2026Q3 ", "２０２６Q3", "9999", "0001Q1", "2026Q3; DROP"]
)
def test_other_names_are_refused(name):
    with pytest.raises(ValueError, match="2026Q3"):
        parse_period(name)


def test_months_run_over_the_year():
    assert add_months(date(2026, 10, 1), -12) == date(2025, 10, 1)
    assert add_months(date(2026, 1, 31), -1) == date(2025, 12, 1)
    assert months_between(date(2025, 10, 1), date(2026, 10, 1)) == 12


def test_a_county_day_begins_at_sixteen_hours_utc():
    assert start_of(date(2026, 7, 1)).astimezone(UTC) == datetime(2026, 6, 30, 16, tzinfo=UTC)
    assert day_of(datetime(2026, 6, 30, 15, 59, tzinfo=UTC)) == date(2026, 6, 30)
    assert day_of(datetime(2026, 6, 30, 16, tzinfo=UTC)) == date(2026, 7, 1)
