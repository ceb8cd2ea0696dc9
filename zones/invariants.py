"""What must hold of publications and of official numbers (geo/invariants.py says what that is for)."""
from collections.abc import Iterator

from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _

from geo.invariants import Held
from zones import publication as publishing
from zones.models import Issue, IssueCounter, Publication


def examine() -> Iterator[Held]:
    yield Held(_("公布：每一版完整，与公布时的摘要一致"), list(_publications()))
    yield Held(_("挂号：编号从1起，不缺不重"), list(_numbers()))


def _publications() -> Iterator[str]:
    for found in Publication.objects.all():
        if publishing.digest_of_stored(found) != found.sha256:
            yield str(found)


def _numbers() -> Iterator[str]:
    given = Issue.objects.everywhere("numbers of the whole county").order_by().values("number_unit", "number_year")
    told = given.annotate(first=Min("number_seq"), last=Max("number_seq"), count=Count("pk"), different=Count("number_seq", distinct=True))
    counters = {(each.unit_id, each.year): each.last for each in IssueCounter.objects.filter(last__gt=0)}
    for row in told:
        counted = counters.pop((row["number_unit"], row["number_year"]), 0)
        if not row["first"] == 1 or not row["last"] == row["count"] == row["different"] == counted:
            yield f"{row['number_unit']} {row['number_year']}"
    yield from (f"{unit} {year}" for unit, year in counters)
