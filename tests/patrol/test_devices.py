"""Devices: who may register which, codes that work once, tokens that are kept nowhere and end at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from geo.models import User
from patrol import devices, intake
from patrol.models import Device, DeviceInvitation, Door, SpeedUnit
from tests import cast

NOW = timezone.now().replace(microsecond=0)


@pytest.fixture
def staff(db):
    cast.territory()
    member = cast.user("member", User.Role.PATROL_MEMBER, cast.WEST)
    return {
        "county": cast.county_officer(), "west": cast.west_officer(), "east": cast.east_officer(),
        "auditor": cast.auditor(), "member": member,
    }  # fmt: skip


def signed_in(user, by=None, now=NOW, name="手机1"):
    code = devices.invite(user=user, by=by or user, now=now).code
    return devices.sign_in(code=code, name=name, now=now + timedelta(minutes=1))


def test_a_code_signs_in_one_phone_once_and_its_token_hands_in(staff):
    invitation = devices.invite(user=staff["member"], by=staff["west"], now=NOW)
    device, token = devices.sign_in(code=invitation.code, name="手机1", now=NOW + timedelta(minutes=14))
    assert (device.user, device.door, device.name) == (staff["member"], Door.PHONE, "手机1")
    assert devices.holder(token, now=NOW) == device
    assert devices.sign_in(code=invitation.code, name="手机2", now=NOW + timedelta(minutes=14)) is None
    kept = DeviceInvitation.objects.get()
    assert (kept.made_by, kept.used_at, kept.device) == (staff["west"], NOW + timedelta(minutes=14), device)


def test_code_and_token_are_kept_nowhere(staff):
    invitation = devices.invite(user=staff["member"], by=staff["member"], now=NOW)
    device, token = devices.sign_in(code=invitation.code, name="手机1", now=NOW)
    kept = [*Device.objects.values().get().values(), *DeviceInvitation.objects.values().get().values()]
    assert not [value for value in kept if isinstance(value, str) and value and (token in value or invitation.code in value)]


@pytest.mark.parametrize("minutes", [15, 16])
def test_a_code_ends_after_a_quarter_of_an_hour(staff, minutes):
    code = devices.invite(user=staff["member"], by=staff["member"], now=NOW).code
    assert devices.sign_in(code=code, name="手机1", now=NOW + timedelta(minutes=minutes)) is None
    assert devices.sign_in(code="unknown", name="手机1", now=NOW) is None


def test_a_new_code_ends_the_older_ones_of_the_account(staff):
    first = devices.invite(user=staff["member"], by=staff["member"], now=NOW)
    second = devices.invite(user=staff["member"], by=staff["west"], now=NOW + timedelta(minutes=1))
    assert devices.sign_in(code=first.code, name="手机1", now=NOW + timedelta(minutes=2)) is None
    assert devices.sign_in(code=second.code, name="手机1", now=NOW + timedelta(minutes=2))


def test_a_refused_name_does_not_use_the_code_up(staff):
    code = devices.invite(user=staff["member"], by=staff["member"], now=NOW).code
    for name in ("13812345678", "长" * 61, "\x07"):
        with pytest.raises(devices.DeviceRefused):
            devices.sign_in(code=code, name=name, now=NOW)
    assert devices.sign_in(code=code, name="", now=NOW)[0].name == "手机"


def test_a_code_of_an_account_that_was_shut_signs_nobody_in(staff):
    code = devices.invite(user=staff["member"], by=staff["member"], now=NOW).code
    User.objects.filter(pk=staff["member"].pk).update(is_active=False)
    assert devices.sign_in(code=code, name="手机1", now=NOW) is None


@pytest.mark.parametrize(
    ("by", "user", "allowed"),
    [
        ("member", "member", True), ("member", "west", False), ("west", "member", True), ("east", "member", False),
        ("county", "member", True), ("county", "east", True), ("west", "county", False), ("auditor", "auditor", False),
        ("auditor", "member", False), ("county", "auditor", False),
    ],
)  # fmt: skip
def test_who_may_register_for_whom(staff, by, user, allowed):
    for verb in (
        lambda: devices.invite(user=staff[user], by=staff[by], now=NOW),
        lambda: devices.make(user=staff[user], door=Door.OSMAND, name="手机1", by=staff[by], now=NOW),
    ):
        if allowed:
            verb()
        else:
            with pytest.raises(devices.DeviceRefused):
                verb()


def test_a_revoked_device_is_refused_at_its_next_request(staff):
    device, token = signed_in(staff["member"])
    devices.revoke(device, by=staff["east"], now=NOW)
    assert devices.holder(token, now=NOW), "who may not see a device cannot revoke it"
    devices.revoke(device, by=staff["west"], now=NOW)
    assert devices.holder(token, now=NOW) is None
    devices.revoke(device, by=staff["county"], now=NOW + timedelta(days=1))
    device.refresh_from_db()
    assert (device.revoked_at, device.revoked_by) == (NOW, staff["west"])


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": User.Role.AUDITOR}])
def test_the_token_ends_with_the_rights_of_its_account(staff, change):
    _device, token = signed_in(staff["member"])
    User.objects.filter(pk=staff["member"].pk).update(**change)
    assert devices.holder(token, now=NOW) is None


def test_the_last_contact_is_written_once_a_minute(staff, django_assert_num_queries):
    device, token = signed_in(staff["member"])
    with django_assert_num_queries(2):
        devices.holder(token, now=NOW)
    with django_assert_num_queries(1):
        devices.holder(token, now=NOW + timedelta(seconds=59))
    devices.holder(token, now=NOW + timedelta(seconds=61))
    device.refresh_from_db()
    assert device.last_seen_at == NOW + timedelta(seconds=61)


def test_a_wrong_token_opens_nothing(staff):
    _device, token = signed_in(staff["member"])
    for wrong in ("", token[:-1], token + "x", "\x00", "\ud800"):
        assert devices.holder(wrong, now=NOW) is None


def test_an_app_gets_its_own_token_and_speed_unit(staff):
    wanted = {"user": staff["member"], "door": Door.TRACCAR, "name": "后台", "by": staff["west"], "now": NOW}
    device, token = devices.make(**wanted, speed_unit=SpeedUnit.KNOTS)
    assert (devices.holder(token, now=NOW), device.speed_unit) == (device, "kn")
    for wrong in ({"door": Door.PHONE}, {"door": Door.FILE}, {"door": "other"}, {"speed_unit": "furlong"}, {"name": "宁A12345"}):
        with pytest.raises(devices.DeviceRefused):
            devices.make(**wanted | wrong)


def test_an_account_has_a_limited_number_of_living_devices(staff):
    for number in range(devices.ALIVE_AT_MOST):
        last, _token = devices.make(user=staff["member"], door=Door.OSMAND, name=f"手机{number}", by=staff["member"], now=NOW)
    with pytest.raises(devices.DeviceRefused):
        signed_in(staff["member"])
    devices.revoke(last, by=staff["member"], now=NOW)
    assert signed_in(staff["member"])


def test_a_name_is_changed_only_by_who_may_see_the_device(staff):
    device, _token = signed_in(staff["member"])
    devices.rename(device, name="新名", by=staff["east"])
    device.refresh_from_db()
    assert device.name == "手机1"
    devices.rename(device, name=" 新名 ", by=staff["member"])
    device.refresh_from_db()
    assert device.name == "新名"


@pytest.mark.django_db(transaction=True)
def test_of_two_phones_with_one_code_at_the_same_time_one_gets_in():
    cast.territory()
    member = cast.user("member", User.Role.PATROL_MEMBER, cast.WEST)
    code = devices.invite(user=member, by=member, now=NOW).code

    def phone(number):
        try:
            return devices.sign_in(code=code, name=f"手机{number}", now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as phones:
        answers = list(phones.map(phone, range(4)))
    assert sum(answer is not None for answer in answers) == 1
    assert Device.objects.count() == 1


def test_a_phone_that_signed_in_again_goes_on_where_its_lost_answer_left_it(staff):
    first, _token = signed_in(staff["member"])
    body = {"schema": 1, "submission_id": str(uuid4()), "kind": "log", "log": {"kind": "help", "happened_at": 1_793_500_000_000}}
    raw = json.dumps(body).encode()
    taken = intake.receive(device=first, raw=raw, now=NOW)
    devices.revoke(first, by=staff["member"], now=NOW)
    second, _token = signed_in(staff["member"], now=NOW + timedelta(hours=1))
    again = intake.receive(device=second, raw=raw, now=NOW + timedelta(hours=1))
    assert (again.receipt_no, again.is_new) == (taken.receipt_no, False)
    other, _token = signed_in(staff["west"])
    with pytest.raises(intake.Conflict):
        intake.receive(device=other, raw=raw, now=NOW)
