"""R12: hazards and broken facilities of the patrols' log become issues without retyping (打防管控一体化).

At once by the signal that patrol sends after its commit, and by a sweep for what that missed: one entry, one issue.
"""
import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Cast
from django.utils import translation
from django.utils.translation import gettext as _

from geo.layers import registry
from geo.models import Division, DivisionOutline
from patrol import logbook
from patrol.entries import HAZARDS
from patrol.models import LogEntry, Photo
from zones import register as verbs
from zones.models import Issue
from zones.periods import day_of
from zones.register_places import division_at, shown_point
from zones.register_rules import rules_at
from zones.register_words import RegisterRefused, blotted

SWEEP_AT_MOST = 500
log = logging.getLogger(__name__)


def register(entry_pk: int, *, now: datetime) -> Issue | None:
    """The issue of a log entry: a new one, or the one that it has. None for an entry that is no hazard. Raises RegisterRefused."""
    entry = LogEntry.objects.everywhere("the log's own hazards").select_related("user").filter(pk=entry_pk, kind__in=HAZARDS).first()
    if entry is None:
        return None
    if known := issue_of(entry):
        return known
    try:
        with transaction.atomic():
            return _entered(entry, now)
    except IntegrityError:
        if known := issue_of(entry):  # the sweep and the signal met
            return known
        raise


def issue_of(entry: LogEntry) -> Issue | None:
    return Issue.objects.everywhere("of one entry").filter(source=Issue.Source.PATROL, source_ref=str(entry.pk)).first()


def _entered(entry: LogEntry, now: datetime) -> Issue:
    place = _place(entry)
    point, division_id, is_approximate = _where(entry, place, now)
    kind = getattr(place, "kind", "") if entry.place_layer in ("facilities", "premises") else ""
    category = rules_at(now).category_for_log(entry.kind, kind)
    with translation.override(settings.LANGUAGE_CODE):  # what is stored is Chinese, whoever's request brought it
        text = blotted(entry.text.strip()) or _("（巡逻日志没有写说明）")
    return verbs.enter(
        category=category, text=text, point=point, division_id=division_id,
        by=entry.user, now=now, source=Issue.Source.PATROL, source_ref=str(entry.pk), is_approximate=is_approximate,
        place_layer=entry.place_layer, place_pk=entry.place_pk, place_name=blotted(entry.place_name),
    )  # fmt: skip


def _place(entry: LogEntry) -> models.Model | None:
    layer = registry.get(entry.place_layer) if entry.place_layer else None
    rows = layer and layer.model.objects.everywhere("the object was found through the patrol's rights")
    return rows.filter(pk=entry.place_pk).first() if layer else None


def _where(entry: LogEntry, place: models.Model | None, now: datetime) -> tuple[Point, str, bool]:
    """Point, division, and whether only the division is known. The entry's division is where its position or its people belong."""
    seen_at = None if "outside_territory" in entry.flags else entry.geom
    is_point = place is not None and place.geom.geom_type == "Point"
    point = shown_point(place) if is_point or (place is not None and seen_at is None) else seen_at
    if point is not None:
        return point, division_at(point, on=day_of(now)) or entry.division_id, False
    return middle(entry.division_id, now), entry.division_id, True


def middle(division_id: str, now: datetime) -> Point:
    """A point of the division for the map; of the smallest one above it that has an outline or a seat."""
    for length in range(len(division_id), 1, -1):
        code = division_id[:length]
        outline = DivisionOutline.objects.in_force(day_of(now)).filter(division_id=code).first()
        seat = Division.objects.filter(pk=code).values_list("seat", flat=True).first()
        if outline or seat:
            return outline.geom.point_on_surface if outline else seat
    raise RegisterRefused(_("这个单位没有轮廓，也没有驻地坐标。"))


def waiting(now: datetime):
    """Hazards of the last `sweep_days` days that have no issue."""
    since = now - timedelta(days=rules_at(now).figures.sweep_days)
    rows = LogEntry.objects.everywhere("the log's own hazards").filter(kind__in=HAZARDS, submission__received_at__gte=since)
    told = Issue.objects.everywhere("by their entries").filter(
        source=Issue.Source.PATROL, source_ref=Cast(OuterRef("pk"), models.CharField(max_length=60))
    )
    return rows.filter(~Exists(told)).order_by("pk")


def sweep(*, now: datetime) -> int:
    """Register what waits; how many. One that fails is logged and left for the next time, and does not stop the others."""
    done = 0
    for pk in waiting(now).values_list("pk", flat=True)[:SWEEP_AT_MOST]:
        try:
            done += register(pk, now=now) is not None
        except (RegisterRefused, DatabaseError):
            log.exception("log entry %s is not in the register yet", pk)
    return done


def entry_of(issue: Issue) -> LogEntry | None:
    """The patrol's log entry that the issue came from."""
    if issue.source != Issue.Source.PATROL:
        return None
    return LogEntry.objects.everywhere("read with the issue's rights").select_related("submission").filter(pk=int(issue.source_ref)).first()


def photos_of(issue: Issue) -> list[Photo]:
    """The pictures of the log entry, those that come later among them: they stay the patrol's and are shown here."""
    entry = entry_of(issue)
    return list(logbook.photos_of(entry).exclude(stored="")) if entry else []
