"""The set-based statements against the plain reference, on random data."""
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.conf import settings
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from geo.models import Compound, Incident
from tests import cast
from tests.zones.conftest import NOW, PERIOD
from zones.criteria import CATEGORIES, parse_criteria
from zones.models import Grade, RatingScheme, ZeroReport
from zones.periods import COUNTY_TIME
from zones.rating import Evidence, grade, title
from zones.rounds import rate

DEFAULT = json.loads((settings.BASE_DIR / "fixtures/criteria_default.json").read_text("utf-8"))["criteria"]
WINDOW = (datetime(2025, 10, 1, tzinfo=COUNTY_TIME), datetime(2026, 10, 1, tzinfo=COUNTY_TIME))
QUARTER = datetime(2026, 7, 1, tzinfo=COUNTY_TIME)
MOMENTS = st.one_of(
    st.datetimes(datetime(2025, 9, 1), datetime(2026, 11, 1), timezones=st.just(UTC)),
    st.sampled_from([moment + timedelta(microseconds=step) for moment in (*WINDOW, QUARTER) for step in (-1, 0, 1)]),
)
PLACES = st.fixed_dictionaries(
    {
        "household_count": st.one_of(st.none(), st.integers(0, 60), st.sampled_from([100, 200, 250, 500])),
        "check": st.one_of(st.none(), st.tuples(st.dates(date(2025, 9, 28), date(2026, 10, 10)), st.integers(0, 4))),
    }
)
INCIDENTS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from(CATEGORIES), MOMENTS), max_size=60)
REPORTS = st.sets(st.tuples(st.sampled_from([cast.WEST, cast.EAST]), st.integers(0, 12)), max_size=26)


def expected(place: Compound, incidents: list[Incident], reports: set, criteria) -> tuple[str, str]:
    """Plain Python: colour and four-free outcome of one compound."""
    town = place.division_id[:9]
    inside = [each for each in incidents if WINDOW[0] <= each.occurred_at < WINDOW[1]]
    months = {each.occurred_at.astimezone(COUNTY_TIME).strftime("%Y-%m") for each in inside if each.division_id[:9] == town}
    months |= {month.strftime("%Y-%m") for reporting, month in reports if reporting == town and month < WINDOW[1].date()}
    own = [each for each in inside if each.compound_id == place.pk]
    evidence = Evidence(
        counts={name: sum(each.category == name for each in own) for name in CATEGORIES},
        household_count=place.household_count,
        covered_month_count=len(months),
        fire_checked_on=place.fire_checked_on,
        open_fire_hazard_count=place.open_fire_hazard_count,
        fire_checked_since=date(2025, 10, 1),
        computed_on=date(2026, 10, 8),
    )
    recent = Counter(each.category for each in own if each.occurred_at >= QUARTER)
    covered = len(months & {"2026-07", "2026-08", "2026-09"})
    return grade(evidence, criteria)[0], title({name: recent[name] for name in CATEGORIES}, covered, 3)


@pytest.mark.django_db
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    places=st.lists(PLACES, min_size=4, max_size=4),
    incidents=INCIDENTS,
    reports=REPORTS,
    theft=st.sampled_from([("1.0", "2.0"), ("0.3333", "0.5"), ("2", "2")]),
    minimum=st.sampled_from([1, 3, 12]),
)
def test_statement_and_plain_reference_agree(county, places, incidents, reports, theft, minimum):
    criteria = {**DEFAULT, "minimum_covered_months": minimum}
    criteria["per_100_households"] = {**DEFAULT["per_100_households"], "theft": dict(zip(("yellow", "red"), theft, strict=True))}
    with transaction.atomic():
        scheme = RatingScheme.objects.create(version="x", title="x", is_own_assumption=True, criteria=criteria, valid_from=date(2020, 1, 1))
        homes = [make_place(i, each) for i, each in enumerate(places)]
        rows = [make_incident(i, homes[where], *rest) for i, (where, *rest) in enumerate(incidents)]
        Incident.objects.bulk_create(rows)
        reported = {(town, date(2025 + (9 + month) // 12, (9 + month) % 12 + 1, 1)) for town, month in reports}
        ZeroReport.objects.bulk_create(ZeroReport(division_id=town, month=month) for town, month in reported)
        summary = rate(period=PERIOD, scheme=scheme, now=NOW)
        grades = Grade.objects.everywhere("test").filter(round=summary.round)
        found = {pk: (colour, four_free) for pk, colour, four_free in grades.values_list("compound_id", "colour", "four_free")}
        assert found == {home.pk: expected(home, rows, reported, parse_criteria(criteria)) for home in homes}
        transaction.set_rollback(True)


def make_place(number: int, facts: dict) -> Compound:
    code = (cast.WEST_SOUTH, cast.WEST_NORTH, cast.EAST_SOUTH, cast.WEST)[number]
    checked_on, hazards = facts["check"] or (None, None)
    check = {"fire_checked_on": checked_on, "open_fire_hazard_count": hazards}
    return cast.compound(f"小区{number}", 105.61 + number / 100, 37.48, code, household_count=facts["household_count"], **check)


def make_incident(number: int, place: Compound, category: str, moment: datetime) -> Incident:
    inside = number % 3 != 0
    facts = {"geom": place.geom.point_on_surface, "division_id": place.division_id, "compound": place if inside else None}
    return Incident(category=category, occurred_at=moment, source_key=f"i{number}", **facts)
