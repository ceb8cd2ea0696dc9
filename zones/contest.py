"""R17: the contest as the public reads it: who holds the title, for how many periods, and towns beside one another."""
from django.db.models import Count, Q, QuerySet

from zones import league, published
from zones.models import FourFree, Publication, PublishedGrade, PublishedTitle

COURTYARDS, COMPOUNDS = "courtyards", "compounds"


def units(publication: Publication, unit: str, *, town: str = "", text: str = "", size: str = "") -> QuerySet:
    """Courtyards, or compounds of one size: a small one has fewer doors to be broken into, so that sizes are not mixed."""
    if unit == COURTYARDS:
        return published.titles(publication, town=town, text=text)
    found = published.grades(publication, town=town, text=text, order="streak")
    return found.filter(size_class=size) if size in PublishedGrade.Size.values and size else found


def towns(publication: Publication, unit: str) -> list[league.Place]:
    if unit == COURTYARDS:
        rows, outcome = PublishedTitle.objects, "outcome"
    else:
        rows, outcome = PublishedGrade.objects, "title_outcome"
    of = {name: Count("pk", filter=Q(**{outcome: value})) for name, value in (("held", FourFree.HELD), ("lost", FourFree.NOT_HELD))}
    found = rows.using(published.PUBLIC).filter(publication=publication).order_by().values_list("town_code", "town_name")
    return league.places(
        league.Town(code, name, held, held + lost, total - held - lost)
        for code, name, held, lost, total in found.annotate(**of, total=Count("pk"))
    )


def counts(publication: Publication, unit: str) -> dict[str, int]:
    places = [place.town for place in towns(publication, unit)]
    return {
        "held": sum(town.held_count for town in places),
        "not_held": sum(town.decided_count - town.held_count for town in places),
        "not_enough": sum(town.open_count for town in places),
    }
