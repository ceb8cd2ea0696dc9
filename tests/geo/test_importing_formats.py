"""Samples that somebody else made, in each further format, all the way into a layer."""
import datetime

import pyogrio
import pytest
import shapely
from django.contrib.gis.db.models import Extent

from geo import importing
from geo.coords import areas_m2
from geo.models import Compound, Division, DivisionOutline, SurveillancePoint
from tests import cast

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)
WHY = "a test counts everything"


@pytest.fixture
def elsewhere():
    """A county around a sample that lies outside the demo county."""
    cast.territory()

    def make(west, south, east, north):
        found = Division.objects.create(code="640522", name="别县", level=cast.LEVELS[6], parent_id=cast.CITY)
        DivisionOutline.objects.create(division=found, geom=cast.box(west, south, east, north), is_schematic=True, source="test")

    return make


def test_kmz_of_others_goes_into_a_layer_with_every_place(shared, elsewhere):
    elsewhere(19, 39, 21, 43)
    path = shared / "data/mapshaper_kmz_gpkg/Albania.kmz"
    report = importing.run("surveillance", path, datum="wgs84", now=NOW, commit=True, chosen={"Name": "name", "id": "source_key"})
    assert (report.read_count, report.new_count, report.rejected_count) == (63, 63, 0)
    stored = SurveillancePoint.objects.everywhere(WHY).filter(batch=report.batch)
    assert stored.aggregate(e=Extent("geom"))["e"] == pytest.approx((19.4, 39.7, 20.6167, 42.5667), abs=1e-4)
    assert stored.get(source_key="ID_00000").name == "KE-839" and set(stored.values_list("division", flat=True)) == {"640522"}


def test_kml_polygon_with_a_hole_keeps_its_area(shared, elsewhere):
    elsewhere(-123, 37, -122, 38)
    path = shared / "data/togeojson_kml/polygon.kml"
    report = importing.run("compounds", path, datum="wgs84", now=NOW, commit=True)
    assert (report.new_count, report.rejected_count) == (1, 0)
    stored = Compound.objects.everywhere(WHY).get(batch=report.batch)
    outline = shapely.from_wkb(bytes(stored.geom.wkb))
    assert stored.name == "hollow box" and shapely.get_num_interior_rings(outline.geoms[0]) == 1
    # The expected 0.003378 km² is geodesic; a plane zone so far from China is not asked here.
    moved = shapely.transform(outline, lambda xy: xy + (105.6 + 122.366, 0))
    assert areas_m2([moved], 105)[0] == pytest.approx(3378, rel=0.01)


@pytest.mark.parametrize(("ending", "driver"), [(".gml", "GML"), (".fgb", "FlatGeobuf"), (".kml", "LIBKML")])
def test_shapefile_of_others_gives_the_same_in_every_format(shared, elsewhere, tmp_path, ending, driver):
    """67 polygons of the sample, written by GDAL in another format first."""
    elsewhere(-114, 37, -104, 42)
    source = f"/vsizip/{shared}/data/fiona_coutwildrnp/coutwildrnp.zip"
    frame = pyogrio.read_arrow(source)[1]
    kept = frame.select(["NAME", "wkb_geometry"])
    path = tmp_path / f"areas{ending}"
    pyogrio.write_arrow(kept, path, driver=driver, geometry_name="wkb_geometry", geometry_type="Polygon", crs="EPSG:4326")
    name = "Name" if driver == "LIBKML" else "NAME"
    report = importing.run("courtyards", path, datum="wgs84", now=NOW, chosen={name: "name"})
    assert (report.read_count, report.new_count) == (67, 67)
    assert (report.outside_count, report.rejected_count) == (0, 0)
