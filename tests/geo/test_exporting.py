"""Every form of every layer comes back unchanged; no cell is a formula; the reader's rights decide what a file holds."""
import csv
import io
import json
from datetime import UTC, date, datetime

import pyogrio
import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Polygon

from geo import exporting, importing
from geo.layers import registry
from geo.models import Compound, Courtyard, Incident, Premises, Station, SurveillancePoint
from tests import cast
from zones.models import RectificationZone

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
WHY = "the test looks at everything"
IMPORTABLE = [layer for layer in registry if layer.importable]
NASTY = ["=1+1", "'=1+1", "-2+3", "-12.5", "+86", "@SUM(1)", "＝1", "a\"b,c;d", "两\n行", "<甲> & \"乙\" \\ 丙", "𠮷家院", "'单引号"]


@pytest.fixture
def county(db):
    cast.territory()
    return cast.with_purpose(cast.county_officer())


@pytest.fixture
def places(county):
    """One of everything, with texts, numbers and outlines that a careless writer would spoil."""
    odd = MultiPolygon(
        Polygon(((105.605, 37.47), (105.605, 37.48), (105.615, 37.48), (105.615, 37.47), (105.605, 37.47)),
                ((105.6070, 37.472), (105.6130, 37.472), (105.6130, 37.478), (105.6070, 37.478), (105.6070, 37.472))),
        Polygon(((105.6300000000001, 37.4712345678912), (105.64, 37.47), (105.64, 37.48), (105.6300000000001, 37.4712345678912))),
        srid=4326,
    )  # fmt: skip
    village = {"division_id": cast.WEST_SOUTH}
    Compound.objects.create(
        name="=1+1", source_key="C1", geom=odd, kind="old", household_count=0, has_fence=True, has_lighting=False,
        fire_checked_on=date(2026, 1, 31), open_fire_hazard_count=2, manager_unit="a\"b,c", **village,
    )  # fmt: skip
    holder = cast.west_compound()
    cast.east_compound()
    yard = Courtyard.objects.create(
        name="一号院", source_key="Y1", compound=holder, geom=cast.square(105.62, 37.48), household_count=12, **village
    )
    for number, text in enumerate(NASTY):
        Premises.objects.create(
            name=text, source_key=f"P{number}", kind="hotel", operator_unit=text, capacity_count=number or None,
            last_inspected_on=date(2026, 2, 28), geom=cast.point(105.61 + number / 999, 37.47 + number / 3001), **village,
        )  # fmt: skip
    Station.objects.create(
        name="西南警务室", source_key="S1", kind="police_room", hours="00:00-24:00",
        geom=cast.point(105.6123456789012, 37.4798765432101), **village,
    )  # fmt: skip
    SurveillancePoint.objects.create(
        name="路口", source_key="J1", bearing_deg=123.456789012345, range_m=30, has_sign=None, retention_days=30,
        geom=cast.point(105.6123, 37.4812), in_use_since=date(2025, 4, 1), **village,
    )  # fmt: skip
    Incident.objects.create(
        source_key="I1", category="theft", compound=holder, courtyard=yard, occurred_at=datetime(2026, 3, 1, 18, 30, 5, tzinfo=UTC),
        geom=cast.point(105.62, 37.48), **village,
    )  # fmt: skip
    RectificationZone.objects.create(
        name="老城片区", source_key="Z1", kind="old_compounds", geom=cast.square(105.62, 37.48), reasons="盗窃多发", **village
    )


def everything(layer):
    return layer.model.objects.everywhere(WHY)


def written(layer, form, path, user, **options):
    target = path / f"{layer.name}.{exporting.FORMS[form].ending}"
    exporting.write(layer, layer.model.objects.visible_to(user), form, target, by=user, **options)
    return target


def again(layer, file, datum="wgs84"):
    return importing.run(layer.name, file, datum=datum, now=NOW)


@pytest.mark.parametrize("form", ["csv", "geojson", "xlsx", "gpkg", "shp"])
@pytest.mark.parametrize("layer", IMPORTABLE, ids=lambda layer: layer.name)
def test_an_exported_file_comes_back_unchanged(layer, form, places, county, tmp_path):
    report = again(layer, written(layer, form, tmp_path, county))
    count = everything(layer).count()
    assert count and (report.read_count, report.unchanged_count) == (count, count), "\n".join(report.sentences())
    assert set(report.ignored) <= {"行政区划代码", "行政区划", "div_code", "div_name"}


@pytest.mark.parametrize("datum", ["cgcs2000", "gcj02", "bd09"])
@pytest.mark.parametrize("form", ["csv", "geojson", "xlsx", "gpkg", "shp"])
def test_another_datum_is_named_in_the_file_and_comes_back(form, datum, places, county, tmp_path):
    for layer in (registry["premises"], registry["compounds"]):
        report = again(layer, written(layer, form, tmp_path, county, datum=datum), datum)
        assert report.unchanged_count == everything(layer).count(), "\n".join(report.sentences())
        assert "坐标系" in report.ignored or "datum" in report.ignored


@pytest.mark.parametrize("form", ["csv", "geojson", "gpkg"])
def test_places_come_back_to_the_last_digit(form, places, county, tmp_path):
    layer = registry["stations"]
    file = written(layer, form, tmp_path, county)
    (stored,) = everything(layer)
    if form == "gpkg":
        place = shapely.from_wkb(pyogrio.raw.read(file)[2][0]).coords[0]
    elif form == "csv":
        (row,) = csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))
        place = float(row["经度"]), float(row["纬度"])
    else:
        place = tuple(json.loads(file.read_text("utf-8"))["features"][0]["geometry"]["coordinates"])
    assert place == stored.geom.coords
