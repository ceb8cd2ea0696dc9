"""Devices and their secrets: a token is 256 random bits, shown once, kept as a digest only, and good for handing in alone."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from geo import pii
from geo.models import User
from patrol.models import Device, DeviceInvitation, Door, SpeedUnit

PREFIX = "siwud_"
INVITATION_LASTS = timedelta(minutes=15)
# How exactly the last contact is told; each request would otherwise be a write.
CONTACT_IS_TOLD_EVERY = timedelta(minutes=1)
NAME_AT_MOST = 60
ALIVE_AT_MOST = 20
APPS = (Door.TRACCAR, Door.OSMAND, Door.OWNTRACKS)


class DeviceRefused(ValueError):
    """It cannot be done; the text says why."""


@dataclass(frozen=True)
class Invitation:
    """`code` is the secret of the QR picture: nobody can read it again."""

    user: User
    code: str
    expires_at: datetime


def may_invite_others(user: User) -> bool:
    return user.writes_business_data


def people(by: User) -> QuerySet[User]:
    """For whom `by` may register devices: the own account, and for officers every reading account of their territory."""
    found = User.objects.filter(is_active=True).exclude(role__in=User.ADMINISTRATORS)
    if not by.reads_business_data:
        return found.none()
    if not may_invite_others(by):
        return found.filter(pk=by.pk)
    return found.filter(Q(pk=by.pk) | Q(division__code__startswith=by.division_id))


def seen_by(user: User) -> QuerySet[Device]:
    """The devices that the user may rename and revoke: those of `people`, and those of accounts that were shut since."""
    found = Device.objects.exclude(door=Door.FILE).select_related("user__division")
    if not user.reads_business_data:
        return found.none()
    if not may_invite_others(user):
        return found.filter(user=user)
    return found.filter(Q(user=user) | Q(user__division__code__startswith=user.division_id))


def named_like(found: QuerySet[Device], text: str) -> QuerySet[Device]:
    """Those whose own name, account or unit holds the text; all for an empty one."""
    if not text:
        return found
    return found.filter(Q(name__icontains=text) | Q(user__username__icontains=text) | Q(user__division__name__icontains=text))


def invite(*, user: User, by: User, now: datetime) -> Invitation:
    """A code with which one phone of `user` signs in, once, within a quarter of an hour. Older open codes of the account end."""
    _insist(user, by)
    code = secrets.token_urlsafe(32)
    DeviceInvitation.objects.filter(user=user).open(now).filter(made_at__lt=now).update(expires_at=now)
    DeviceInvitation.objects.create(user=user, digest=_digest(code), made_at=now, made_by=by, expires_at=now + INVITATION_LASTS)
    return Invitation(user, code, now + INVITATION_LASTS)


def sign_in(*, code: str, name: str, now: datetime) -> tuple[Device, str] | None:
    """Uses up the invitation; the new device and its token. None: unknown, used or expired. DeviceRefused: the name will not do.

    Of two that come at once with one code the row lock lets one through; the other finds it used.
    """
    name = clean_name(name or _("手机"))
    with transaction.atomic():
        found = (
            DeviceInvitation.objects.select_for_update(of=("self",)).select_related("user").open(now).filter(digest=_digest(code)).first()
        )
        if found is None or not found.user.is_active or not found.user.reads_business_data:
            return None
        device, token = _create(user=found.user, door=Door.PHONE, name=name, now=now)
        found.used_at, found.device = now, device
        found.save(update_fields=["used_at", "device"])
    return device, token


def make(*, user: User, door: str, name: str, by: User, now: datetime, speed_unit: str = SpeedUnit.METRES) -> tuple[Device, str]:
    """A device that is set up by hand, and its token, which nobody can read again."""
    _insist(user, by)
    if door not in APPS:
        raise DeviceRefused(_("请在列表中选择应用。"))
    if speed_unit not in SpeedUnit.values:
        raise DeviceRefused(_("请在列表中选择速度单位。"))
    return _create(user=user, door=door, name=clean_name(name), now=now, speed_unit=speed_unit)


def rename(device: Device, *, name: str, by: User) -> None:
    name = clean_name(name)
    seen_by(by).filter(pk=device.pk).update(name=name)


def revoke(device: Device, *, by: User, now: datetime) -> None:
    """The device's next request is refused. A second revocation changes nothing."""
    seen_by(by).filter(pk=device.pk, revoked_at=None).update(revoked_at=now, revoked_by=by)


def holder(token: str, *, now: datetime) -> Device | None:
    """The living device of this token; whose account was shut, or became an administrator's, has none."""
    device = Device.objects.alive().select_related("user__division").filter(digest=_digest(token)).first()
    if device is None or not device.user.reads_business_data:
        return None
    if device.last_seen_at is None or device.last_seen_at < now - CONTACT_IS_TOLD_EVERY:
        Device.objects.filter(pk=device.pk).update(last_seen_at=now)
        device.last_seen_at = now
    return device


def clean_name(text: str) -> str:
    name = "".join(letter for letter in text if letter.isprintable()).strip()
    if not name:
        raise DeviceRefused(_("请给终端起一个名称，例如“巡逻手机1号”。"))
    if len(name) > NAME_AT_MOST:
        raise DeviceRefused(_("名称最多%(count)d个字。") % {"count": NAME_AT_MOST})
    if found := pii.find(name):
        raise DeviceRefused(_("“%(text)s”像是个人号码，请改写名称。") % {"text": name[found[0].start : found[0].end]})
    return name


def _insist(user: User, by: User) -> None:
    if not people(by).filter(pk=user.pk).exists():
        raise DeviceRefused(_("不能为这个账号登记终端。"))


def _create(*, user: User, door: str, name: str, now: datetime, speed_unit: str = SpeedUnit.METRES) -> tuple[Device, str]:
    if user.devices.alive().exclude(door=Door.FILE).count() >= ALIVE_AT_MOST:
        raise DeviceRefused(_("一个账号最多有%(count)d个终端，请先停用不用的。") % {"count": ALIVE_AT_MOST})
    token = PREFIX + secrets.token_urlsafe(32)
    device = Device.objects.create(user=user, door=door, name=name, digest=_digest(token), speed_unit=speed_unit, signed_in_at=now)
    return device, token


def _digest(text: str) -> str:
    # 256 random bits: a slow hash would protect nothing more and cost every request.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
