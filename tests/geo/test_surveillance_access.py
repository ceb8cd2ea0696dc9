"""Exact positions: who may read them, by which door, after which words, and what is written down."""

import math
from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import mapbox_vector_tile
import pytest
from django.core.exceptions import PermissionDenied
from django.db import Error, transaction
from django.utils import timezone

from geo import editing
from geo.layers import registry
from geo.models import AccessReason, SurveillanceAccess, SurveillancePoint, SurveillanceRead, User
from geo.surveillance import access, exports
from geo.surveillance.access import PurposeRefused, note_read, readings, state_purpose
from tests import cast

pytestmark = pytest.mark.django_db
CAMERA = "西门球机"


@pytest.fixture
def camera():
    cast.territory()
    cast.camera("东门枪机", 105.66, 37.49, cast.EAST_SOUTH)
    return cast.camera(CAMERA, 105.62, 37.48, cast.WEST_SOUTH, bearing_deg=90, view_angle_deg=60, range_m=80)


def tile_path(z: int, lon: float = 105.62, lat: float = 37.48) -> str:
    n = 2**z
    x, y = int((lon + 180) / 360 * n), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return f"/tiles/surveillance/{z}/{x}/{y}.mvt"


def doors(camera) -> list[str]:
    return [
        tile_path(15),
        tile_path(10),
        tile_path(5),
        f"/map/surveillance/{camera.pk}.json",
        "/surveillance/points/",
        f"/surveillance/{camera.pk}/check/",
        "/objects/surveillance/",
        f"/objects/surveillance/{camera.pk}/",
        f"/objects/surveillance/{camera.pk}/edit/",
        f"/objects/surveillance/{camera.pk}/remove/",
        "/objects/surveillance/new/",
    ]


def purpose(reason: str = "coverage", note: str = "", *, by: User, now=None) -> SurveillanceAccess:
    return state_purpose(reason=AccessReason.objects.get(pk=reason), note=note, by=by, now=now or timezone.now())


@pytest.mark.parametrize("role", ["village_cadre", "patrol_member", "planner"])
def test_other_roles_get_no_point_by_any_door_and_no_purpose_helps(client, camera, role):
    who = cast.user("other", role, cast.WEST_SOUTH)
    with pytest.raises(PermissionDenied):
        purpose(by=who)
    SurveillanceAccess.objects.create(
        user=who,
        division_id=who.division_id,
        reason_id="coverage",
        opened_at=timezone.now(),
        valid_until=timezone.now() + timedelta(hours=1),
    )
    client.force_login(who)
    assert [client.get(path).status_code for path in doors(camera)] == [404] * len(doors(camera))
    assert client.get("/surveillance/purpose/").status_code == 403
    assert not SurveillancePoint.objects.visible_to(who).exists()
    assert client.get("/map/search.json?q=球机").json()["hits"] == []
    assert "surveillance" not in client.get("/map/legend.json").json()
    page = client.get("/map/").content.decode()
    assert '"surveillance"' not in page


def test_other_roles_see_counts_by_village_and_no_name(client, camera):
    client.force_login(cast.user("plan", "planner", cast.WEST))
    page = client.get("/surveillance/").content.decode()
    assert "西南社区" in page and CAMERA not in page and "东南社区" not in page
    assert "您的角色只看数量" in page
    assert CAMERA not in client.get("/surveillance/seen/").content.decode()


def test_officer_without_a_purpose_gets_no_point_but_the_count(client, camera):
    client.force_login(cast.county_officer())
    for path in doors(camera):
        assert client.get(path).status_code == 404, path
    assert client.get("/map/legend.json").json()["surveillance"] == {"working": 2}
    assert client.get("/map/search.json?q=球机").json()["hits"] == []


def test_officer_who_opens_a_page_is_led_to_the_purpose_and_back(client, camera):
    client.force_login(cast.west_officer())
    answer = client.get(f"/surveillance/{camera.pk}/check/", headers={"accept": "text/html"})
    assert answer.status_code == 302 and answer.url == f"/surveillance/purpose/?next=%2Fsurveillance%2F{camera.pk}%2Fcheck%2F"
    answer = client.post("/surveillance/purpose/", {"reason": "upkeep", "note": "", "next": f"/surveillance/{camera.pk}/check/"})
    assert answer.status_code == 302 and answer.url == f"/surveillance/{camera.pk}/check/"
    assert client.get(answer.url).status_code == 200


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", "\\\\x", ""])
def test_the_way_back_never_leads_elsewhere(client, camera, back):
    client.force_login(cast.west_officer())
    answer = client.post("/surveillance/purpose/", {"reason": "upkeep", "next": back})
    assert answer.status_code == 302 and answer.url == "/surveillance/"


def test_with_a_purpose_every_door_opens_within_the_own_territory(client, camera):
    officer = cast.with_purpose(cast.west_officer())
    client.force_login(officer)
    for path in doors(camera):
        assert client.get(path).status_code == 200, path
    other = SurveillancePoint.objects.everywhere("test").get(name="东门枪机")
    assert client.get(f"/map/surveillance/{other.pk}.json").status_code == 404
    assert [point.name for point in SurveillancePoint.objects.visible_to(officer)] == [CAMERA]
    assert "东门枪机" not in client.get("/surveillance/points/").content.decode()


def test_every_door_is_written_down_with_its_count(client, camera):
    officer = cast.with_purpose(cast.west_officer())
    client.force_login(officer)
    for path in doors(camera):
        client.get(path)
    client.get("/map/search.json?q=球机")
    read = Counter(SurveillanceRead.objects.filter(access__user=officer).values_list("door", "object_count"))
    assert read == {("details", 1): 5, ("list", 1): 2, ("map", 1): 1, ("search", 1): 1}


def test_a_purpose_ends_with_the_day_in_shanghai(camera):
    officer = cast.county_officer()
    entry = purpose(by=officer, now=datetime(2026, 11, 24, 23, 30, tzinfo=ZoneInfo("Asia/Shanghai")))
    assert entry.valid_until == datetime(2026, 11, 25, tzinfo=ZoneInfo("Asia/Shanghai"))
    yesterday = timezone.now() - timedelta(days=1)
    SurveillanceAccess.objects.create(
        user=officer, division_id=officer.division_id, reason_id="coverage", opened_at=yesterday - timedelta(hours=1), valid_until=yesterday
    )
    if entry.valid_until < timezone.now():
        assert not SurveillancePoint.objects.visible_to(officer).exists()


def test_an_ended_purpose_opens_nothing(client, camera):
    officer = cast.county_officer()
    past = timezone.now() - timedelta(days=2)
    purpose(by=officer, now=past)
    client.force_login(officer)
    assert client.get(tile_path(15)).status_code == 404
    note_read(officer, "list", 5)
    assert not SurveillanceRead.objects.exists()


@pytest.mark.parametrize(
    ("reason", "note", "said"),
    [
        ("other", " ", "须写明事由"),
        ("upkeep", "电话13800138000", "手机号"),
        ("upkeep", "rtsp://10.1.1.1/live", "网络地址"),
        ("nonsense", "", "请选择用途"),
    ],
)
def test_a_purpose_is_refused_with_the_reason_and_what_was_typed_stays(client, camera, reason, note, said):
    client.force_login(cast.county_officer())
    answer = client.post("/surveillance/purpose/", {"reason": reason, "note": note})
    body = answer.content.decode()
    assert answer.status_code == 200 and said in body and (not note.strip() or note in body)
    assert not SurveillanceAccess.objects.exists()


def test_a_retired_reason_is_not_taken(camera):
    AccessReason.objects.filter(pk="upkeep").update(is_active=False)
    with pytest.raises(PurposeRefused):
        purpose("upkeep", by=cast.county_officer())


def test_the_log_cannot_be_changed_or_emptied(camera):
    entry = purpose(by=cast.county_officer())
    note_read(entry.user, "list", 3)
    for attempt in (
        lambda: SurveillanceAccess.objects.update(note="x"), lambda: SurveillanceRead.objects.update(object_count=0),
        lambda: SurveillanceRead.objects.all().delete(), lambda: SurveillanceAccess.objects.filter(pk=entry.pk)._raw_delete("default"),
    ):  # fmt: skip
        with pytest.raises(Error), transaction.atomic():
            attempt()


def test_auditor_reads_the_whole_log_and_no_point_and_an_officer_the_own(client, camera):
    officer, other = cast.with_purpose(cast.west_officer()), cast.east_officer()
    auditor = cast.auditor()
    assert list(readings(auditor)) == list(readings(officer)) and not readings(other)
    client.force_login(auditor)
    page = client.get("/surveillance/log/").content.decode()
    assert "west" in page and CAMERA not in page
    assert [client.get(path).status_code for path in ("/surveillance/points/", tile_path(15), "/surveillance/")] == [404, 404, 403]
    client.force_login(cast.planner())
    assert client.get("/surveillance/log/").status_code == 403


def test_a_tile_of_close_view_holds_the_sector_looked_into(client, camera):
    client.force_login(cast.with_purpose(cast.county_officer()))
    decoded = mapbox_vector_tile.decode(client.get(tile_path(16)).content)
    assert [f["properties"]["k"] for f in decoded["surveillance_sectors"]["features"]] == ["working"]
    assert len(decoded["surveillance"]["features"]) == 1
    assert "surveillance_sectors" not in mapbox_vector_tile.decode(client.get(tile_path(14)).content)


def test_a_sector_is_drawn_where_its_point_stands_in_the_next_tile(client):
    cast.territory()
    n, z = 2**16, 16
    edge = math.ceil((105.62 + 180) / 360 * n) / n * 360 - 180
    cast.camera("边上", edge - 0.0001, 37.48, cast.WEST_SOUTH, bearing_deg=90, view_angle_deg=40, range_m=100)
    client.force_login(cast.with_purpose(cast.county_officer()))
    decoded = mapbox_vector_tile.decode(client.get(tile_path(z, edge + 0.001)).content)
    assert len(decoded["surveillance_sectors"]["features"]) == 1


def test_a_point_without_a_view_has_no_sector(client):
    cast.territory()
    cast.camera("不明", 105.62, 37.48, cast.WEST_SOUTH)
    client.force_login(cast.with_purpose(cast.county_officer()))
    decoded = mapbox_vector_tile.decode(client.get(tile_path(16)).content)
    assert "surveillance_sectors" not in decoded and len(decoded["surveillance"]["features"]) == 1


def test_the_history_of_a_removed_point_is_behind_the_same_gate(client, camera):
    officer = cast.with_purpose(cast.west_officer())
    layer = registry["surveillance"]
    editing.remove(layer, camera.pk, by=officer, now=timezone.now(), version=editing.version_of(camera), why="已拆除")
    path = f"/objects/surveillance/{camera.pk}/"
    client.force_login(officer)
    assert client.get(path).status_code == 200
    for who in (cast.planner(), cast.village_cadre(), cast.county_officer()):
        client.force_login(who)
        assert client.get(path).status_code == 404


def test_the_registers_tell_the_number_to_who_may_open_them(client, camera):
    client.force_login(cast.west_officer())
    assert "/objects/surveillance/" in client.get("/objects/").content.decode()
    client.force_login(cast.planner())
    assert "/objects/surveillance/" not in client.get("/objects/").content.decode()


def test_bulk_edit_and_map_of_the_list_ask_for_the_purpose_too(client, camera):
    officer = cast.west_officer()
    client.force_login(officer)
    assert client.post("/objects/surveillance/bulk/", {"pk": camera.pk}).status_code == 404
    assert client.get("/objects/surveillance/map/").status_code == 404
    cast.with_purpose(officer)
    assert client.post("/objects/surveillance/bulk/", {"pk": camera.pk}).status_code == 200
    assert client.get("/objects/surveillance/map/").status_code == 302


@pytest.mark.parametrize("form", ["csv", "geojson", "xlsx"])
def test_a_list_leaves_as_a_file_once_for_each_approval(client, camera, form):
    asking, other = cast.west_officer(), cast.county_officer()
    path = f"/objects/surveillance/export.{form}"
    client.force_login(asking)
    assert client.get(path).status_code == 404
    cast.with_purpose(asking)
    assert client.get(path).status_code == 403
    wish = exports.ask(why="年度核对", by=asking, now=timezone.now())
    exports.decide(wish, approve=True, why="", by=other, now=timezone.now())
    assert client.post(f"{path}/make/").status_code == 403
    answer = client.get(path)
    assert answer.status_code == 200 and b"".join(answer.streaming_content)
    assert client.get(path).status_code == 403
    assert list(SurveillanceRead.objects.filter(door="export").values_list("object_count", flat=True)) == [1]


def test_a_purpose_is_asked_for_once_and_a_newer_one_counts_at_once(django_assert_num_queries):
    """With the account's object: a map draws dozens of tiles with it. One that is over does not stay."""
    cast.territory()
    reader, now = cast.county_officer(), timezone.now()
    assert access.current(reader) is None
    first = access.state_purpose(reason=cast.purpose(), note="", by=reader, now=now)
    assert access.current(reader) == first
    with django_assert_num_queries(0):
        assert access.current(reader) == first
    second = access.state_purpose(reason=cast.purpose(), note="", by=reader, now=now)
    assert access.current(reader) == second
    setattr(reader, access.KEPT, SurveillanceAccess(valid_until=now - timedelta(seconds=1)))
    assert access.current(reader) == second
