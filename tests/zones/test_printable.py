"""The printable map, opened in a browser without a network."""
import os
import re
from pathlib import Path

import numpy as np
import pytest
import shapely
from django.core.management import CommandError, call_command
from django.utils import translation
from playwright.sync_api import sync_playwright

from tests import cast
from tests.zones import rounding as r
from tests.zones.conftest import CHECKED, PERIOD
from zones import published
from zones.maps import UnknownAddress, free_spot, localise, printable
from zones.models import Publication

CHROMIUM = os.environ.get("SIWU_CHROMIUM", "/usr/bin/chromium")
EVIL = "</script><img src=x onerror=\"document.title='run'\">"


@pytest.fixture
def file(rated, officer, tmp_path) -> Path:
    cast.compound(EVIL, 105.63, 37.49, cast.WEST_SOUTH, **CHECKED)
    r.publish()
    Publication.objects.update(is_invented=True)
    call_command("print_map", PERIOD, output=tmp_path / "map.html")
    return tmp_path / "map.html"


@pytest.fixture
def page():
    if not Path(CHROMIUM).exists():
        pytest.skip("no Chromium")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"])
        yield browser.new_context(offline=True, viewport={"width": 1440, "height": 900}).new_page()
        browser.close()


@pytest.mark.browser
def test_the_file_opens_without_a_network_and_draws_every_compound(file, page):
    asked, troubles = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda message: troubles.append(message.text))
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-drawn='3']")
    assert asked == [file.as_uri()]
    assert troubles == []
    labels = ("演示数据（虚构）", "示意图，非法定界线", "标准为本系统默认，非上级规定")
    for words in (*labels, "2026Q3 小区等级图", "中宁县公安局", "共3个小区", "东镇"):
        assert words in page.inner_text("body"), words
    assert {shape.get_attribute("fill") for shape in page.query_selector_all(".folium-map .grade svg g")} == {"#b3261e", "#2e7d4f"}
    assert page.query_selector(".leaflet-control-attribution") is None


@pytest.mark.browser
def test_a_popup_says_why_and_a_name_is_never_markup(file, page):
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-drawn='3']")
    page.locator(".grade[title='西苑小区']").click()
    assert "盗窃：12个月5～9起，折算每百户达到红线2.0。" in page.inner_text(".leaflet-popup-content")
    page.keyboard.press("Escape")
    page.locator(".grade[title*='onerror']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-popup-content strong:has-text('onerror')")
    assert page.title() != "run"
    assert page.query_selector("img[src=x]") is None


@pytest.mark.browser
@pytest.mark.parametrize(("paper", "width", "height"), [("a4", 595, 842), ("a3", 842, 1191)])
def test_it_prints_on_the_chosen_paper(file, page, tmp_path, paper, width, height):
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-drawn='3']")
    page.add_init_script("window.print = () => {}")
    page.reload()
    page.wait_for_selector("body[data-drawn='3']")
    page.click(f"[data-paper={paper}]")
    document = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", document)
    assert [(round(float(w)), round(float(h))) for w, h in boxes] == [(width, height)] * 2, "the map on one sheet, the towns on the next"


def test_the_same_publication_gives_the_same_bytes(file):
    assert printable(published.find(PERIOD)) == file.read_text("utf-8")


def test_the_file_speaks_the_readers_language_and_says_so(file):
    with translation.override("en"):
        assert '<html lang="en">' in printable(published.find(PERIOD))


def test_an_address_that_is_not_ours_is_an_error():
    with pytest.raises(UnknownAddress, match="cdn"):
        localise('<script src="https://cdn.example/leaflet.js"></script>')
    with pytest.raises(UnknownAddress, match="cdn"):
        localise('<link rel="stylesheet" href="https://cdn.example/leaflet.css"/>')


def test_the_download_is_a_file_whose_scripts_never_run_as_ours(file, client):
    response = client.get(f"/data/{PERIOD}.html")
    assert response.headers["Content-Disposition"] == 'attachment; filename="siwu-2026Q3-1.html"'
    assert response.headers["Content-Security-Policy"].startswith("sandbox")


def test_print_map_refuses_what_it_cannot_do(county, rated, officer, tmp_path):
    with pytest.raises(CommandError, match="还没有公布"):
        call_command("print_map", PERIOD, output=tmp_path / "x.html")
    r.publish()
    with pytest.raises(CommandError):
        call_command("print_map", PERIOD, output=tmp_path / "no/such/folder/x.html")


def test_a_towns_name_stands_where_no_mark_is():
    outline = shapely.box(105.0, 37.0, 105.4, 37.4)
    left_half = np.array([(x, y) for x in np.linspace(105.02, 105.2, 8) for y in np.linspace(37.02, 37.38, 8)])
    spot = free_spot(outline, left_half)
    assert outline.contains(spot) and spot.x > 105.25
    everywhere_else = np.array([(104.0, 36.0)])
    assert outline.centroid.distance(free_spot(outline, everywhere_else)) < 0.02
