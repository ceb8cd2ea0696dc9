"""Who has no police room, which street no kiosk: by territory, by road or straight, on the page and in the files."""

import json
from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.contrib.gis.geos import LineString

from geo.coverage import coverage
from geo.models import BasemapFeature, Division, DivisionOutline, PostsStandard, Station
from tests import cast

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 24)


def road(name: str, *coordinates, kind: str = "main_road") -> BasemapFeature:
    return BasemapFeature.objects.create(kind=kind, name=name, geom=LineString(coordinates, srid=4326), is_schematic=True, source="test")


@pytest.fixture
def county():
    """A main street along the south of both towns, a country road to the north of the west; a room and a kiosk in the west."""
    cast.territory()
    road("西街", (105.602, 37.47), (105.648, 37.47))
    road("东街", (105.652, 37.47), (105.698, 37.47))
    road("乡道", (105.625, 37.47), (105.625, 37.535), kind="street")
    cast.station("西南警务室", "police_room", 105.625, 37.471, cast.WEST_SOUTH)
    cast.station("西街岗亭", "kiosk", 105.61, 37.4701, cast.WEST_SOUTH)


def villages(user) -> dict:
    return {row.code: row for row in coverage(user, on=TODAY).villages}


def streets(user) -> dict:
    return {row.name: row for row in coverage(user, on=TODAY).streets}


def test_county_sees_who_has_a_room_and_how_far_the_others_are_by_road(county):
    rows = villages(cast.county_officer())
    assert {code: row.state for code, row in rows.items()} == {
        cast.WEST_SOUTH: "has", cast.WEST_NORTH: "none", cast.EAST_SOUTH: "none", cast.EAST_NORTH: "none",
    }  # fmt: skip
    north = rows[cast.WEST_NORTH]
    # From the middle of the village (105.625, 37.52) straight down the road: 0.049 degrees of latitude.
    assert north.by_road and north.nearest == "西南警务室"
    assert north.distance_m == pytest.approx(0.049 * 111_000, rel=0.02)
    # The east has no road to the room: from its middle it is 50 thousandths of longitude and the latitude between, straight.
    assert not rows[cast.EAST_NORTH].by_road
    assert rows[cast.EAST_NORTH].distance_m == pytest.approx(((0.05 * 88_400) ** 2 + (0.049 * 111_000) ** 2) ** 0.5, rel=0.02)


def test_a_planned_room_is_planned_and_one_out_of_use_is_none(county):
    planned = cast.station("西北警务室", "police_room", 105.625, 37.52, cast.WEST_NORTH, status="planned")
    officer = cast.county_officer()
    row = villages(officer)[cast.WEST_NORTH]
    assert (row.state, row.planned_count, row.nearest) == ("planned", 1, "西南警务室")
    Station.objects.everywhere("test").filter(pk=planned.pk).update(status="built", condition="out_of_use")
    assert villages(officer)[cast.WEST_NORTH].state == "none"


def test_a_kiosk_or_police_station_is_no_police_room(county):
    cast.station("东南所", "police_station", 105.68, 37.48, cast.EAST_SOUTH)
    assert villages(cast.county_officer())[cast.EAST_SOUTH].state == "none"


def test_a_street_is_covered_as_far_as_the_standard_reaches_along_it(county):
    rows = streets(cast.county_officer())
    west = rows["西街"]
    # 4.07 km long; the kiosk stands 0.71 km from its west end: 0.71 + 1.0 km of it lie within 1,000 m.
    assert west.length_m == pytest.approx(0.046 * 88_400, rel=0.01)
    assert west.state == "partly" and west.kiosk_count == 1
    assert west.reached_share == pytest.approx((0.008 * 88_400 + 1000) / (0.046 * 88_400), abs=0.02)
    assert west.farthest_m == pytest.approx(0.038 * 88_400, rel=0.02)
    assert rows["东街"].state == "none" and rows["东街"].reached_share == 0


def test_another_reach_is_another_version_and_from_its_day(county):
    PostsStandard.objects.create(version="2", in_force_from=TODAY, street_reach_m=10_000, source="test")
    officer = cast.county_officer()
    assert streets(officer)["西街"].state == "has"
    assert {row.name: row.state for row in coverage(officer, on=date(2026, 11, 23)).streets}["西街"] == "partly"


def test_a_planned_kiosk_does_not_cover_the_street(county):
    cast.station("东街岗亭", "kiosk", 105.67, 37.4701, cast.EAST_SOUTH, status="planned")
    row = streets(cast.county_officer())["东街"]
    assert (row.state, row.kiosk_count, row.planned_count) == ("planned", 0, 1)


def test_a_main_road_through_a_village_is_no_main_street_unless_the_town_has_its_seat_there(county):
    rural = Division.objects.create(code=f"{cast.WEST}201", name="西北新村", level=Division.Level.VILLAGE, parent_id=cast.WEST)
    DivisionOutline.objects.filter(division_id=cast.WEST_NORTH).update(division=rural)
    road("北公路", (105.602, 37.53), (105.648, 37.53))
    officer = cast.county_officer()
    assert set(streets(officer)) == {"西街", "东街"}
    Division.objects.filter(code=cast.WEST).update(seat=cast.point(105.625, 37.53))
    assert streets(officer)["北公路"].length_m == pytest.approx(2000, rel=0.01)


def test_town_officer_sees_the_own_town_only(county, client):
    cast.station("东南警务室", "police_room", 105.66, 37.49, cast.EAST_SOUTH)
    found = coverage(cast.west_officer(), on=TODAY)
    assert {row.code for row in found.villages} == {cast.WEST_SOUTH, cast.WEST_NORTH}
    assert {row.name for row in found.streets} == {"西街"}
    client.force_login(cast.user("west2", "town_officer", cast.WEST))
    for body in (client.get("/coverage/").content.decode(), json.dumps(client.get("/coverage/map.json").json(), ensure_ascii=False)):
        assert "西北村" in body and "东" not in body


def test_without_roads_everything_is_straight_and_the_page_says_so(county, client):
    BasemapFeature.objects.all().delete()
    client.force_login(cast.county_officer())
    page = client.get("/coverage/").content.decode()
    assert "没有载入道路，距离都按直线。" in page
    assert not any(row.by_road for row in villages(cast.user("c2", "county_officer")).values())


def test_administrator_reads_no_coverage(county, client):
    client.force_login(cast.auditor())
    assert [client.get(path).status_code for path in ("/coverage/", "/coverage/map.json", "/coverage/coverage.xlsx")] == [403] * 3


def test_xlsx_says_what_the_page_says_and_no_cell_is_a_formula(county, client):
    Station.objects.everywhere("test").filter(name="西南警务室").update(name="=1+1")
    client.force_login(cast.county_officer())
    answer = client.get("/coverage/coverage.xlsx")
    book = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content)))
    rows = list(book["社区和村"].iter_rows(values_only=True))
    assert rows[1][:7] == (cast.WEST_SOUTH, "西南社区", "西镇", "社区", "有", 1, 0)
    assert rows[2][7] == "'=1+1" and rows[2][9] == "道路"
    assert all(cell.data_type != "f" for sheet in book for line in sheet.iter_rows() for cell in line)
    assert [row[0] for row in book["主要街道"].iter_rows(min_row=2, max_row=3, values_only=True)] == ["西街", "东街"]


@pytest.mark.parametrize(
    "query", ["?state=nonsense", "?order=%00", "?page=999", "?town=640521%25", "?state=none&order=far&street_order=far"]
)
def test_odd_questions_get_a_page(county, client, query):
    client.force_login(cast.county_officer())
    assert client.get("/coverage/" + query).status_code == 200


def test_a_territory_without_villages_gets_an_explanation(client):
    cast.territory()
    DivisionOutline.objects.filter(division__level="5_village").delete()
    client.force_login(cast.county_officer())
    assert "还没有社区和村的轮廓" in client.get("/coverage/").content.decode()
    assert client.get("/coverage/map.json").json()["villages"]["features"] == []
    assert client.get("/coverage/coverage.xlsx").status_code == 200
