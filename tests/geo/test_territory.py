"""Who lies where: lookup by covers, vintages of outlines, tables of divisions."""
from datetime import date

import psycopg
import pytest
import shapely
from django.db import IntegrityError, connections, transaction

from geo.models import Division, DivisionOutline, DivisionPiece
from geo.territory import TerritoryRefused, apply_divisions, apply_outlines, parent_code, plan_divisions, plan_outlines
from tests import cast

pytestmark = pytest.mark.django_db
TODAY = date(2026, 9, 30)


@pytest.fixture
def divisions():
    return cast.territory()


def codes(lon: float, lat: float, on: date = TODAY) -> list[str]:
    return list(Division.objects.covering(cast.point(lon, lat), on=on).values_list("code", flat=True))


def test_a_point_lies_in_its_village_town_and_county_smallest_division_first(divisions):
    assert codes(105.62, 37.48) == [cast.WEST_SOUTH, cast.WEST, cast.COUNTY]


def test_a_point_on_the_county_border_is_found(divisions):
    assert codes(105.60, 37.48) == [cast.WEST_SOUTH, cast.WEST, cast.COUNTY]


def test_a_point_on_a_common_border_goes_to_the_smallest_code(divisions):
    assert codes(105.65, 37.50)[0] == cast.WEST_SOUTH
    assert set(codes(105.65, 37.50)[:4]) == {cast.WEST_SOUTH, cast.WEST_NORTH, cast.EAST_SOUTH, cast.EAST_NORTH}


def test_a_point_outside_every_division_is_in_none(divisions):
    assert codes(105.71, 37.48) == []


def test_a_large_outline_is_looked_up_by_small_pieces_that_cover_it(divisions):
    around = shapely.Point(105.3, 37.3).buffer(0.05, quad_segs=400)
    apply_outlines(plan_outlines({cast.CITY: around}, source="test", is_schematic=False))
    pieces = DivisionPiece.objects.filter(outline__division_id=cast.CITY)
    assert pieces.count() > 8
    assert max(piece.geom.num_coords for piece in pieces) <= 129
    assert codes(105.3, 37.3) == [cast.CITY]


def test_a_new_vintage_ends_the_old_one_and_both_answer_for_their_own_day(divisions):
    starts_on = date(2026, 1, 1)
    wider = {cast.COUNTY: shapely.box(105.60, 37.46, 105.75, 37.54)}
    plan = plan_outlines(wider, source="县民政局", is_schematic=False, starts_on=starts_on)
    assert (len(plan.new), len(plan.ended), len(plan.replaced)) == (1, 1, 0)
    apply_outlines(plan)
    assert codes(105.72, 37.48, on=date(2025, 12, 31)) == []
    assert codes(105.72, 37.48, on=starts_on) == [cast.COUNTY]
    assert not DivisionOutline.objects.in_force(starts_on).get(division_id=cast.COUNTY).is_schematic


def test_the_same_outlines_again_change_nothing(divisions):
    given = {cast.WEST: shapely.box(105.60, 37.46, 105.65, 37.54)}
    apply_outlines(plan_outlines(given, source="a", is_schematic=False, starts_on=date(2026, 1, 1)))
    plan = plan_outlines(given, source="a", is_schematic=False, starts_on=date(2026, 1, 1))
    assert (plan.same_count, plan.new, plan.ended, plan.replaced) == (1, [], [], [])


def test_outlines_are_refused_before_a_later_vintage_or_when_they_are_no_area(divisions):
    line, crossed = shapely.LineString([(105, 37), (106, 38)]), shapely.Polygon([(105, 37), (106, 38), (106, 37), (105, 38)])
    with pytest.raises(TerritoryRefused) as refused:
        plan_outlines({cast.WEST: line, cast.EAST: crossed, "999999": line}, source="a", is_schematic=False)
    assert len(refused.value.lines) == 3
    apply_outlines(plan_outlines({cast.WEST: shapely.box(105, 37, 106, 38)}, source="a", is_schematic=False, starts_on=date(2026, 1, 1)))
    with pytest.raises(TerritoryRefused, match="2026-01-01"):
        plan_outlines({cast.WEST: shapely.box(105, 37, 106, 38)}, source="a", is_schematic=False, starts_on=date(2025, 1, 1))


def test_two_outlines_of_one_division_never_hold_on_the_same_day(divisions):
    with pytest.raises(IntegrityError), transaction.atomic():
        DivisionOutline.objects.create(division_id=cast.WEST, geom=cast.box(*cast.BOXES[cast.EAST]), is_schematic=True, source="again")


def test_a_division_hangs_below_the_nearest_known_one():
    known = {"64", "640521", "640521100"}
    assert parent_code("640521", known) == "64"
    assert parent_code("640521100001", known) == "640521100"
    assert parent_code("64", known) is None


def row(code: str, name: str, **more) -> dict[str, str]:
    return {"code": code, "name": name, "level": "", "lon": "", "lat": "", "source": "test", **more}


def test_a_table_of_divisions_is_planned_written_and_known_again():
    table = [row("640521100", "宁安镇", lon="105.6765", lat="37.4975"), row("64", "宁夏"), row("640521", "中宁县")]
    plan = plan_divisions(table)
    assert Division.objects.count() == 0
    apply_divisions(plan)
    town = Division.objects.get(pk="640521100")
    assert (town.parent_id, town.level, round(town.seat.x, 4)) == ("640521", Division.Level.TOWN, 105.6765)
    again = plan_divisions(table)
    assert (again.new, again.changed, again.same_count) == ([], [], 3)
    renamed = plan_divisions([row("640521", "中宁县（新）")])
    assert [division.name for division in renamed.changed] == ["中宁县（新）"]


@pytest.mark.parametrize(
    "wrong",
    [
        [row("6405211", "七位代码")],
        [row("64", "")],
        [row("64", "宁夏"), row("64", "又一个")],
        [row("64", "宁夏", level="county")],
        [row("64", "宁夏", lon="a", lat="37")],
        [row("64", "宁夏", lon="37", lat="105")],
        [row("64", "宁夏"), row("130521", "没有上级")],
    ],
)
def test_a_wrong_table_is_refused_with_a_line_and_a_reason(wrong):
    with pytest.raises(TerritoryRefused) as refused:
        plan_divisions(wrong)
    assert refused.value.lines
    assert Division.objects.count() == 0


def test_the_public_alias_reads_what_the_test_wrote(divisions):
    assert Division.objects.using("public").filter(code=cast.WEST).exists()


def test_tests_run_as_the_application_role():
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT current_user, has_schema_privilege('public', 'CREATE')")
        name, may_create = cursor.fetchone()
    assert name == connections["default"].settings_dict["USER"] != connections["owner"].settings_dict["USER"]
    assert not may_create


@pytest.mark.django_db(transaction=True)
def test_the_public_role_reads_divisions_and_no_pieces():
    cast.territory()
    database = connections["default"].settings_dict
    public = connections.databases["public"]
    facts = {"host": database["HOST"], "port": database["PORT"] or None, "dbname": database["NAME"]}
    with psycopg.connect(**facts, user=public["USER"], password=public["PASSWORD"] or None) as connection:
        assert connection.execute("SELECT count(*) FROM geo_division").fetchone() == (len(cast.NAMES),)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM geo_compound")


@pytest.mark.django_db(transaction=True)
def test_a_transactional_test_leaves_nothing_behind():
    assert Division.objects.count() == 0
