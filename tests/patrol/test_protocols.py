"""The formats of kept apps, as their clients send them."""

import base64
import json

import pytest
from django.test import Client
from django.utils import timezone

from patrol.models import Door, Fix, Patrol
from patrol.protocols import Malformed, osmand, owntracks, traccar
from tests import cast
from tests.patrol import squad

S = squad.BEGAN_MS // 1000


@pytest.fixture
def person(db, monkeypatch):
    cast.territory()
    monkeypatch.setattr(timezone, "now", lambda: squad.NOW)
    who = squad.member()
    squad.shift(squad.team(cast.WEST, who), who)
    return who


def app(person, door) -> str:
    return squad.phone(person, door=door, name="应用")[1]


def test_osmand_stores_a_position_once(person):
    url = f"/ingest/osmand/{app(person, Door.OSMAND)}?lat=37.49&lon=105.67&timestamp={S}&hdop=1.0&altitude=400&speed=1.2&bearing=90"
    client = Client()
    assert [client.get(url).status_code, client.get(url).status_code] == [200, 200]
    fix = Fix.objects.get()
    assert (fix.lon, fix.lat, fix.speed_ms, fix.heading_deg) == (105.67, 37.49, pytest.approx(1.2), 90)
    patrol = Patrol.objects.everywhere("test").get()
    assert patrol.shift is not None


def test_a_form_serves_as_well_and_knots_are_converted(person):
    token = squad.phone(person, door=Door.TRACCAR)[1]
    body = {"id": "x", "lat": "37.49", "lon": "105.67", "timestamp": str(S * 1000), "speed": "10"}
    assert Client().post(f"/ingest/traccar/{token}", json.dumps({}), content_type="application/json").status_code == 422
    assert Client().post(f"/ingest/osmand/{token}", body).status_code == 200
    assert Fix.objects.get().lat == 37.49
    assert osmand({k: [v] for k, v in body.items()}, now_ms=0, speed_unit="kn")[0][4] == pytest.approx(5.144, abs=0.001)


@pytest.mark.parametrize(
    "query", ["lat=NaN&lon=105", "lat=37.49&lat=35.0&lon=105", "lat=37&lon=905", "lat=x&lon=1", "lat=37&lon=105&timestamp=soon"]
)
def test_a_position_that_is_none_is_refused(person, query):
    assert Client().get(f"/ingest/osmand/{app(person, Door.OSMAND)}?{query}").status_code == 422
    assert not Fix.objects.exists()


def test_a_heartbeat_is_no_position(person):
    assert Client().get(f"/ingest/osmand/{app(person, Door.OSMAND)}?batt=71").status_code == 200
    assert not Fix.objects.exists()


def test_unknown_and_foreign_tokens_are_refused_alike(person):
    for token in ("nothing", app(person, Door.OWNTRACKS)):
        answer = Client().get(f"/ingest/osmand/{token}?lat=37.49&lon=105.67")
        assert (answer.status_code, answer.content) == (401, b"")


def location(**fields) -> dict:
    coords = {"latitude": 37.49, "longitude": 105.67, "accuracy": 6.5, "speed": -1, "heading": -1, "altitude": 1180}
    return {
        "location": {"timestamp": "2026-11-01T02:26:50.000Z", "coords": coords, "is_moving": True, "uuid": "u", **fields},
        "device_id": "4",
    }


def test_traccar_client_9(person):
    token = app(person, Door.TRACCAR)
    answer = Client().post(f"/ingest/traccar/{token}", location(), content_type="application/json")
    assert answer.status_code == 200
    fix = Fix.objects.get()
    assert (fix.lon, fix.accuracy_m, fix.speed_ms, fix.heading_deg, fix.flags) == (105.67, 6.5, None, None, 0)


def test_traccar_says_when_a_position_is_forged():
    assert traccar(json.dumps(location(mock=True)).encode())[0][7] == 1
    heartbeat = location()
    del heartbeat["location"]["coords"]
    assert traccar(json.dumps(heartbeat).encode()) == []


def test_owntracks_sample_is_one_row(person, shared):
    token = app(person, Door.OWNTRACKS)
    basic = {"Authorization": "Basic " + base64.b64encode(f"u:{token}".encode()).decode(), "X-Limit-U": "u", "X-Limit-D": "d"}
    body = (shared / "payloads/track/owntracks.json").read_bytes()
    for _time in range(2):
        answer = Client().post("/ingest/owntracks/", body, content_type="application/json", headers=basic)
        assert (answer.status_code, answer.json()) == (200, [])
    assert Fix.objects.get().speed_ms == pytest.approx(4 / 3.6)


def test_owntracks_nothing_and_other_messages(person):
    token = app(person, Door.OWNTRACKS)
    for body in (b"", b'{"_type": "lwt", "tst": 1}', b'{"_type": "status"}'):
        answer = Client().post(f"/ingest/owntracks/{token}", body, content_type="application/json")
        assert (answer.status_code, answer.json()) == (200, [])
    assert not Fix.objects.exists()


def test_owntracks_without_a_token_is_not_answered_with_success(person):
    assert Client().post("/ingest/owntracks/", b"{}", content_type="application/json").status_code == 401


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"_type": "location"}', b'{"_type":"location","tst":true,"lat":1,"lon":1}'])
def test_owntracks_nonsense(body):
    with pytest.raises(Malformed):
        owntracks(body)


def test_times_of_all_kinds():
    def at(text):
        return osmand({"lat": ["1"], "lon": ["2"], "timestamp": [text]}, now_ms=7, speed_unit="m/s")[0][0]

    assert at(str(S)) == at(str(S * 1000)) == at("2026-11-01T02:26:40Z") == at("2026-11-01 10:26:40") == S * 1000


def test_a_position_outside_the_shift_is_dropped(person):
    before = S - 86_400
    assert Client().get(f"/ingest/osmand/{app(person, Door.OSMAND)}?lat=37.49&lon=105.67&timestamp={before}").status_code == 200
    assert not Fix.objects.exists()
