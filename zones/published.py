"""What the public reads: the published tables, through the role that can read nothing else."""
import re
from datetime import date

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import Case, Func, IntegerField, Q, QuerySet, Value, When

from geo.models import Division, DivisionOutline
from zones.models import Grade, Publication, PublishedGrade
from zones.rating import Reason
from zones.sentences import Line, deciding_of, lines_of

PUBLIC = "public"
# About 30 metres; the outlines are schematic anyway.
OUTLINE_TOLERANCE_DEG = 0.0003
_WORST_FIRST = Case(
    *(When(colour=colour, then=Value(rank)) for rank, colour in enumerate(("red", "yellow", "not_graded", "green"))),
    output_field=IntegerField(),
)


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


def grades(publication: Publication, *, town: str = "", colour: str = "", text: str = "") -> QuerySet[PublishedGrade]:
    """The worst first; each filter that is empty or unknown to the page lets everything through."""
    found = PublishedGrade.objects.using(PUBLIC).filter(publication=publication)
    if town.isdecimal():
        found = found.filter(town_code=town)
    if colour in Grade.Colour.values:
        found = found.filter(colour=colour)
    if text:
        found = found.filter(name__icontains=text)
    return found.order_by(_WORST_FIRST, "town_code", "name", "pk")


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


class Simplified(Func):
    function = "ST_SimplifyPreserveTopology"


def outlines(on: date) -> list[tuple[str, str, str, str]]:
    """(level, code, name, GeoJSON) of the schematic outlines of counties and towns. A real boundary is not ours to publish."""
    found = DivisionOutline.objects.using(PUBLIC).in_force(on).filter(is_schematic=True)
    found = found.filter(division__level__in=(Division.Level.COUNTY, Division.Level.TOWN)).order_by("division_id")
    simple = Simplified("geom", Value(OUTLINE_TOLERANCE_DEG), output_field=DivisionOutline._meta.get_field("geom"))
    return list(found.annotate(json=AsGeoJSON(simple, precision=4)).values_list("division__level", "division_id", "division__name", "json"))
