"""GDAL's own client on the served demo county: the layers of a county officer and of a town officer, counted against the database."""
import json
import os
import shutil
import subprocess

import pytest

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not shutil.which("ogrinfo"), reason="ogrinfo (Debian package gdal-bin) is not installed"),
]

TABLES = {
    "zones": "zones_rectificationzone", "compounds": "geo_compound", "courtyards": "geo_courtyard", "stations": "geo_station",
    "premises": "geo_premises", "incidents": "geo_incident", "graded_compounds": "zones_gradedcompound",
    "campaign_candidates": "zones_candidate", "facilities": "geo_publicfacility", "beats": "patrol_beat", "issues": "zones_issue",
    "inspections": "zones_inspectedplace",
}  # fmt: skip
TERRITORY = {"county": "640521", "town_shikong": "640521102"}


@pytest.fixture(scope="module")
def keys() -> dict[str, str]:
    return {}


@pytest.fixture
def gdal(visit, demo_server, keys):
    """`gdal("county", "ogrinfo", …)`: the command with a key that the account has made on its page; fails on any warning."""

    def run(account: str, *command: str, warns: bool = False) -> str:
        if account not in keys:
            page = visit("/account/keys/", account=account)
            page.fill("#label", "测试 GDAL")
            page.get_by_role("button", name="生成").click()
            keys[account] = page.locator(".secret dd code").nth(1).inner_text()
        environment = {**os.environ, "GDAL_HTTP_USERPWD": f"{account}:{keys[account]}", "GDAL_DATA": "/usr/share/gdal"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        assert warns or not done.stderr.strip(), done.stderr
        return done.stdout

    run.address = f"WFS:{demo_server.base_url}/ogc/wfs"
    return run


def count(text: str) -> int:
    return int(text.split("Feature Count: ")[1].split()[0])


@pytest.mark.parametrize("account", TERRITORY)
def test_every_layer_has_the_databases_count(gdal, ask, account):
    told = gdal(account, "ogrinfo", "-ro", gdal.address)
    assert {line.split("siwu:")[1].split()[0] for line in told.splitlines() if "siwu:" in line} == set(TABLES)
    for layer, table in TABLES.items():
        [(expected,)] = ask("SELECT count(*) FROM {table} WHERE starts_with(division_id, %s)", TERRITORY[account], table=table)
        assert count(gdal(account, "ogrinfo", "-ro", "-so", gdal.address, f"siwu:{layer}")) == expected > 0, layer


def test_filters_by_attribute_and_by_place(gdal, ask):
    [(expected,)] = ask("SELECT count(*) FROM geo_station WHERE kind = 'kiosk'")
    assert count(gdal("county", "ogrinfo", "-ro", "-so", "-where", "kind = 'kiosk'", gdal.address, "siwu:stations")) == expected > 0
    box = (105.55, 37.45, 105.70, 37.55)
    [(expected,)] = ask("SELECT count(*) FROM geo_premises WHERE geom && ST_MakeEnvelope(%s, %s, %s, %s, 4326)", *box)
    assert count(gdal("county", "ogrinfo", "-ro", "-so", "-spat", *map(str, box), gdal.address, "siwu:premises")) == expected > 0


def test_a_geopackage_is_written_page_by_page_with_the_same_places(gdal, ask, tmp_path):
    target = str(tmp_path / "siwu.gpkg")
    # 8,000 incidents in pages of 700: each once.
    paged = ["--config", "OGR_WFS_PAGING_ALLOWED", "ON", "--config", "OGR_WFS_PAGE_SIZE", "700"]
    gdal("county", "ogr2ogr", *paged, "-f", "GPKG", target, gdal.address, "siwu:incidents")
    gdal("county", "ogr2ogr", "-f", "GPKG", "-update", target, gdal.address, "siwu:stations")
    wanted = ask("SELECT source_key, ST_X(geom), ST_Y(geom) FROM geo_incident ORDER BY source_key")
    as_json = ["ogr2ogr", "-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=15", "/vsistdout/"]
    found = json.loads(gdal("county", *as_json, target, "siwu:incidents"))
    places = sorted((each["properties"]["source_key"], *each["geometry"]["coordinates"]) for each in found["features"])
    assert [row[0] for row in places] == [row[0] for row in wanted]
    assert max(abs(a - b) for got, want in zip(places, wanted, strict=True) for a, b in zip(got[1:], want[1:], strict=True)) < 1e-9
    told = gdal("county", "ogrinfo", "-ro", "-al", "-so", target, "siwu:stations")
    assert "kind: String" in told and "division_code: String" in told


def test_types_come_from_the_schema(gdal):
    told = gdal("county", "ogrinfo", "-ro", "-so", gdal.address, "siwu:compounds")
    assert "household_count: Integer" in told and "fire_checked_on: Date" in told and "division_code: String" in told
    assert "has_fence: Integer(Boolean)" in told


def test_a_town_officer_cannot_ask_for_the_other_towns_rows(gdal, ask):
    [(foreign,)] = ask("SELECT id FROM geo_station WHERE NOT starts_with(division_id, '640521102') ORDER BY id LIMIT 1")
    for where in (f"gml_id = 'stations.{foreign}'", "division_code = '640521100001'"):
        assert count(gdal("town_shikong", "ogrinfo", "-ro", "-so", "-where", where, gdal.address, "siwu:stations")) == 0
