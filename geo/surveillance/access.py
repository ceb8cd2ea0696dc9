"""Exact positions are read by the roles that need them, for a purpose stated once a day; who read what is written down."""

from datetime import datetime, timedelta

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import pii
from geo.faults import PERSONAL
from geo.models import AccessReason, SurveillanceAccess, SurveillancePoint, SurveillanceRead, User

MAP = SurveillanceRead.Door.MAP
KEPT, NOTED = "_purpose_in_force", "_purpose_noted"


class PurposeRefused(ValueError):
    """Why a purpose is not taken, in words for the person who stated it."""


def may(user) -> bool:
    return user.is_authenticated and user.reads_exact_positions


def current(user: User) -> SurveillanceAccess | None:
    """The purpose that is in force for the account, the newest first. A found one stays with the account's object, which lives for a
    request, for tiles a second: a map asks for dozens of them."""
    kept = getattr(user, KEPT, None)
    if kept is None or kept.valid_until <= timezone.now():
        kept = user.surveillance_accesses.filter(valid_until__gt=Now()).select_related("reason").order_by("-pk").first()
        setattr(user, KEPT, kept)
    return kept


def state_purpose(*, reason: AccessReason | None, note: str, by: User, now: datetime) -> SurveillanceAccess:
    """Open exact positions until the end of the day in Shanghai. Raises PurposeRefused with the reason."""
    if not may(by):
        raise PermissionDenied
    note = note.strip()
    if reason is None or not reason.is_active:
        raise PurposeRefused(_("请选择用途。"))
    if reason.needs_note and not note:
        raise PurposeRefused(_("这个用途须写明事由。"))
    if found := pii.find(note):
        raise PurposeRefused(_("事由中像是有%(kind)s，请删去。") % {"kind": PERSONAL[found[0].kind]})
    day = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    setattr(by, KEPT, None)
    return SurveillanceAccess.objects.create(
        user=by, division_id=by.division_id, reason=reason, note=note, opened_at=now, valid_until=day + timedelta(days=1)
    )


def note_read(user: User, door: str, count: int) -> None:
    """Write down a reading under the purpose in force. Tiles come by the dozen: the map is noted once for each purpose."""
    access = current(user)
    if access is None:
        return
    if door != MAP:
        SurveillanceRead.objects.create(access=access, door=door, object_count=count)
        return
    if getattr(user, NOTED, None) == access.pk:
        return
    noted = f"surveillance-map-noted/{access.pk}"
    if not cache.get(noted):
        in_reach = SurveillancePoint.objects.visible_to(user).count()
        SurveillanceRead.objects.bulk_create([SurveillanceRead(access=access, door=door, object_count=in_reach)], ignore_conflicts=True)
        cache.set(noted, True, 24 * 3600)
    setattr(user, NOTED, access.pk)


def readings(user: User) -> QuerySet[SurveillanceAccess]:
    """The log: the auditor reads all of it, everybody else the own entries."""
    entries = SurveillanceAccess.objects.select_related("user", "division", "reason").prefetch_related("reads")
    return entries if user.role == User.Role.AUDITOR else entries.filter(user=user)
