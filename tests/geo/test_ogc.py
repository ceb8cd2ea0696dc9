"""WFS: every layer as the reader may see it, and nothing of another territory in any answer."""
import base64
import json
import math
import re
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from geo import access_keys, ogc
from geo.models import Station, SurveillancePoint
from tests import cast

WFS = "/ogc/wfs"


def station(name: str, lon: float, lat: float, code: str, **fields) -> Station:
    return Station.objects.create(name=name, source_key=name, kind="kiosk", geom=cast.point(lon, lat), division_id=code, **fields)


@pytest.fixture
def county(db):
    cast.territory()
    cast.west_compound()
    cast.east_compound()
    for i in range(1, 6):
        station(f"西岗{i}", 105.60 + i / 100, 37.48, cast.WEST_SOUTH, unit="西所")
    station("东岗-金丝雀", 105.68, 37.48, cast.EAST_SOUTH, unit="东所")
    SurveillancePoint.objects.create(name="西监控", source_key="cam", geom=cast.point(105.62, 37.47), division_id=cast.WEST_SOUTH)


@pytest.fixture
def ask(client, county):
    """Asks the service as an account, by a key of its own: `ask(user, "GetFeature", typenames=…)`."""

    def ask(user, request: str, **parameters):
        _key, text = access_keys.make(by=user, label="test", days=30, now=timezone.now())
        query = {"SERVICE": "WFS", "VERSION": "2.0.0", "REQUEST": request, **parameters}
        answer = client.get(WFS, query, headers={"authorization": basic(user.username, text)})
        answer.text_of = b"".join(answer.streaming_content).decode() if answer.streaming else answer.content.decode()
        return answer

    return ask


def basic(username: str, text: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{text}".encode()).decode()


def names(answer) -> list[str]:
    return re.findall(r"<siwu:name>(.*?)</siwu:name>", answer.text_of)


def test_town_officer_gets_the_own_towns_features_as_gml_and_geojson(ask):
    west = cast.west_officer()
    answer = ask(west, "GetFeature", typenames="siwu:stations")
    assert answer.status_code == 200
    assert names(answer) == [f"西岗{i}" for i in range(1, 6)]
    assert 'numberMatched="5" numberReturned="5"' in answer.text_of
    found = json.loads(ask(west, "GetFeature", typenames="stations", outputformat="geojson").text_of)
    assert [each["properties"]["name"] for each in found["features"]] == names(answer)
    assert found["features"][0]["geometry"]["coordinates"] == [105.61, 37.48]
    assert (found["numberMatched"], found["numberReturned"]) == (5, 5)
    assert found["features"][0]["properties"]["division_code"] == cast.WEST_SOUTH


FOREIGN = ("东岗", "东苑", "东所", "东镇", "东南社区", cast.EAST)
# Every way of asking that names, counts, filters, sorts or measures.
QUESTIONS = [
    ("GetCapabilities", {}),
    ("DescribeFeatureType", {}),
    ("ListStoredQueries", {}),
    ("DescribeStoredQueries", {}),
    ("GetFeature", {"typenames": "siwu:stations"}),
    ("GetFeature", {"typenames": "siwu:compounds"}),
    ("GetFeature", {"typenames": "siwu:stations", "outputformat": "geojson"}),
    ("GetFeature", {"typenames": "siwu:stations", "resulttype": "hits"}),
    ("GetFeature", {"typenames": "siwu:stations", "bbox": "37.4,105.65,37.6,105.8"}),
    ("GetFeature", {"typenames": "siwu:stations", "filter": "{equal}"}),
    ("GetFeature", {"typenames": "siwu:stations", "filter": "{like}"}),
    ("GetFeature", {"typenames": "siwu:stations", "filter": "{not}"}),
    ("GetFeature", {"typenames": "siwu:stations", "filter": "{division}"}),
    ("GetFeature", {"typenames": "siwu:stations", "resourceid": "stations.{pk}"}),
    ("GetFeature", {"STOREDQUERY_ID": "urn:ogc:def:query:OGC-WFS::GetFeatureById", "ID": "stations.{pk}"}),
    ("GetFeature", {"typenames": "siwu:stations", "sortby": "name DESC", "count": "1"}),
    ("GetFeature", {"typenames": "siwu:stations", "startindex": "5", "count": "5"}),
    ("GetPropertyValue", {"typenames": "siwu:stations", "valuereference": "name"}),
    ("GetPropertyValue", {"typenames": "siwu:stations", "valuereference": "unit", "filter": "{not}"}),
    ("GetPropertyValue", {"STOREDQUERY_ID": "urn:ogc:def:query:OGC-WFS::GetFeatureById", "ID": "stations.{pk}", "valuereference": "name"}),
]
FES = '<fes:Filter xmlns:fes="http://www.opengis.net/fes/2.0" xmlns:siwu="urn:siwu:wfs">{}</fes:Filter>'
EQUAL = FES.format(
    "<fes:PropertyIsEqualTo><fes:ValueReference>{}</fes:ValueReference><fes:Literal>{}</fes:Literal></fes:PropertyIsEqualTo>"
)
LIKE = FES.format(
    '<fes:PropertyIsLike wildCard="*" singleChar="?" escapeChar="!">'
    "<fes:ValueReference>{}</fes:ValueReference><fes:Literal>{}</fes:Literal></fes:PropertyIsLike>"
)
NOT = FES.format(
    "<fes:Not><fes:PropertyIsEqualTo><fes:ValueReference>name</fes:ValueReference><fes:Literal>x</fes:Literal></fes:PropertyIsEqualTo></fes:Not>"
)


def filled(parameters: dict, pk: int) -> dict:
    """`{equal}` and its like stand for whole filters that look for what lies in the other town."""
    filters = {
        "{equal}": EQUAL.format("name", "东岗-金丝雀"), "{like}": LIKE.format("unit", "东*"), "{not}": NOT,
        "{division}": EQUAL.format("division_code", cast.EAST_SOUTH),
    }  # fmt: skip
    return {name: filters.get(value, value.replace("{pk}", str(pk))) for name, value in parameters.items()}


def without_own_words(answer, asked: dict) -> str:
    """What the answer tells beyond the time and the words of the question."""
    told = re.sub(r'timeStamp"?[=:]"[^"]*"', "", answer.text_of)
    for value in asked.values():
        if len(value) > 5:
            told = told.replace(value, "").replace(escape(value), "").replace(quote_plus(value), "")
    return told


@pytest.mark.parametrize(("request_name", "parameters"), QUESTIONS)
def test_no_answer_says_anything_of_the_other_town(ask, request_name, parameters):
    canary = Station.objects.everywhere("test").get(name="东岗-金丝雀")
    asked = filled(parameters, canary.pk)
    answer = ask(cast.west_officer(), request_name, **asked)
    told = without_own_words(answer, asked)
    assert not [word for word in FOREIGN if word in told]
    assert "105.68" not in told and "金丝雀" not in told
    before = (answer.status_code, told)
    # The other town's rows change nothing at all in the answer.
    station("东岗-又一个", 105.69, 37.49, cast.EAST_SOUTH, unit="东所")
    Station.objects.everywhere("test").filter(pk=canary.pk).delete()
    again = ask(cast.user("west2", "town_officer", cast.WEST), request_name, **asked)
    assert (again.status_code, without_own_words(again, asked)) == before


def test_county_officer_gets_both_towns(ask):
    assert len(names(ask(cast.county_officer(), "GetFeature", typenames="siwu:stations"))) == 6


def test_a_reader_that_goes_away_early_leaves_no_open_transaction(client, county):
    """The connection would belong to the thread for good, and every later request on it fail."""
    user, before = cast.west_officer(), len(connection.savepoint_ids)
    for i in range(2000):
        station(f"多{i}", 105.60 + i / 100_000, 37.481, cast.WEST_SOUTH)
    _key, text = access_keys.make(by=user, label="test", days=30, now=timezone.now())
    query = {"SERVICE": "WFS", "VERSION": "2.0.0", "REQUEST": "GetFeature", "typenames": "siwu:stations"}
    answer = client.get(WFS, query, headers={"authorization": basic(user.username, text)})
    next(iter(answer.streaming_content))
    assert len(connection.savepoint_ids) == before + 1
    held = answer.streaming_content  # as a server keeps it
    answer.close()
    assert len(connection.savepoint_ids) == before and held is not None


def test_capabilities_name_every_layer_but_the_surveillance_points(ask):
    told = ask(cast.west_officer(), "GetCapabilities").text_of
    assert re.findall(r"<Name>siwu:(\w+)</Name>", told) == [layer.name for layer in ogc.served_layers()]
    assert "surveillance" not in told and "siwu:zones" in told
    assert told.count("<ows:LowerCorner>105.6 37.46</ows:LowerCorner>") == told.count("<ows:UpperCorner>105.65 37.54</ows:UpperCorner>") > 4
    for crs in ("4326", "4490", "3857"):
        assert f"urn:ogc:def:crs:EPSG::{crs}" in told


def test_surveillance_points_answer_like_a_layer_that_does_not_exist(ask):
    user = cast.county_officer()
    answers = [ask(user, "GetFeature", typenames=f"siwu:{name}") for name in ("surveillance", "xxxxxxxxxxxx")]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].text_of.replace("surveillance", "xxxxxxxxxxxx") == answers[1].text_of
    assert "没有这个图层或对象" in answers[0].text_of


@pytest.mark.parametrize(
    ("srs", "first", "second"),
    [
        ("urn:ogc:def:crs:EPSG::4326", 37.48, 105.61),
        ("EPSG:4326", 105.61, 37.48),
        ("urn:ogc:def:crs:EPSG::4490", 37.48, 105.61),
        ("urn:ogc:def:crs:EPSG::3857", 6378137 * math.radians(105.61), 6378137 * math.asinh(math.tan(math.radians(37.48)))),
    ],
)
def test_axes_come_in_the_order_of_the_reference_system(ask, srs, first, second):
    told = ask(cast.west_officer(), "GetFeature", typenames="siwu:stations", srsname=srs, count=1).text_of
    x, y = map(float, re.search(r"<gml:pos[^>]*>(\S+) (\S+)</gml:pos>", told).groups())
    assert (x, y) == pytest.approx((first, second), abs=1e-6 if first < 1000 else 0.01)


def test_a_bbox_holds_in_both_orders_of_axes(ask):
    west = cast.west_officer()
    for box in ("37.47,105.605,37.49,105.635,urn:ogc:def:crs:EPSG::4326", "105.605,37.47,105.635,37.49,EPSG:4326"):
        assert names(ask(west, "GetFeature", typenames="siwu:stations", bbox=box)) == ["西岗1", "西岗2", "西岗3"], box


ENVELOPE = FES.format(
    '<fes:BBOX><fes:ValueReference>geom</fes:ValueReference><gml:Envelope xmlns:gml="http://www.opengis.net/gml/3.2"{}>'
    "<gml:lowerCorner>{}</gml:lowerCorner><gml:upperCorner>{}</gml:upperCorner></gml:Envelope></fes:BBOX>"
)


@pytest.mark.parametrize(
    "box",
    [
        ("", "37.47 105.605", "37.49 105.635"),
        (' srsName="urn:ogc:def:crs:EPSG::4326"', "37.47 105.605", "37.49 105.635"),
        (' srsName="urn:ogc:def:crs:EPSG::4490"', "37.47 105.605", "37.49 105.635"),
        (' srsName="urn:ogc:def:crs:EPSG::3857"', "11755800 4504000", "11759600 4508000"),
    ],
    ids=["GDAL", "4326", "4490", "3857"],
)
def test_a_filter_by_envelope_holds_with_and_without_its_reference_system(ask, box):
    filtered = ENVELOPE.format(*box)
    west = cast.west_officer()
    assert names(ask(west, "GetFeature", typenames="siwu:stations", filter=filtered)) == ["西岗1", "西岗2", "西岗3"]


NAMED = "<fes:PropertyIsEqualTo><fes:ValueReference>name</fes:ValueReference><fes:Literal>西岗5</fes:Literal></fes:PropertyIsEqualTo>"
BOX = {"bbox": "37.47,105.605,37.49,105.635,urn:ogc:def:crs:EPSG::4326"}


@pytest.mark.parametrize("parameters", [BOX, {"filter": ENVELOPE.format("", "37.47 105.605", "37.49 105.635")}], ids=["bbox", "filter"])
def test_a_rectangle_goes_through_the_spatial_index(ask, parameters):
    west = cast.west_officer()
    with CaptureQueriesContext(connection) as asked:
        answer = ask(west, "GetFeature", typenames="siwu:stations", outputformat="geojson", **parameters)
    assert len(json.loads(answer.text_of)["features"]) == 3
    on_layer = [each["sql"] for each in asked if '"geo_station"' in each["sql"]]
    assert on_layer and all('"geom_3857" && ' in statement for statement in on_layer)


@pytest.mark.parametrize("world", ["-90,-180,90,180", "-91,-200,91,200", "-85,-180,85,180"])
def test_the_whole_world_holds_every_row(ask, world):
    answer = ask(cast.west_officer(), "GetFeature", typenames="siwu:stations", bbox=f"{world},urn:ogc:def:crs:EPSG::4326")
    assert len(names(answer)) == 5


def test_a_rectangle_below_a_not_or_an_or_is_no_bound(ask):
    inside = ENVELOPE.format("", "37.47 105.605", "37.49 105.635").removeprefix(FES.split("{}")[0]).removesuffix("</fes:Filter>")
    west = cast.west_officer()
    outside, either = f"<fes:Not>{inside}</fes:Not>", f"<fes:Or>{inside}{NAMED}</fes:Or>"
    for form, expected in ((outside, ["西岗4", "西岗5"]), (either, ["西岗1", "西岗2", "西岗3", "西岗5"])):
        assert names(ask(west, "GetFeature", typenames="siwu:stations", filter=FES.format(form))) == expected


@pytest.mark.parametrize("order", [{}, {"sortby": "unit"}, {"sortby": "name"}])
def test_pages_neither_repeat_nor_lose_a_feature(ask, order):
    west, seen = cast.west_officer(), []
    for start in (0, 2, 4):
        answer = ask(west, "GetFeature", typenames="siwu:stations", startindex=start, count=2, **order)
        seen += names(answer)
        assert f'numberMatched="5" numberReturned="{min(2, 5 - start)}"' in answer.text_of
        assert ("next=" in answer.text_of) == (start < 4)
        assert len(names(answer)) == min(2, 5 - start)
    assert seen == [f"西岗{i}" for i in range(1, 6)]
    page = json.loads(ask(west, "GetFeature", typenames="siwu:stations", startindex=2, count=2, outputformat="geojson").text_of)
    assert (len(page["features"]), page["numberMatched"], page["numberReturned"]) == (2, 5, 2)
    assert 'numberMatched="5" numberReturned="0"' in ask(west, "GetFeature", typenames="siwu:stations", resulttype="hits").text_of
    assert names(ask(west, "GetFeature", typenames="siwu:stations", startindex=5, count=2, **order)) == []


def test_rows_before_a_page_are_passed_over_without_their_geometry(ask):
    west = cast.west_officer()
    with CaptureQueriesContext(connection) as asked:
        assert names(ask(west, "GetFeature", typenames="siwu:stations", startindex=3, count=2)) == ["西岗4", "西岗5"]
    [passing] = [one["sql"] for one in asked if "OFFSET" in one["sql"].upper()]
    assert "ST_As" not in passing


def test_an_answer_holds_no_more_than_the_setting_allows(ask, settings):
    settings.WFS_FEATURES_AT_MOST = 3
    west = cast.west_officer()
    for form in ("application/gml+xml; version=3.2", "geojson"):
        answer = ask(west, "GetFeature", typenames="siwu:stations", outputformat=form, count=1000)
        assert len(set(re.findall("西岗.", answer.text_of))) == 3, form


def test_filters_by_attribute(ask):
    west = cast.west_officer()
    assert names(ask(west, "GetFeature", typenames="siwu:stations", filter=EQUAL.format("name", "西岗4"))) == ["西岗4"]
    assert names(ask(west, "GetFeature", typenames="siwu:stations", filter=LIKE.format("siwu:name", "*岗2"))) == ["西岗2"]
    assert len(names(ask(west, "GetFeature", typenames="siwu:stations", filter=EQUAL.format("division_code", cast.WEST_SOUTH)))) == 5


DEEP = "<fes:Not>" * 3000 + "</fes:Not>" * 3000
_MULTI = "<gml:MultiGeometry><gml:geometryMember>{}</gml:geometryMember></gml:MultiGeometry>"
DEEP_SHAPE = (
    '<fes:Intersects xmlns:gml="http://www.opengis.net/gml/3.2"><fes:ValueReference>geom</fes:ValueReference>'
    + _MULTI.replace("{}", "<gml:Point><gml:pos>37 105</gml:pos></gml:Point>").join(part * 3000 for part in _MULTI.split("{}"))
    + "</fes:Intersects>"
)


@pytest.mark.parametrize(
    "parameters",
    [
        {"typenames": "siwu:nowhere"},
        {"typenames": "siwu:stations", "bbox": "1,2,3"},
        {"typenames": "siwu:stations", "bbox": "a,b,c,d"},
        {"typenames": "siwu:stations", "bbox": "0,0,nan,inf"},
        {"typenames": "siwu:stations", "srsname": "EPSG:999999"},
        {"typenames": "siwu:stations", "srsname": "http://127.0.0.1:1/evil"},
        {"typenames": "siwu:stations", "count": "-1"},
        {"typenames": "siwu:stations", "startindex": "99999999999999999999"},
        {"typenames": "siwu:stations", "count": "x"},
        {"typenames": "siwu:stations", "sortby": "no_such_field"},
        {"typenames": "siwu:stations", "propertyname": "password"},
        {"typenames": "siwu:stations", "filter": "<a"},
        {"typenames": "siwu:stations", "filter": FES.format(DEEP)},
        {"typenames": "siwu:stations", "filter": FES.format(DEEP_SHAPE)},
        {"typenames": "siwu:stations", "filter": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'},
        {"typenames": "siwu:stations", "filter": EQUAL.format("division/parent/name", "x")},
        {"typenames": "siwu:stations", "filter": EQUAL.format("batch__applied_by__password", "x")},
        {"typenames": "siwu:incidents", "filter": EQUAL.format("occurred_at", "not-a-date")},
        {"typenames": "siwu:compounds", "filter": EQUAL.format("household_count", "many")},
        {"typenames": "siwu:compounds", "filter": EQUAL.format("household_count", "99999999999999999999999")},
        {"typenames": "siwu:stations", "filter": EQUAL.format("name", "\x00")},
        {"typenames": "siwu:stations", "outputformat": "SHAPE-ZIP"},
        {"typenames": "siwu:stations", "resourceid": "stations.x'"},
        {"STOREDQUERY_ID": "urn:nothing", "ID": "1"},
    ],
)
def test_a_wrong_question_gets_a_reason_and_no_server_error(ask, parameters):
    answer = ask(cast.west_officer(), "GetFeature", **parameters)
    assert answer.status_code in {400, 404} or (answer.status_code == 200 and 'numberReturned="0"' in answer.text_of), answer.text_of
    if answer.status_code != 200:
        assert re.search(r"<ows:ExceptionText>.*[\u4e00-\u9fff]", answer.text_of), answer.text_of
    assert not re.search(r"SELECT|LINE 1|Traceback|/site-packages/|root:", answer.text_of)
