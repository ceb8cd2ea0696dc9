"""Promises 10, 11 and 13: what is away, full or too much is told as such, and costs nothing that is needed elsewhere."""
import errno
import json
import threading
import time
import types

import psycopg
import psycopg_pool
import pytest
import redis
from django.core.cache.backends.redis import RedisCacheClient
from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError
from django.http import HttpResponse
from django.test import Client, RequestFactory

from geo import away, headroom
from geo.admission import AdmissionMiddleware, Lane, lane_of
from geo.headroom import Headroom
from patrol import devices
from zones import published

PAGE = {"Accept": "text/html"}


def caused(problem: Exception, by: Exception) -> Exception:
    problem.__cause__ = by
    return problem


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (OperationalError(), 503), (InterfaceError("connection already closed"), 503), (psycopg.OperationalError(), 503),
        (psycopg_pool.PoolTimeout(), 503), (redis.ConnectionError(), 503), (redis.TimeoutError(), 503), (ConnectionResetError(), 503),
        (redis.ResponseError("MISCONF Errors writing to the AOF file"), 503),
        (OSError(errno.EROFS, "read-only"), 503), (OSError(errno.ENOSPC, "full"), 507),
        (caused(OperationalError(), psycopg.errors.DiskFull()), 507),
        (caused(ProgrammingError("no new connection"), InterfaceError()), 503),
    ],
)  # fmt: skip
@pytest.mark.parametrize("door", ["page", "phone", "kept app"])
@pytest.mark.django_db
def test_promise_13_what_is_away_is_no_error_of_ours(monkeypatch, problem, status, door):
    def broken(*_arguments, **_named):
        raise problem

    client = Client(raise_request_exception=False)
    monkeypatch.setattr(devices, "holder", broken)
    monkeypatch.setattr(published, "version_and_moment", broken)
    if door == "page":
        answer = client.get("/", headers=PAGE)
        assert "暂时不能使用" in answer.content.decode() and not answer.cookies
    elif door == "phone":
        answer = client.post("/api/field/v1/submissions", "{}", content_type="application/json", headers={"Authorization": "Bearer x"})
    else:
        answer = client.post("/ingest/traccar/x", "{}", content_type="application/json")
    assert answer.status_code == status and int(answer["Retry-After"]) > 0
    if door != "page":
        assert "手机" in answer.json()["detail"]


@pytest.mark.parametrize(
    "problem", [ValueError(), IntegrityError(), ProgrammingError(), redis.ResponseError("WRONGTYPE"), FileNotFoundError()]
)
@pytest.mark.django_db
def test_what_is_an_error_of_ours_stays_one(monkeypatch, problem):
    def broken(*_arguments, **_named):
        raise problem

    monkeypatch.setattr(published, "version_and_moment", broken)
    answer = Client(raise_request_exception=False).get("/", headers=PAGE)
    assert answer.status_code == 500 and "Retry-After" not in answer


@pytest.mark.django_db
def test_sessions_that_cannot_be_read_are_told_as_away(monkeypatch, client):
    def broken(*_arguments, **_named):
        raise redis.ConnectionError

    monkeypatch.setattr(RedisCacheClient, "get", broken)
    client.cookies["sessionid"] = "x" * 32
    client.raise_request_exception = False
    answer = client.get("/map/", headers=PAGE)
    assert answer.status_code == 503 and not answer.cookies, "nobody is signed out by it"


def test_promise_11_a_lane_lets_in_as_many_as_it_has_places_and_the_rest_in_order():
    lane, order = Lane(places=1, waiting=2), []
    assert lane.enter(5)

    def come(number: int) -> None:
        assert lane.enter(5)
        order.append(number)
        lane.leave()

    waiting = []
    for number in range(2):
        waiting.append(threading.Thread(target=come, args=(number,)))
        waiting[-1].start()
        while len(lane.queue) <= number:
            time.sleep(0.001)
    assert not lane.enter(5), "a third one need not wait to hear that there is no place"
    lane.leave()
    for each in waiting:
        each.join()
    assert order == [0, 1] and lane.free == 1 and not lane.queue


def test_promise_11_who_waits_too_long_is_sent_away_and_takes_no_place():
    lane = Lane(places=1, waiting=5)
    assert lane.enter(0.01) and not lane.enter(0.01)
    lane.leave()
    assert lane.enter(5) and not lane.queue


def request(method: str, path: str, **named):
    return RequestFactory().generic(method, path, **named)


@pytest.mark.parametrize(
    ("path", "named", "lane"),
    [
        ("/api/field/v1/submissions", {}, "phones"), ("/ingest/osmand/x", {}, "phones"), ("/", {}, "public"), ("/map/", {}, "public"),
        ("/map/", {"HTTP_COOKIE": "sessionid=x"}, "staff"), ("/ogc/wfs", {"HTTP_AUTHORIZATION": "Basic x"}, "staff"),
        ("/account/login/", {}, "staff"), ("/api/field/v1/submissions", {"HTTP_COOKIE": "sessionid=x"}, "phones"),
    ],
)  # fmt: skip
def test_promise_11_readers_have_other_places_than_phones(path, named, lane):
    assert lane_of(request("GET", path, **named)) == lane


def test_promise_30_a_flood_of_posts_takes_no_place_of_readers_nor_of_who_asks_for_a_receipt():
    middleware = AdmissionMiddleware(lambda _request: HttpResponse("in"))
    middleware.lanes["doors"].free = middleware.lanes["doors"].waiting = 0
    assert [middleware(request("POST", path)).status_code for path in ("/feedback/", "/objections/")] == [503, 503]
    for method, path in (("GET", "/feedback/"), ("POST", "/receipts/"), ("POST", "/account/login/"), ("GET", "/")):
        assert middleware(request(method, path)).content == b"in"


def test_promise_11_a_flood_of_readers_leaves_the_phones_door_open():
    middleware = AdmissionMiddleware(lambda _request: HttpResponse("in"))
    for _place in range(100):
        middleware.lanes["public"].free = 0
    middleware.lanes["public"].waiting = 0
    refused = middleware(request("GET", "/", HTTP_ACCEPT="text/html"))
    assert (refused.status_code, refused["Retry-After"]) == (503, "5") and "现在访问的人太多" in refused.content.decode()
    assert json.loads(middleware(request("GET", "/data/x.json")).content)["detail"]
    for path in ("/api/field/v1/submissions", "/health/", "/account/login/"):
        assert middleware(request("POST", path)).content == b"in"


def test_a_place_is_given_back_whatever_happens():
    def broken(_request):
        raise ValueError

    middleware = AdmissionMiddleware(broken)
    before = middleware.lanes["public"].free
    with pytest.raises(ValueError):
        middleware(request("GET", "/"))
    assert middleware.lanes["public"].free == before


def test_promise_10_with_a_short_disk_nothing_is_taken_and_everything_can_be_read(monkeypatch):
    monkeypatch.setattr(headroom.shutil, "disk_usage", lambda _folder: types.SimpleNamespace(free=1))
    middleware = AdmissionMiddleware(lambda _request: HttpResponse("in"))
    for method, path in (("GET", "/map/"), ("POST", "/account/login/"), ("POST", "/api/field/v1/receipts"), ("POST", "/receipts/")):
        assert middleware(request(method, path)).content == b"in"
    for path in ("/api/field/v1/submissions", "/ingest/traccar/x", "/feedback/", "/imports/"):
        answer = middleware(request("POST", path))
        assert (answer.status_code, answer["Retry-After"]) == (507, "15")
    page = middleware(request("POST", "/feedback/", HTTP_ACCEPT="text/html")).content.decode()
    assert "没有保存" in page


def test_promise_10_room_again_is_seen_without_a_restart(monkeypatch, tmp_path):
    free = [1]
    monkeypatch.setattr(headroom.shutil, "disk_usage", lambda _folder: types.SimpleNamespace(free=free[0]))
    disk = Headroom([tmp_path / "not" / "yet"], floor=100)
    assert not disk.is_there()
    free[0] = 100
    disk.until = 0
    assert disk.is_there()


def test_away_and_full_together_are_full():
    assert away.reason(caused(OperationalError(), OSError(errno.ENOSPC, ""))) == away.Reason.FULL
    assert away.reason(None) is None
