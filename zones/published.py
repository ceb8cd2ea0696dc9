"""What the public reads: the published tables, through the role that can read nothing else."""
import re
from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.gis.db.models.functions import AsGeoJSON, Distance
from django.db import connections
from django.db.models import Case, Func, IntegerField, Q, QuerySet, Value, When

from geo.models import Compound, Division, DivisionOutline
from zones import sql
from zones.models import FourFree, Grade, Publication, PublishedBulletin, PublishedGrade, PublishedTitle
from zones.rating import Reason
from zones.sentences import Line, deciding_of, lines_of

PUBLIC = "public"
# About 30 metres; the outlines are schematic anyway.
OUTLINE_TOLERANCE_DEG = 0.0003
_WORST_FIRST = Case(
    *(When(colour=colour, then=Value(rank)) for rank, colour in enumerate(("red", "yellow", "not_graded", "green"))),
    output_field=IntegerField(),
)


_BEST_FIRST = Case(
    *(When(colour=colour, then=Value(rank)) for rank, colour in enumerate(("green", "not_graded", "yellow", "red"))),
    output_field=IntegerField(),
)
ORDERS = {
    "": (_WORST_FIRST, "town_code", "name", "pk"),
    "best": (_BEST_FIRST, "town_code", "name", "pk"),
    "name": ("name", "pk"),
    "town": ("town_code", "name", "pk"),
    "streak": ("-title_streak_count", "town_code", "name", "pk"),
}


def version() -> int:
    """Goes up whenever something that the public reads changes."""
    return version_and_moment()[0]


def version_and_moment() -> tuple[int, datetime | None]:
    """The version, and when it became so."""
    with connections[PUBLIC].cursor() as cursor:
        cursor.execute(sql.PUBLIC_VERSION)
        row = cursor.fetchone()
    return row or (0, None)


def publications() -> QuerySet[Publication]:
    """What was published ever; what only lies ready is not there for this role (and the filter says so to a reader)."""
    return Publication.objects.using(PUBLIC).filter(published_at__isnull=False).order_by("-ends_on", "-number")


def newest() -> Publication | None:
    return publications().filter(is_current=True).first()


def find(period: str, number: str = "") -> Publication | None:
    """The current publication of a period, or the one with this number; a period that was withdrawn shows what was withdrawn."""
    wanted = publications().filter(period=period)
    if not number:
        return wanted.filter(is_current=True).first() or wanted.filter(withdrawn_at__isnull=False).first()
    return wanted.filter(number=int(number)).first() if re.fullmatch(r"[0-9]{1,4}", number) else None


def grades(
    publication: Publication, *, town: str = "", colour: str = "", text: str = "", kind: str = "", title: str = "", order: str = ""
) -> QuerySet[PublishedGrade]:
    """The worst first, or by one of ORDERS; each filter that is empty or unknown to the page lets everything through."""
    found = PublishedGrade.objects.using(PUBLIC).filter(publication=publication)
    if town.isdecimal():
        found = found.filter(town_code=town)
    if colour in Grade.Colour.values:
        found = found.filter(colour=colour)
    if text:
        found = found.filter(name__icontains=text)
    if kind in Compound.Kind.values:
        found = found.filter(kind=kind)
    if title in FourFree.values:
        found = found.filter(title_outcome=title)
    return found.order_by(*ORDERS.get(order, ORDERS[""]))


def towns(publication: Publication) -> list[tuple[str, str]]:
    found = PublishedGrade.objects.using(PUBLIC).filter(publication=publication)
    return list(found.order_by("town_code").values_list("town_code", "town_name").distinct())


def history(public_id) -> QuerySet[PublishedGrade]:
    """The compound in every period's current publication, the newest first; what was withdrawn stands behind what is current."""
    told = Q(publication__is_current=True) | Q(publication__withdrawn_at__isnull=False)
    found = PublishedGrade.objects.using(PUBLIC).filter(told, public_id=public_id)
    return found.select_related("publication").order_by("-publication__ends_on", "-publication__is_current", "-publication__number")


def corrections(public_id) -> QuerySet[PublishedGrade]:
    """What was said of the compound in publications that a correction has replaced."""
    replaced = {"publication__is_current": False, "publication__published_at__isnull": False, "publication__withdrawn_at": None}
    found = PublishedGrade.objects.using(PUBLIC).filter(public_id=public_id, **replaced)
    return found.select_related("publication").order_by("-publication__ends_on", "-publication__number")


def lines(published: PublishedGrade) -> list[Line]:
    return lines_of(Reason(**reason) for reason in published.reasons)


def deciding(published: PublishedGrade) -> list[Line]:
    return deciding_of(published.colour, (Reason(**reason) for reason in published.reasons))


def comparable(grade: PublishedGrade) -> QuerySet[PublishedGrade]:
    """Others of the same publication, kind and size, the nearest first."""
    found = grades(grade.publication).filter(kind=grade.kind, size_class=grade.size_class).exclude(public_id=grade.public_id)
    return found.annotate(away=Distance("point", grade.point)).order_by("away", "pk")


def titles(publication: Publication, *, town: str = "", text: str = "") -> QuerySet[PublishedTitle]:
    """Courtyards, the longest streak first."""
    found = PublishedTitle.objects.using(PUBLIC).filter(publication=publication)
    if town.isdecimal():
        found = found.filter(town_code=town)
    if text:
        found = found.filter(name__icontains=text) | found.filter(compound_name__icontains=text)
    return found.order_by("-streak_count", _HELD_FIRST, "town_code", "compound_name", "name", "pk")


_HELD_FIRST = Case(
    *(When(outcome=outcome, then=Value(rank)) for rank, outcome in enumerate(("held", "not_enough", "not_held"))),
    output_field=IntegerField(),
)


def title_history(public_id) -> QuerySet[PublishedTitle]:
    found = PublishedTitle.objects.using(PUBLIC).filter(public_id=public_id, publication__is_current=True)
    return found.select_related("publication").order_by("-publication__ends_on")


@dataclass(frozen=True)
class Change:
    """Something that was told to the public, or taken back. `what`: publication, correction, withdrawal or bulletin."""

    at: datetime
    what: str
    name: str
    number: int
    reason: str
    unit: str
    sha256: str = ""
    public_id: str = ""


def changes(since: datetime | None = None) -> list[Change]:
    """Publications, corrections, withdrawals and bulletins, the newest first; those after `since`."""
    found = []
    for each in publications():
        what = "correction" if each.is_correction else "publication"
        head = (each.period, each.number)
        found.append(Change(each.published_at, what, *head, each.correction_reason, each.published_by_unit, each.sha256))
        if each.withdrawn_at:
            found.append(Change(each.withdrawn_at, "withdrawal", *head, each.withdrawn_reason, each.withdrawn_by_unit, each.sha256))
    for bulletin in bulletins().defer("content"):
        key = str(bulletin.public_id)
        found.append(Change(bulletin.published_at, "bulletin", bulletin.number, 1, bulletin.correction_reason, bulletin.issuer, "", key))
    found.sort(key=lambda change: change.at, reverse=True)
    return [change for change in found if since is None or change.at > since]


def bulletins() -> QuerySet[PublishedBulletin]:
    return PublishedBulletin.objects.using(PUBLIC).select_related("corrects").order_by("-published_at", "-pk")


class Simplified(Func):
    function = "ST_SimplifyPreserveTopology"


def outlines(on: date) -> list[tuple[str, str, str, str]]:
    """(level, code, name, GeoJSON) of the schematic outlines of counties and towns. A real boundary is not ours to publish."""
    found = DivisionOutline.objects.using(PUBLIC).in_force(on).filter(is_schematic=True)
    found = found.filter(division__level__in=(Division.Level.COUNTY, Division.Level.TOWN)).order_by("division_id")
    simple = Simplified("geom", Value(OUTLINE_TOLERANCE_DEG), output_field=DivisionOutline._meta.get_field("geom"))
    return list(found.annotate(json=AsGeoJSON(simple, precision=4)).values_list("division__level", "division_id", "division__name", "json"))
