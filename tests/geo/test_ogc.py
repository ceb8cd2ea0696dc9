"""WFS: every layer as the reader may see it, and nothing of another territory in any answer."""
import base64
import json
import re

import pytest
from django.utils import timezone

from geo import access_keys, ogc
from geo.models import Premises, Station, SurveillancePoint
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
