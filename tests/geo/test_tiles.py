"""Tiles as a browser gets them: decoded, counted, and only of the reader's own territory."""
import math

import mapbox_vector_tile
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from geo import tiles
from geo.layers import registry
from geo.models import GridCell, Incident, LayerVersion, Premises, Station
from tests import cast

pytestmark = pytest.mark.django_db


def address(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    n = 2**z
    return z, int((lon + 180) / 360 * n), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)


def station(name: str, lon: float, lat: float, code: str) -> Station:
    return Station.objects.create(name=name, source_key=name, kind="kiosk", geom=cast.point(lon, lat), division_id=code)


def fetch(client, layer: str, z: int, lon: float = 105.65, lat: float = 37.5, **headers):
    return client.get("/tiles/{}/{}/{}/{}.mvt".format(layer, *address(lon, lat, z)), headers=headers)


def features(answer, part: str) -> list[dict]:
    return mapbox_vector_tile.decode(answer.content).get(part, {}).get("features", [])


@pytest.fixture
def county():
    cast.territory()
    station("西亭", 105.645, 37.499, cast.WEST_SOUTH)
    station("东亭", 105.655, 37.499, cast.EAST_SOUTH)


def test_county_officer_gets_both_towns_and_town_officer_the_own(client, county):
    client.force_login(cast.county_officer())
    assert {f["properties"]["name"] for f in features(fetch(client, "stations", 17, 105.645, 37.499), "stations")} == {"西亭"}
    assert len(features(fetch(client, "stations", 10), "stations")) == 2
    client.force_login(cast.west_officer())
    assert len(features(fetch(client, "stations", 10), "stations")) == 1
    assert features(fetch(client, "stations", 17, 105.655, 37.499), "stations") == []


def test_administrator_gets_no_tile(client, county):
    client.force_login(cast.auditor())
    assert fetch(client, "stations", 10).status_code == 404


def test_small_scale_counts_add_up_within_the_scope(client, county, monkeypatch):
    monkeypatch.setattr(tiles, "SPARSE_AT_MOST", 0)
    for i in range(30):
        station(f"西{i}", 105.601 + i * 0.001, 37.47, cast.WEST_SOUTH)
    for user, total in ((cast.county_officer(), 32), (cast.west_officer(), 31)):
        client.force_login(user)
        for z in range(9):
            cells = features(fetch(client, "stations", z), "stations_cells")
            assert sum(cell["properties"]["n"] for cell in cells) == total, z


def test_grid_counts_follow_every_change(county):
    counts = lambda: sum(GridCell.objects.filter(layer="stations").values_list("object_count", flat=True))  # noqa: E731
    assert counts() == 2
    moved = Station.objects.everywhere("test").get(name="西亭")
    before = set(GridCell.objects.values_list("cx", "cy"))
    moved.geom = cast.point(105.62, 37.53)
    moved.save()
    assert counts() == 2
    moved.geom = cast.point(101.0, 35.0)
    moved.save()
    assert counts() == 2 and set(GridCell.objects.values_list("cx", "cy")) != before
    moved.delete()
    assert counts() == 1
    assert not GridCell.objects.filter(object_count=0).exists()


def test_unchanged_tile_is_304_and_a_change_is_not(client, county):
    client.force_login(cast.county_officer())
    first = fetch(client, "stations", 12)
    assert fetch(client, "stations", 12, **{"if-none-match": first["ETag"]}).status_code == 304
    version = LayerVersion.objects.get(layer="stations").version
    station("新亭", 105.646, 37.499, cast.WEST_SOUTH)
    assert LayerVersion.objects.get(layer="stations").version == version + 1
    again = fetch(client, "stations", 12, **{"if-none-match": first["ETag"]})
    assert again.status_code == 200 and again["ETag"] != first["ETag"]


def test_one_towns_etag_is_not_the_others(client, county):
    client.force_login(cast.west_officer())
    tag = fetch(client, "stations", 10)["ETag"]
    client.force_login(cast.east_officer())
    answer = fetch(client, "stations", 10, **{"if-none-match": tag})
    assert answer.status_code == 200
    assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize("layer", list(registry), ids=lambda layer: layer.name)
@pytest.mark.parametrize("z", [9, 12, 15])
def test_every_layer_draws_its_tile_in_one_query(layer, z, county):
    with CaptureQueriesContext(connection) as asked:
        drawn = tiles.draw(layer, tiles.TileAddress(*address(105.65, 37.5, z)), cast.COUNTY)
    assert len(asked) == 1
    assert isinstance(drawn.body, bytes)


def test_base_tile_shows_own_territory_and_what_it_lies_in(client, county):
    client.force_login(cast.west_officer())
    decoded = mapbox_vector_tile.decode(client.get("/tiles/base/{}/{}/{}.mvt".format(*address(105.65, 37.5, 12))).content)
    codes = {f["properties"]["code"] for f in decoded["divisions"]["features"]}
    assert cast.WEST in codes and cast.COUNTY in codes and cast.EAST not in codes


def test_area_has_an_outline_and_a_mark_with_its_class(client, county):
    compound = cast.west_compound(kind="old")
    client.force_login(cast.county_officer())
    answer = fetch(client, "compounds", 15, 105.62, 37.48)
    outline, mark = features(answer, "compounds"), features(answer, "compounds_marks")
    assert [f["id"] for f in outline] == [f["id"] for f in mark] == [compound.pk]
    assert mark[0]["properties"] == {"k": "old", "name": "西苑小区"}
    assert features(fetch(client, "compounds", 9, 105.62, 37.48), "compounds") == []


def test_since_leaves_out_older_incidents(client, county):
    for key, moment in (("a", "2026-01-31T15:59:00Z"), ("b", "2026-01-31T16:01:00Z")):
        Incident.objects.create(
            category="theft", source_key=key, occurred_at=moment, geom=cast.point(105.62, 37.48), division_id=cast.WEST_SOUTH
        )
    client.force_login(cast.county_officer())
    path = "/tiles/incidents/{}/{}/{}.mvt".format(*address(105.62, 37.48, 14))
    assert len(features(client.get(path), "incidents")) == 2
    assert len(features(client.get(path + "?since=2026-02-01"), "incidents")) == 1, "a day begins at midnight in Shanghai"
    assert client.get(path + "?since=2026-02-31").status_code == 404
    small = client.get("/tiles/incidents/{}/{}/{}.mvt?since=2026-02-01".format(*address(105.62, 37.48, 5)))
    assert [cell["properties"]["n"] for cell in features(small, "incidents_cells")] == [1]


@pytest.mark.parametrize("path", ["stations/3/9/9", "stations/19/1/1", "nothing/3/1/1", "base/2/4/0"])
def test_tile_that_cannot_exist_is_404(client, county, path):
    client.force_login(cast.county_officer())
    assert client.get(f"/tiles/{path}.mvt").status_code == 404


def test_tile_is_packed_only_for_who_can_unpack(client, county):
    Premises.objects.bulk_create(
        Premises(name=f"店{i}", source_key=str(i), kind="catering", geom=cast.point(105.62 + i / 1e5, 37.48), division_id=cast.WEST_SOUTH)
        for i in range(200)
    )
    client.force_login(cast.county_officer())
    packed = fetch(client, "premises", 14, 105.62, 37.48, **{"accept-encoding": "gzip, br"})
    plain = fetch(client, "premises", 14, 105.62, 37.48)
    assert packed["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain
    assert len(packed.content) < len(plain.content)
