"""The log of the patrols (R10): which entries a reader sees, narrowed by kind, town and days."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Count, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from geo.layers import registry
from geo.models import User
from patrol import units
from patrol.models import LogEntry, Photo, Submission

READERS = (User.Role.COUNTY_OFFICER, User.Role.TOWN_OFFICER, User.Role.VILLAGE_CADRE, User.Role.PATROL_MEMBER)
# What was noticed when it came in (docs/field-api.md).
FLAGS = {
    "outside_shift": _("不在班次内"),
    "clock_suspect": _("手机时间可疑"),
    "mock": _("模拟定位"),
    "speed_suspect": _("速度可疑"),
    "expired": _("过期"),
    "outside_territory": _("在辖区外"),
    "unknown_shift": _("班次不明"),
}


def readable(user: User) -> QuerySet[LogEntry]:
    """Officers and village cadres read the log of their territory, a member of a patrol the own entries, nobody else any."""
    if user.role == User.Role.PATROL_MEMBER:
        return LogEntry.objects.everywhere("the person's own entries").filter(user=user)
    if user.role not in READERS:
        return LogEntry.objects.everywhere("none of it").none()
    return LogEntry.objects.visible_to(user)


def narrowed(user: User, query: Mapping[str, str], *, on: date) -> tuple[QuerySet[LogEntry], dict]:
    """The entries that were asked for, the newest first, and what was understood. The last 30 days where no day is named."""
    last = units.day_of(query.get("to", ""), on)
    first = min(units.day_of(query.get("from", ""), last - timedelta(days=29)), last)
    kind = query.get("kind", "") if query.get("kind", "") in LogEntry.Kind.values else ""
    town = query.get("town", "")[:12] if query.get("town", "")[:12].isdecimal() else ""
    rows = readable(user).filter(happened_at__gte=units.start_of(first), happened_at__lt=units.start_of(last + timedelta(days=1)))
    if kind:
        rows = rows.filter(kind=kind)
    if town:
        rows = rows.filter(division__code__startswith=units.chosen(user, town).code)
    return rows.select_related("division", "user", "patrol"), {"from": first, "to": last, "kind": kind, "town": town}


def entry_or_404(user: User, pk: int) -> LogEntry:
    found = readable(user).filter(pk=pk).select_related("division", "user", "patrol", "submission").first()
    if found is None:
        raise Http404
    return found


def photos_of(entry: LogEntry) -> QuerySet[Photo]:
    """Pictures that came with the entry, those still on their way among them."""
    return photos_with(entry.submission)


def photos_with(submission: Submission) -> QuerySet[Photo]:
    return Photo.objects.filter(submission_id=submission.submission_id, device_id=submission.device_id)


def picture_or_404(entry: LogEntry, key: str) -> Path:
    return stored_or_404(entry.submission, key)


def stored_or_404(submission: Submission, key: str) -> Path:
    """The stored copy, under MEDIA_ROOT/patrol and nowhere else."""
    photo = next((each for each in photos_with(submission).exclude(stored="") if str(each.pk) == key), None)
    room = Path(settings.MEDIA_ROOT, "patrol").resolve()
    path = Path(settings.MEDIA_ROOT, photo.stored).resolve() if photo else room
    if not path.is_relative_to(room) or not path.is_file():
        raise Http404
    return path


def place_of(entry: LogEntry) -> tuple[str, int] | None:
    """The object that the entry is about, where its layer is known."""
    return (entry.place_layer, entry.place_pk) if entry.place_layer and registry.get(entry.place_layer) else None


def counts(rows: QuerySet[LogEntry]) -> list[tuple[str, str, int]]:
    """(kind, word, count) of the entries."""
    found = dict(rows.order_by().values_list("kind").annotate(n=Count("pk")))
    return [(kind, label, found.get(kind, 0)) for kind, label in LogEntry.Kind.choices]


def flags_of(entry: LogEntry) -> list[str]:
    return [str(FLAGS.get(flag, flag)) for flag in entry.flags]
