"""Criteria of the second form: the set-based statement against the plain reference, on random data; and the first form as it was."""
from datetime import date, datetime, timedelta
from fractions import Fraction

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from geo.models import Compound, Division, Incident
from tests import cast
from tests.zones import registering as r
from tests.zones.conftest import NOW, PERIOD
from tests.zones.criteria_documents import FIRST, second
from zones.criteria import CATEGORIES, SEVERITIES, parse_criteria
from zones.models import FourFreeTitle, Grade, Issue, RatingScheme, ZeroReport
from zones.periods import COUNTY_TIME, add_months
from zones.rating import Evidence, Severe, grade, title
from zones.rounds import RoundReader, rate

QUARTER = datetime(2026, 7, 1, tzinfo=COUNTY_TIME)
MOMENTS = st.datetimes(datetime(2025, 10, 1), datetime(2026, 9, 30), timezones=st.just(COUNTY_TIME))
KNOWN = st.sampled_from([None, True, False])
PLACES = st.fixed_dictionaries(
    {
        "household_count": st.sampled_from([None, 20, 50, 100, 200, 500]),
        "open_fire_hazard_count": st.integers(0, 3),
        "has_access_control": KNOWN, "has_lighting": KNOWN, "fire_lanes_clear": st.sampled_from([None, True, True, True, False]),
        "has_night_guard": KNOWN, "has_fence": st.just(True), "guard_count": st.sampled_from([None, 0, 2]),
        "camera_count": st.sampled_from([None, 0, 4, 4]),
    }
)  # fmt: skip
INCIDENTS = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from(CATEGORIES), st.sampled_from(SEVERITIES),
        st.sampled_from(["resident", "patrol", "unknown"]), MOMENTS,
    ),
    max_size=40,
)  # fmt: skip
CAMERAS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["working", "faulty", "removed", "unknown"])), max_size=8)
ISSUES = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["registered", "closed", "withdrawn"]), st.booleans()), max_size=8)
# Documents with parts left out, so that each is tried alone and together.
DOCUMENTS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from([None, None, second()[name]]) for name in ("index", "reporting", "courtyards")}
).map(lambda changes: second(**changes))


def expected(place: Compound, rows: list[Incident], cameras: list, issues: list, criteria) -> tuple[str, str]:
    own = [each for each in rows if each.compound_id == place.pk]
    counted = [state for _where, state, recent in issues if recent and state != "withdrawn"]
    standing = [working for _where, working in cameras if working != "removed"]
    closed = counted.count("closed")
    protections = (
        place.has_night_guard, place.has_fence, place.has_lighting, place.has_access_control,
        None if place.guard_count is None else place.guard_count > 0, None if place.camera_count is None else place.camera_count > 0,
    )  # fmt: skip

    def yes(answer):
        return None if answer is None else Fraction(int(answer))

    def of(name, **facts):
        return sum(each.category == name and all(getattr(each, key) == value for key, value in facts.items()) for each in own)

    evidence = Evidence(
        counts={name: of(name) for name in CATEGORIES}, household_count=place.household_count, covered_month_count=12,
        fire_checked_on=place.fire_checked_on, open_fire_hazard_count=place.open_fire_hazard_count, fire_checked_since=date(2025, 10, 1),
        computed_on=date(2026, 10, 8),
        severe={
            name: Severe(of(name, severity="serious"), of(name, severity="minor"), of(name, severity="minor", reported_by="resident"))
            for name in CATEGORIES
        },
        measured={
            "access_control": yes(place.has_access_control), "fire_lanes": yes(place.fire_lanes_clear),
            "working_cameras": Fraction(standing.count("working"), len(standing)) if standing else None,
            "closed_issues": Fraction(closed, len(counted)) if counted else None, "open_issues": Fraction(len(counted) - closed),
            "protections": None if None in protections else Fraction(sum(protections)),
        },
    )  # fmt: skip
    recent = {name: sum(each.category == name and each.occurred_at >= QUARTER and each.severity in criteria.breaks[name] for each in own)
              for name in CATEGORIES}  # fmt: skip
    return grade(evidence, criteria)[0], title(recent, 3, criteria.title_months)


@pytest.mark.django_db
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(places=st.lists(PLACES, min_size=3, max_size=3), incidents=INCIDENTS, cameras=CAMERAS, issues=ISSUES, document=DOCUMENTS)
def test_statement_and_plain_reference_agree_on_everything_the_criteria_can_say(people, places, incidents, cameras, issues, document):
    with transaction.atomic():
        criteria = parse_criteria(document)
        scheme = RatingScheme.objects.create(version="x", title="x", is_own_assumption=True, criteria=document, valid_from=date(2020, 1, 1))
        check = {"fire_checked_on": date(2026, 5, 3)}
        homes = [cast.compound(f"小区{i}", 105.61 + i / 100, 37.48, cast.WEST_SOUTH, **check, **each) for i, each in enumerate(places)]
        rows = [
            Incident(
                category=category, severity=severity, reported_by=by, occurred_at=at, source_key=f"i{i}", compound=homes[where],
                geom=homes[where].geom.point_on_surface, division_id=cast.WEST_SOUTH,
            )
            for i, (where, category, severity, by, at) in enumerate(incidents)
        ]  # fmt: skip
        Incident.objects.bulk_create(rows)
        ZeroReport.objects.bulk_create(ZeroReport(division_id=cast.WEST, month=add_months(date(2025, 10, 1), i)) for i in range(12))
        for i, (where, working) in enumerate(cameras):
            cast.camera(f"c{i}", 105.61 + where / 100, 37.48, cast.WEST_SOUTH, working=working)
        make_issues(people, homes, issues)
        summary = rate(period=PERIOD, scheme=scheme, now=NOW)
        grades = {each.compound_id: each for each in Grade.objects.everywhere("test").filter(round=summary.round)}
        for i, home in enumerate(homes):
            own = [[row for row in rows_of if row[0] == i] for rows_of in (cameras, issues)]
            found = grades[home.pk]
            assert (found.colour, found.four_free) == expected(home, rows, *own, criteria)
            # What the grade keeps is enough to explain it.
            reader = RoundReader(summary.round)
            assert grade(reader.evidence(found), criteria)[0] == found.colour
            assert found.resident_count == sum(each.reported_by == "resident" and each.compound_id == home.pk for each in rows)
        transaction.set_rollback(True)


def make_issues(people, homes: list[Compound], issues: list) -> None:
    west = Division.objects.get(pk=cast.WEST_SOUTH)
    category = r.rules_at(r.NOW).category("fire_passage")
    for i, (where, state, recent) in enumerate(issues):
        at = QUARTER if recent else QUARTER - timedelta(days=400)
        fixed = {"fixed_at": at, "fixed_by": people["cadre"], "closed_at": at, "closed_by": people["west"]} if state == "closed" else {}
        Issue.objects.create(
            number=f"n{i}", number_unit=west, number_year=2026, number_seq=i + 1, state=state, category=category, text="x", division=west,
            geom=homes[where].geom.point_on_surface, place_layer="compounds", place_pk=homes[where].pk, place_name="x", unit=west,
            level="village", reader_codes=[cast.WEST], due_on=date(2026, 8, 1), registered_at=at, registered_by=people["cadre"], **fixed,
        )  # fmt: skip


@pytest.mark.django_db
def test_the_first_form_and_the_same_in_the_second_give_the_same_grade(county):
    """A document of the second form that adds nothing says what the first one says, reason for reason."""
    place = cast.west_compound(fire_checked_on="2026-05-03", open_fire_hazard_count=1)
    for i in range(3):
        Incident.objects.create(
            category="theft", severity="serious", reported_by="resident", occurred_at=QUARTER, source_key=f"i{i}",
            geom=place.geom.point_on_surface, division_id=cast.WEST_SOUTH, compound=place,
        )  # fmt: skip
    told = []
    for document in (FIRST, FIRST | {"format": 2}):
        facts = {"criteria": {**document, "minimum_covered_months": 1}, "valid_from": "2020-01-01"}
        scheme = RatingScheme.objects.create(version=f"x{len(told)}", title="x", is_own_assumption=True, **facts)
        summary = rate(period=PERIOD, scheme=scheme, now=NOW)
        found = Grade.objects.everywhere("test").get()
        told.append((found.colour, RoundReader(summary.round).reasons(found)))
    assert told[0] == told[1]
    assert told[0][0] == "red"


@pytest.mark.django_db
def test_a_courtyard_keeps_its_title_over_what_the_criteria_spare(county):
    yard = cast.square(105.62, 37.48)
    from_west = cast.west_compound()
    made = from_west.courtyards.create(name="一号楼院", source_key="y", division_id=cast.WEST_SOUTH, geom=yard)
    scheme = RatingScheme.objects.create(version="x", title="x", is_own_assumption=True, criteria=second(), valid_from="2020-01-01")
    ZeroReport.objects.bulk_create(ZeroReport(division_id=cast.WEST, month=date(2026, month, 1)) for month in (7, 8))
    outcomes = []
    for severity in ("minor", "ordinary"):
        Incident.objects.create(
            category="theft", severity=severity, occurred_at=datetime(2026, 8, 3, tzinfo=COUNTY_TIME), source_key=severity,
            geom=yard.point_on_surface, division_id=cast.WEST_SOUTH, courtyard=made,
        )  # fmt: skip
        rate(period=PERIOD, scheme=scheme, now=NOW)
        outcomes.append(FourFreeTitle.objects.everywhere("test").get().four_free)
    assert outcomes == ["held", "not_held"]
