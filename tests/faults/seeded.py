"""What is in the database before the first phone sends: a town, places to be present in, members with phones (for manage.py shell)."""

import json
from datetime import timedelta

from django.utils import timezone

from geo.models import User
from patrol import devices, intake, partitions, reckoning
from patrol.models import Device
from tests import cast
from tests.faults.phones import LAT, LON
from tests.patrol import squad

PHONES = 6


def more(count: int) -> str:
    """Tokens of so many more phones."""
    now, tokens = timezone.now(), []
    for number in range(count):
        user = User.objects.create(
            username=f"more{number}", password="!", role="patrol_member", division_id=cast.WEST, must_change_password=False
        )
        invitation = devices.invite(user=user, by=user, now=now - timedelta(minutes=1))
        tokens.append(devices.sign_in(code=invitation.code, name="手机", now=now)[1])
    return json.dumps(tokens)


def officer(password: str) -> None:
    made = User(username="officer", role="county_officer", division_id="640521", must_change_password=False)
    made.set_password(password)
    made.save()


def seed() -> str:
    now = timezone.now()
    partitions.prepare(on=timezone.localdate(now))
    cast.territory()
    for number in range(4):
        squad.beat(f"片区{number}", lon=LON + number * 0.006, lat=LAT, half_deg=0.002)
    told = []
    for number in range(PHONES):
        user = User.objects.create(
            username=f"phone{number}", password="!", role="patrol_member", division_id=cast.WEST, must_change_password=False
        )
        invitation = devices.invite(user=user, by=user, now=now - timedelta(minutes=1))
        device, token = devices.sign_in(code=invitation.code, name="手机", now=now)
        told.append({"device": device.pk, "token": token})
    return json.dumps(told)


def undisturbed(path: str) -> None:
    """The same submissions, one after the other, by one hand; then one reckoning."""
    held = {device.pk: device for device in Device.objects.select_related("user__division")}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            intake.receive(device=held[one["device"]], raw=one["body"].encode(), now=timezone.now())
    reckoning.settle(now=timezone.now())
