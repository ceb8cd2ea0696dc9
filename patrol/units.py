"""Which unit a page speaks of: the reader's own, or one below it that the reader chose."""

from datetime import date, datetime, time, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet
from django.http import Http404
from django.utils import timezone

from geo import walls
from geo.models import Division, User
from patrol.models import Patrol, Submission

TOWN_LENGTH, COUNTY_LENGTH = 9, 6
PAGE_SIZE = 50


def chosen(user: User, code: str) -> Division:
    """The unit with this code, the reader's own for none; one outside the own territory is not there."""
    if not code:
        return user.division
    found = Division.objects.in_division(user.division_id).filter(pk=code[:12].replace("\x00", "")).first()
    if found is None:
        raise Http404
    return found


def choices(user: User) -> list[Division]:
    """The own unit and the towns in it (a town's reader: the villages)."""
    length = TOWN_LENGTH if len(user.division_id) < TOWN_LENGTH else 12
    level = Division.Level.TOWN if length == TOWN_LENGTH else Division.Level.VILLAGE
    below = Division.objects.in_division(user.division_id).at_level(level).exclude(pk=user.division_id)
    return [user.division, *below]


def towns(code: str) -> list[Division]:
    """Towns in a unit; a town, and a village, is its own only one."""
    if len(code) >= TOWN_LENGTH:
        return list(Division.objects.filter(pk=code))
    return list(Division.objects.in_division(code).at_level(Division.Level.TOWN))


def reach(code: str) -> datetime | None:
    """Since when there are data from people who may patrol here (of this unit, or of one above it): their first submission, or
    the beginning of their first patrol with a fix. An app that only sends positions makes no submission.
    """
    above = [code[:length] for length in (2, 4, COUNTY_LENGTH, TOWN_LENGTH) if length < len(code)]
    from_here = Q(device__user__division__code__startswith=code) | Q(device__user__division_id__in=above)
    with walls.opened("only its moment is told"):
        handed_in = Submission.objects.filter(from_here).order_by("received_at").values_list("received_at", flat=True).first()
    # A start far from every fix is that of a wrong clock.
    walked = Patrol.objects.everywhere("only its moment is told").filter(from_here, last_fix_at__lte=F("started_at") + timedelta(days=1))
    began = walked.order_by("started_at").values_list("started_at", flat=True).first()
    return min((one for one in (handed_in, began) if one), default=None)


def start_of(day: date) -> datetime:
    """The first moment of a day in the county's time."""
    return timezone.make_aware(datetime.combine(day, time.min))


def day_of(text: str, default: date) -> date:
    """A day written as YYYY-MM-DD; nonsense is the default."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return default


def week_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def local(moment: datetime) -> datetime:
    return timezone.localtime(moment)


def page(rows: QuerySet, number: str | None, size: int = PAGE_SIZE) -> Page:
    return Paginator(rows, size).get_page(number)
