"""A compound's details say its protection and its courtyards; a courtyard that lies elsewhere is told, not moved."""
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from geo import compounds, importing
from geo.models import Courtyard
from tests import cast

pytestmark = pytest.mark.django_db

WHY = "a test looks at all"
NOW = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def compound():
    cast.territory()
    return cast.west_compound(
        household_count=200, small_device_household_count=25, guard_count=3, has_night_guard=True, gate_count=2, has_fence=True,
        has_lighting=False, has_access_control=None, camera_count=40,
    )  # fmt: skip


def yard(name: str, lon: float, lat: float, compound, half: float = 0.0003, **fields) -> Courtyard:
    shape = {"geom": cast.square(lon, lat, half), "division_id": cast.WEST_SOUTH, "compound": compound}
    return Courtyard.objects.create(name=name, source_key=name, **{**shape, **fields})


def card(client, compound) -> dict[str, list[str]]:
    client.force_login(cast.west_officer())
    return {section["title"]: section["lines"] for section in client.get(f"/map/compounds/{compound.pk}.json").json()["sections"]}


def test_protection_is_told_by_people_things_and_technology(client, compound):
    assert card(client, compound)["防护"] == [
        "人防：保安3人，夜间值守有",
        "物防：出入口2个，围墙有，公共照明无",
        "技防：门禁未登记，公共区域摄像机40台，小技防25户（占12.5%）",
    ]


def test_a_compound_shows_its_courtyards_and_their_sums(client, compound):
    yard("一院", 105.6195, 37.4805, compound, household_count=60)
    yard("二院", 105.6205, 37.4795, compound, household_count=None)
    assert card(client, compound)["楼院"] == ["2个楼院", "楼院户数合计60（1个已登记），小区登记200", "一院", "二院"]


def test_an_imported_courtyard_finds_its_compound_by_its_place(compound, tmp_path):
    file = tmp_path / "yards.geojson"
    ring = [[105.6195, 37.4795], [105.6205, 37.4795], [105.6205, 37.4805], [105.6195, 37.4805], [105.6195, 37.4795]]
    file.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"名称": "一院", "编号": "Y1"},'
        f' "geometry": {{"type": "Polygon", "coordinates": [{ring}]}}}}]}}',
        encoding="utf-8",
    )
    importing.run("courtyards", file, datum="wgs84", now=NOW, commit=True)
    assert Courtyard.objects.everywhere(WHY).get().compound == compound


def test_a_courtyard_outside_its_compound_is_told_and_left_as_it_is(client, compound):
    inside = yard("里院", 105.62, 37.48, compound)
    half = yard("半院", 105.621, 37.48, compound)
    elsewhere = yard("外院", 105.63, 37.48, compound)
    alone = yard("独院", 105.64, 37.48, None)
    shares = dict(compounds.with_inside_share(Courtyard.objects.everywhere(WHY)).values_list("name", "inside_share"))
    assert shares["里院"] == pytest.approx(1) and shares["半院"] == pytest.approx(0.5, rel=0.01) and shares["外院"] == 0
    assert "2个楼院不在小区轮廓内" in card(client, compound)["楼院"]
    page = client.get("/courtyards/check/").content.decode()
    assert "不在所属小区轮廓内：2个" in page and "没有所属小区：1个" in page
    assert page.index("外院") < page.index("半院") < page.index("独院") and "里院" not in page and "50%" in page
    for one in (inside, half, elsewhere, alone):
        before = one.compound_id
        one.refresh_from_db()
        assert one.compound_id == before
    client.force_login(cast.east_officer())
    other = client.get("/courtyards/check/").content.decode()
    assert "外院" not in other and "不在所属小区轮廓内：0个" in other
