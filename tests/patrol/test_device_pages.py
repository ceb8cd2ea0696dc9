"""Pages of devices: own territory only, secrets shown once, revoked at once, a phone's file taken without doubling."""

import json
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from patrol import devices
from patrol.models import Device, DeviceInvitation, LogEntry
from tests import cast
from tests.patrol import squad

PAGE = "/patrol/devices/"


@pytest.fixture
def office(db, client, monkeypatch):
    cast.territory()
    monkeypatch.setattr(timezone, "now", lambda: squad.NOW)
    client.force_login(cast.west_officer())
    return client


def test_an_officer_sees_devices_of_the_own_territory_only(office):
    mine, _token = squad.phone(squad.member(), name="西镇手机")
    theirs, _token = squad.phone(squad.member("eastern", cast.EAST), name="东镇手机")
    text = office.get(PAGE).content.decode()
    assert "西镇手机" in text
    assert "东镇手机" not in text
    assert office.post(f"{PAGE}{theirs.pk}/revoke/").status_code == 404
    assert office.post(f"{PAGE}{theirs.pk}/rename/", {"name": "x"}).status_code == 404
    assert office.post(f"{PAGE}{mine.pk}/revoke/").status_code == 302
    assert Device.objects.get(pk=mine.pk).revoked_by.username == "west"


def test_an_administrator_has_nothing_to_do_here(office, client):
    client.force_login(cast.auditor())
    assert client.get(PAGE).status_code == 403
    assert client.post(f"{PAGE}invite/", {}).status_code == 403
    assert client.get(f"{PAGE}rescue/").status_code == 403


def test_a_member_registers_the_own_phone_and_nobody_elses(office, client):
    who, other = squad.member(), squad.member("other")
    client.force_login(who)
    assert client.post(f"{PAGE}invite/", {"user": other.pk}).status_code == 422
    assert client.post(f"{PAGE}invite/", {"user": who.pk}).status_code == 200


def test_the_code_of_the_picture_signs_one_phone_in(office, client):
    who = squad.member()
    answer = office.post(f"{PAGE}invite/", {"user": who.pk})
    text = answer.content.decode()
    assert "<svg" in text
    assert "style=" not in re.search(r"<svg.*?</svg>", text, re.S)[0]
    assert "no-store" in answer.headers["Cache-Control"]
    code = re.search(r"#code=([\w-]+)", text)[1]
    assert code not in str(DeviceInvitation.objects.values_list())
    for status in (201, 404):
        made = client.post("/api/field/v1/devices", {"code": code, "name": "手机"}, content_type="application/json")
        assert made.status_code == status


@pytest.mark.parametrize(
    ("door", "part"), [("osmand", "lat={0}&amp;lon={1}"), ("traccar", "/ingest/traccar/"), ("owntracks", "/ingest/owntracks/")]
)
def test_an_app_gets_its_address_once(office, door, part):
    who = squad.member()
    answer = office.post(f"{PAGE}app/", {"user": who.pk, "door": door, "name": "应用一", "speed_unit": "m/s"})
    assert answer.status_code == 200
    assert part in answer.content.decode()
    assert devices.holder(answer.context["token"], now=squad.NOW).door == door
    assert answer.context["token"] not in office.get(PAGE).content.decode()


def test_a_personal_number_is_no_name(office):
    answer = office.post(f"{PAGE}app/", {"user": squad.member().pk, "door": "osmand", "name": "13912345678", "speed_unit": "m/s"})
    assert answer.status_code == 422
    assert not Device.objects.exists()


def rescue_file(device, *texts, **fields) -> SimpleUploadedFile:
    items = []
    for text in texts:
        log = {"kind": "hazard", "text": text, "happened_at": squad.BEGAN_MS}
        body = {"schema": 1, "submission_id": str(uuid.uuid4()), "kind": "log", "log": log}
        items.append({"id": body["submission_id"], "kind": "submission", "body": json.dumps(body, ensure_ascii=False)})
    content = {"siwu_rescue": 1, "device_id": device.pk, "items": items} | fields
    return SimpleUploadedFile("rescue.json", json.dumps(content).encode(), "application/json")


def test_a_phones_file_is_taken_once_and_one_bad_item_keeps_nothing_back(office):
    device, _token = squad.phone(squad.member())
    file = rescue_file(device, "路灯不亮", "电话13912345678", "门锁损坏")
    content = file.read()
    for stored, there in ((2, 0), (0, 2)):
        answer = office.post(f"{PAGE}rescue/", {"file": SimpleUploadedFile("r.json", content)})
        assert answer.status_code == 201
        told = answer.context["told"]
        assert (told.stored, told.there_already, len(told.refused)) == (stored, there, 1)
    assert LogEntry.objects.everywhere("test").count() == 2


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"{", b'{"siwu_rescue":1,"device_id":1,"items":[1]}', b'{"siwu_rescue":1,"device_id":"1","items":[]}']
)
def test_another_file_says_so(office, content):
    answer = office.post(f"{PAGE}rescue/", {"file": SimpleUploadedFile("r.json", content)})
    assert answer.status_code == 422
    assert not LogEntry.objects.everywhere("test").exists()


def test_a_file_of_another_territorys_phone_is_not_taken(office):
    device, _token = squad.phone(squad.member("eastern", cast.EAST))
    assert office.post(f"{PAGE}rescue/", {"file": rescue_file(device, "路灯不亮")}).status_code == 422
