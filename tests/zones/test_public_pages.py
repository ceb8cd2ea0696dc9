import base64
import csv
import hashlib
import io
import json
import re

import pytest
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse

from geo.models import Incident
from tests import cast
from tests.zones import rounding as r
from tests.zones.conftest import CHECKED, NOW, PERIOD
from zones import downloads
from zones.models import Publication, PublishedGrade


@pytest.fixture
def published(rated, officer):
    return r.publish()


@pytest.fixture
def addresses(published, west):
    return [
        reverse("home"),
        reverse("public_compound", args=[west.public_id]),
        reverse("public_criteria", args=["1.0"]),
        reverse("public_data", args=[PERIOD, "geojson"]),
        reverse("public_data", args=[PERIOD, "csv"]),
        reverse("public_points", args=[PERIOD]),
        reverse("public_outlines"),
        reverse("public_map_file", args=[PERIOD]),
    ]


def text(response) -> str:
    return response.content.decode()


def test_the_style_in_the_page_is_the_one_that_its_policy_names(client, published):
    answer = client.get("/")
    [style] = re.findall("<style>(.*?)</style>", text(answer), re.S)
    named = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{named}'" in answer["Content-Security-Policy"]


def test_every_public_page_answers_without_an_account_and_sets_no_cookie(client, addresses):
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        assert not response.cookies, address
        assert client.post(address).status_code == 405, address


def test_before_the_first_publication_the_page_says_so(client, county):
    assert "还没有公布过" in text(client.get("/"))
    assert client.get(reverse("public_data", args=[PERIOD, "csv"])).status_code == 404


def test_the_page_names_period_window_criteria_unit_and_labels(client, published):
    page = text(client.get("/"))
    labels = ("标准为本系统默认，非上级规定", "示意图，非法定界线", "查看标准 1.0")
    for words in (*labels, "2026年7月1日至2026年9月30日", "2025年10月1日至", "中宁县公安局"):
        assert words in page
    assert "演示数据（虚构）" not in page


def test_invented_data_are_labelled(client, rated, officer):
    r.publish()
    Publication.objects.update(is_invented=True)
    assert "演示数据（虚构）" in text(client.get("/"))


def test_a_compound_page_says_why_in_sentences(client, published, west):
    page = text(client.get(reverse("public_compound", args=[west.public_id])))
    assert "<strong>盗窃</strong> 12个月5～9起，折算每百户达到红线2.0。" in page
    assert "<strong>火灾</strong> 12个月0起，折算每百户低于黄线0.3。" in page
    assert "未达到四无" in page
    assert "6起" not in page


def test_no_published_byte_holds_what_is_not_public(client, addresses, west):
    """The exact count, the households, the internal keys and the exact outline stay inside."""
    for address in addresses:
        page = text(client.get(address))
        for secret in ("6.0", "100户", west.source_key, "household", "incident-", f"/ratings/{west.pk}"):
            assert secret not in page, (address, secret)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"西苑小区", "东苑小区"}),
        ("?grade=red", {"西苑小区"}),
        (f"?town={cast.EAST}", {"东苑小区"}),
        ("?q=西苑", {"西苑小区"}),
        ("?q=%25", set()),
        ("?q=%00西苑", {"西苑小区"}),
        ("?grade=purple&town=x&page=99", {"西苑小区", "东苑小区"}),
        ("?grade=red&q=东苑", set()),
    ],
)
def test_the_list_is_filtered_without_javascript(client, published, query, found):
    page = text(client.get(f"/{query}"))
    assert {name for name in ("西苑小区", "东苑小区") if f">{name}</a>" in page} == found


@pytest.mark.parametrize(
    "address",
    ["/?period=2026Q2", "/?period=x", "/?period=2026Q3&number=7", "/criteria/9/", "/data/2026Q2.csv", "/data/2026Q3.exe",
     "/data/2026Q3.csv?number=x", "/compounds/6f1ed002-ab59-4f3b-8a4e-111111111111/", "/compounds/1/"],
)  # fmt: skip
def test_what_was_not_published_is_not_found(client, published, address):
    assert client.get(address).status_code == 404


def test_a_correction_is_shown_as_one_and_the_old_version_stays_readable(client, published, officer, west):
    Incident.objects.everywhere("test").filter(compound=west).delete()
    r.reopen()
    r.publish(now=NOW + 21 * r.DAY)
    page = text(client.get("/"))
    assert "本期第2次公布，是更正。" in page
    assert "警情误录" in page
    old = text(client.get(f"/?period={PERIOD}&number=1"))
    assert "已被更正取代的旧版本" in old
    compound = text(client.get(reverse("public_compound", args=[west.public_id])))
    assert "更正前" in compound
    assert "警情误录" in compound
    rows = {number: client.get(f"/data/{PERIOD}.geojson?number={number}").json() for number in (1, 2)}
    colours = {number: {f["properties"]["name"]: f["properties"]["colour"] for f in data["features"]} for number, data in rows.items()}
    assert (colours[1]["西苑小区"], colours[2]["西苑小区"]) == ("red", "green")
    assert rows[1]["publication"]["sha256"] != rows[2]["publication"]["sha256"]


def test_history_runs_over_periods(client, published, officer, west):
    r.publish("2026Q2")
    page = text(client.get(reverse("public_compound", args=[west.public_id])))
    assert page.index("2026Q3</a>") < page.index("2026Q2</a>")
    assert "2026Q3 小区等级公示" in text(client.get("/"))
    assert "2026Q2 小区等级公示" in text(client.get("/?period=2026Q2"))


def test_data_answers_not_modified_until_it_changes(client, published):
    for address in (f"/data/{PERIOD}.geojson", f"/data/{PERIOD}.csv", f"/data/{PERIOD}/points.geojson", "/data/outlines.geojson"):
        etag = client.get(address).headers["ETag"]
        again = client.get(address, headers={"if-none-match": etag})
        assert (again.status_code, again.content) == (304, b"")


def test_csv_opens_as_text_and_runs_nothing(client, county, officer):
    cast.compound("=HYPERLINK(1)", 105.61, 37.48, cast.WEST_SOUTH, **CHECKED)
    r.publish()
    body = client.get(f"/data/{PERIOD}.csv").content
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert rows[1][1] == " =HYPERLINK(1)"
    assert len(rows[0]) == len(rows[1]) == 12


def test_a_name_is_never_markup(client, county, officer):
    evil = cast.compound("</script><img src=x onerror=alert(1)>", 105.61, 37.48, cast.WEST_SOUTH, **CHECKED)
    r.publish()
    for address in ("/", reverse("public_compound", args=[evil.public_id]), f"/data/{PERIOD}.html"):
        assert "<img" not in text(client.get(address))


def test_the_home_page_is_small_for_a_whole_county(client, county, officer, django_assert_max_num_queries):
    for i in range(400):
        cast.compound(f"第{i:03}号居民小区", 105.61, 37.48, cast.WEST_SOUTH, **CHECKED)
    r.publish()
    with django_assert_max_num_queries(12):
        page = client.get("/")
    points = client.get(f"/data/{PERIOD}/points.geojson")
    assert len(json.loads(points.content)["features"]) == 400
    assert len(page.content) + len(points.content) + len(client.get("/data/outlines.geojson").content) < 200_000


def test_the_language_is_the_readers_choice(client, published):
    client.cookies["django_language"] = "en"
    assert '<html lang="en">' in text(client.get("/"))


def test_published_rows_are_never_touched_by_a_new_computation(published, west):
    before = list(PublishedGrade.objects.values_list("pk", "colour", "reasons"))
    Incident.objects.everywhere("test").filter(compound=west).delete()
    r.reopen()
    call_command("rate", period=PERIOD)
    assert list(PublishedGrade.objects.values_list("pk", "colour", "reasons")) == before
    assert Publication.objects.count() == 1


def test_a_large_publication_is_written_as_it_is_read_and_is_the_same_file(client, published, monkeypatch):
    addresses = [f"/data/{PERIOD}{ending}" for ending in (".geojson", ".csv", "/points.geojson")]
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    whole = [client.get(address).content for address in addresses]
    monkeypatch.setattr(downloads, "WHOLE_UP_TO", 1)
    monkeypatch.setattr(downloads, "BLOCK_CHARACTERS", 100)
    for address, before in zip(addresses, whole, strict=True):
        flowing = client.get(f"{address}?again=1")
        blocks = list(flowing.streaming_content)
        assert b"".join(blocks) == before and len(blocks) > 3 and len(blocks[0]) < 1000
        again = client.get(f"{address}?again=1", headers={"if-none-match": flowing.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert "Grade" in whole[1].decode().splitlines()[0]
