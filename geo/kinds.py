"""Kinds of premises and public facilities: the defaults, and what a county's officer may change. A code is for ever."""
import json
from datetime import date, datetime

from django.apps import AppConfig
from django.apps import apps as global_apps
from django.apps.registry import Apps
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from geo.models import PlaceKind, User
from geo.models.kinds import DEFAULT_SOURCE, kept

DEFAULTS = settings.BASE_DIR / "fixtures/place_kinds.json"


class KindRefused(ValueError):
    """The text says why, in the reader's language."""


def load_defaults(sender: AppConfig, *, using: str, apps: Apps = global_apps, **signal: object) -> None:
    """Our own kinds for a layer that has none yet; after every migration, as the framework fills its own tables."""
    if sender.name != "geo" or not apps.is_installed("geo") or "placekind" not in apps.all_models["geo"]:
        return  # migrated to before there were kinds
    rows = json.loads(DEFAULTS.read_text(encoding="utf-8"))
    filled = set(PlaceKind.objects.using(using).values_list("layer", flat=True))
    fresh = [PlaceKind(**row, source=DEFAULT_SOURCE, valid_from=date(2026, 1, 1)) for row in rows if row["layer"] not in filled]
    PlaceKind.objects.using(using).bulk_create(fresh)
    kept.forget()


def may_change(user: User) -> bool:
    return user.role == User.Role.COUNTY_OFFICER


def save(kind: PlaceKind, *, by: User, now: datetime) -> PlaceKind:
    """Write a new kind, or a changed title, mark, colour, figure, group or order. The form has checked the values."""
    if not may_change(by):
        raise PermissionDenied
    if kind.pk and PlaceKind.objects.get(pk=kind.pk).code != kind.code:
        raise KindRefused(_("代码不能改：已有场所按它归类。"))
    kind.changed_by, kind.changed_at = by, now
    kind.save()
    kept.forget()
    return kind


def retire(kind: PlaceKind, *, on: date, by: User, now: datetime) -> None:
    """From that day on nothing new is put into it; what is in it stays and is shown."""
    _set_end(kind, on, by=by, now=now)


def reinstate(kind: PlaceKind, *, by: User, now: datetime) -> None:
    _set_end(kind, None, by=by, now=now)


def _set_end(kind: PlaceKind, on: date | None, *, by: User, now: datetime) -> None:
    if not may_change(by):
        raise PermissionDenied
    if on is not None and PlaceKind.objects.filter(layer=kind.layer, valid_to=None).exclude(pk=kind.pk).count() == 0:
        raise KindRefused(_("至少要留一个在用的类别。"))
    PlaceKind.objects.filter(pk=kind.pk).update(valid_to=on, changed_by=by, changed_at=now)
    kept.forget()
