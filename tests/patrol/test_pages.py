"""The pages of patrols: who gets in, what is written down, what is told of places."""

import io
from datetime import timedelta
from uuid import uuid4

import openpyxl
import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from geo.models import User
from patrol import hours, paper, replay
from patrol.models import Fix, Photo, TrackRead
from tests import cast
from tests.patrol import patrolling as p
from tests.patrol.patrolling import HOUR, NOW

pytestmark = pytest.mark.django_db
PAGES = ("duty_room", "shift_reports", "my_patrols", "presence", "presence_map", "presence_map_data", "fulfilment", "targets", "logs")


class Scene:
    """West has a shift, a patrol with a track, a log entry with a photo, a beat and a zone with presence."""

    def __init__(self):
        cast.territory()
        self.county, self.west, self.east = cast.county_officer(), cast.west_officer(), cast.east_officer()
        self.walker, self.other = p.member(), p.member("other")
        self.phone = p.device(self.walker)
        self.beat = p.beat(weekly_visit_target=3)
        self.zone = apps.get_model("zones", "RectificationZone").objects.create(
            name="西关", source_key="z1", division_id=cast.WEST_SOUTH, geom=cast.square(105.62, 37.48)
        )
        now = timezone.now().replace(minute=0, second=0, microsecond=0)
        self.start = now - 5 * HOUR
        p.submission(self.phone, at=now - timedelta(days=10), kind="patrol")
        self.shift = p.shift(p.team(), self.west, start=self.start, hours=3, crew=[self.walker, self.other], beat=self.beat)
        self.patrol = p.patrol(self.walker, self.phone, start=self.start, hours=3, own_shift=self.shift, last_contact_at=now)
        self.others = p.patrol(self.other, p.device(self.other), start=self.start, hours=3, own_shift=self.shift, last_contact_at=now)
        p.track(self.patrol, gap=(self.start + HOUR, self.start + 1.5 * HOUR))
        self.entry = p.entry(self.patrol, self.phone, happened_at=self.start + HOUR)
        self.others_entry = p.entry(self.others, p.device(self.other), happened_at=self.start + HOUR)
        p.presence("zones", self.zone.pk, cast.WEST_SOUTH, self.start, present_s=900, visit_count=2, visit_s=600, drive_by_count=1)
        p.presence("zones", self.zone.pk, cast.WEST_SOUTH, self.start + HOUR, present_s=10, unknown_s=900)

    def addresses(self) -> dict[str, str]:
        return {
            "shift_report": reverse("shift_report", args=[self.shift.pk]),
            "replay": reverse("replay", args=[self.patrol.pk]),
            "presence_place": reverse("presence_place", args=["zones", self.zone.pk]),
            "log_entry": reverse("log_entry", args=[self.entry.pk]),
        }


@pytest.fixture
def scene():
    return Scene()


def test_pages_of_one_thing_are_not_there_for_another_town(scene, client):
    client.force_login(scene.east)
    for name, address in scene.addresses().items():
        assert client.get(address).status_code == 404, name
    assert client.get(reverse("replay_data", args=[scene.patrol.pk])).status_code == 404
    assert client.get(reverse("presence") + f"?division={cast.WEST}").status_code == 404
    for name in PAGES:
        text = client.get(reverse(name), headers={"accept": "text/html"}).content.decode()
        assert "西关" not in text and "walker" not in text and "路灯" not in text, name


@pytest.mark.parametrize("role", sorted(User.ADMINISTRATORS))
def test_administrators_read_none_of_it(scene, client, role):
    client.force_login(cast.user("admin", role))
    for name in PAGES:
        assert client.get(reverse(name)).status_code in (403, 404), name
    for name, address in scene.addresses().items():
        assert client.get(address).status_code in (403, 404), name


def test_officers_of_the_territory_open_every_page(scene, client):
    for who in (scene.county, scene.west):
        client.force_login(who)
        for address in [reverse(name) for name in PAGES] + list(scene.addresses().values()):
            assert client.get(address).status_code == 200, address


def test_patrol_member_sees_own_track_own_turn_and_own_log_only(scene, client):
    client.force_login(scene.walker)
    assert client.get(reverse("replay", args=[scene.patrol.pk])).status_code == 200
    assert client.get(reverse("replay_data", args=[scene.patrol.pk])).json()["line"]
    assert client.get(reverse("replay", args=[scene.others.pk])).status_code == 404
    assert client.get(reverse("shift_reports")).status_code == 403
    assert "other" not in client.get(reverse("shift_report", args=[scene.shift.pk])).content.decode().split("<main")[1]
    assert client.get(reverse("log_entry", args=[scene.entry.pk])).status_code == 200
    assert client.get(reverse("log_entry", args=[scene.others_entry.pk])).status_code == 404
    assert len(client.get(reverse("logs")).context["page"]) == 1
    assert TrackRead.objects.count() == 0


@pytest.mark.parametrize("role", ["planner", "village_cadre"])
def test_nobody_but_officers_looks_at_anothers_track(scene, client, role):
    client.force_login(cast.user("somebody", role, cast.COUNTY if role == "planner" else cast.WEST_SOUTH))
    assert client.post(reverse("replay", args=[scene.patrol.pk]), {"purpose": "核对班次"}).status_code == 404
    assert client.get(reverse("shift_report", args=[scene.shift.pk])).status_code == 404


def test_officer_says_why_and_the_member_reads_it(scene, client):
    client.force_login(scene.west)
    page, data = (reverse(name, args=[scene.patrol.pk]) for name in ("replay", "replay_data"))
    assert client.get(data).status_code == 404
    assert "map-config" not in client.get(page).content.decode()
    for wrong in ("", " ", "联系13912345678", "x" * 201):
        assert client.post(page, {"purpose": wrong}).status_code == 422
    assert client.get(data).status_code == 404 and TrackRead.objects.count() == 0
    assert client.post(page, {"purpose": "核对班次报告"}).status_code == 302
    assert "map-config" in client.get(page).content.decode()
    assert client.get(data).status_code == 200
    client.force_login(scene.county)
    assert client.get(data).status_code == 404
    client.force_login(scene.walker)
    text = client.get(reverse("my_patrols")).content.decode()
    assert "核对班次报告" in text and "west" in text


def test_a_stated_purpose_is_over_after_an_hour_and_is_for_one_track(scene):
    replay.state_purpose(scene.patrol, purpose="核对", by=scene.west, now=NOW)
    assert replay.is_open(scene.patrol, to=scene.west, now=NOW + timedelta(minutes=59))
    assert not replay.is_open(scene.patrol, to=scene.west, now=NOW + timedelta(minutes=61))
    assert not replay.is_open(scene.others, to=scene.west, now=NOW)


def test_positions_are_those_of_the_persons_devices_in_the_patrols_time(scene):
    second = p.device(scene.walker)
    made = [(scene.phone, 1, 0), (scene.phone, 31, 0), (second, 131, 0), (scene.phone, 61.5, 1), (scene.phone, -10, 0)]
    for device, seconds, flags in made:
        at = scene.start + timedelta(seconds=seconds)
        Fix(device_id=device.pk, at=at, lon=105.62 + seconds / 1e6, lat=37.48, accuracy_m=5, flags=flags).save(force_insert=True)
    Fix(device_id=scene.others.device_id, at=scene.start + timedelta(seconds=5), lon=105.7, lat=37.5).save(force_insert=True)
    found = replay.positions(scene.patrol, now=timezone.now())
    assert [round(at / 1000 - scene.start.timestamp()) for at, _lon, _lat in found] == [1, 31, 131]
    told = replay.data(scene.patrol, now=timezone.now())
    assert sum(told["lon"]) == round(105.620131e6) and len(told["t"]) == 3 and len(told["line"]) == 2


def test_when_the_track_is_gone_the_page_says_that_only_presence_is_kept(scene, client):
    scene.patrol.track.delete()
    client.force_login(scene.walker)
    assert "只保留各地点的在岗时数" in client.get(reverse("replay", args=[scene.patrol.pk])).content.decode()
    assert client.get(reverse("replay_data", args=[scene.patrol.pk])).json()["line"] == []


def read(scene, **options):
    span = hours.period(cast.WEST, first=None, last=None, now=timezone.now())
    unit = scene.west.division
    return span, hours.read(scene.west, unit, options.get("layer", "zones"), span)


def test_hours_before_the_first_data_are_no_data_and_unknown_is_its_own(scene):
    span, found = read(scene)
    [zone] = found.places
    none, absent, unknown, present = zone.counts
    assert (unknown, present) == (1, 1) and none == span.reach and none + absent + 2 == span.hour_count
    assert absent == 240 - 2
    assert zone.sure.length == 235 and zone.possible.length in (235, 239)
    assert (zone.visits, zone.drive_bys, zone.minutes_a_visit) == (2, 1, 5)


def test_a_town_is_present_where_any_of_its_places_is(scene):
    _span, found = read(scene, layer="towns")
    [town] = found.places
    assert town.key == int(cast.WEST) and town.counts[2:] == (1, 1)


def test_one_place_costs_few_queries_and_shows_the_week(scene, client, django_assert_max_num_queries):
    client.force_login(scene.west)
    with django_assert_max_num_queries(16):
        response = client.get(reverse("presence_place", args=["zones", scene.zone.pk]))
    assert len(response.context["rows"]) == 24 and "最长空档235小时" in response.content.decode()
    parts = [part for row in response.context["rows"] for cell in row["cells"] for part in cell["parts"]]
    assert sum(part["n"] for part in parts if part["name"] == "unknown") == 1


def test_the_map_of_an_hour_and_its_table_say_the_same(scene, client):
    client.force_login(scene.west)
    hour = timezone.localtime(scene.start).hour
    weekday = timezone.localtime(scene.start).weekday()
    asked = f"?hour={hour}&weekday={weekday}"
    [row] = client.get(reverse("presence_map") + asked).context["rows"]
    assert row["present"] == 1 and row["known"] in (1, 2) and row["state"] == "present"
    features = client.get(reverse("presence_map_data") + asked).json()["features"]
    assert {feature["properties"]["state"] for feature in features} == {"present"}
    assert {feature["geometry"]["type"] for feature in features} == {"Point", "Polygon"} or len(features) == 2


@pytest.mark.parametrize(
    "asked", ["?from=x&to=y", "?hour=99&weekday=z", "?layer=nothing", "?from=2026-12-01&to=2020-01-01", "?page=999&order=zz"]
)
def test_nonsense_in_the_address_does_no_harm(scene, client, asked):
    client.force_login(scene.west)
    for name in PAGES:
        assert client.get(reverse(name) + asked).status_code == 200, name


def sheet(response):
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active


def test_files_say_what_the_pages_say(scene, client):
    client.force_login(scene.west)
    day = timezone.localtime(scene.start).date()
    for address in (reverse("shift_reports") + f"?day={day}&form=", reverse("shift_report", args=[scene.shift.pk]) + "?form="):
        assert any("walker" in str(cell.value) for row in sheet(client.get(address + "xlsx")) for cell in row)
        pdf = client.get(address + "pdf")
        assert pdf.headers["Content-Type"] == "application/pdf" and pdf.content.startswith(b"%PDF")
    for address in (
        reverse("presence"),
        reverse("presence_place", args=["zones", scene.zone.pk]),
        reverse("presence_map"),
        reverse("fulfilment"),
    ):
        assert sheet(client.get(address + "?form=xlsx")).max_row > 1, address
    assert not any("walker" in str(cell.value) for row in sheet(client.get(reverse("fulfilment") + "?form=xlsx")) for cell in row)


def test_paper_takes_our_own_style_and_nothing_else():
    own = paper.OwnFilesOnly()
    assert b"@page" in own.fetch("static:patrol/paper.css").read()
    for wrong in (
        "http://example.com/a.css",
        "file:///etc/passwd",
        "static:../../etc/passwd",
        "static:patrol/duty_room.js",
        "data:text/css,a",
    ):
        with pytest.raises(ValueError):
            own.fetch(wrong)


def test_a_photo_is_served_shut_in_and_only_to_whoever_reads_the_entry(scene, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "patrol/photos").mkdir(parents=True)
    (tmp_path / "patrol/photos/a.jpg").write_bytes(b"picture")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    photos = [
        Photo.objects.create(id=uuid4(), device=scene.phone, submission_id=scene.entry.submission.submission_id, sha256="0" * 64,
                             byte_count=7, offset=7, stored=stored, completed_at=NOW)
        for stored in ("patrol/photos/a.jpg", "patrol/../secret.jpg")
    ]  # fmt: skip
    address = reverse("log_photo", args=[scene.entry.pk, photos[0].pk])
    client.force_login(scene.west)
    response = client.get(address)
    assert b"".join(response.streaming_content) == b"picture"
    assert response.headers["X-Content-Type-Options"] == "nosniff" and "no-store" in response.headers["Cache-Control"]
    assert response.headers["Content-Security-Policy"].startswith("sandbox")
    assert client.get(reverse("log_photo", args=[scene.entry.pk, photos[1].pk])).status_code == 404
    assert client.get(reverse("log_photo", args=[scene.others_entry.pk, photos[0].pk])).status_code == 404
    assert client.get(reverse("log_photo", args=[scene.entry.pk, "no-uuid"])).status_code == 404
    assert str(photos[0].pk) in client.get(reverse("log_entry", args=[scene.entry.pk])).content.decode()
    client.force_login(scene.east)
    assert client.get(address).status_code == 404


def test_reading_is_written_down_for_good(scene):
    replay.state_purpose(scene.patrol, purpose="核对", by=scene.west, now=NOW)
    with pytest.raises(Exception, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("UPDATE patrol_trackread SET purpose = 'other'")
