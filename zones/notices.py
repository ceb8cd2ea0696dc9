"""Who is told of what: the people whose turn it is, whoever watches, never the one who did it."""
from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q, QuerySet

from geo.models import User
from zones.models import Duty, Issue, Notice, UnitLevel
from zones.models.notices import FROM_DOORS
from zones.register_rights import RANK_OF_ROLE
from zones.register_rules import RANKS, chain, unit_of

LADDER = tuple(RANKS)
# Who is told of what comes in through which public door: grades are the county's to decide.
OFFICERS = {
    "feedback": (User.Role.TOWN_OFFICER, User.Role.COUNTY_OFFICER), "reinspection": (User.Role.TOWN_OFFICER, User.Role.COUNTY_OFFICER),
    "appeal": (User.Role.COUNTY_OFFICER,), "reply": (User.Role.COUNTY_OFFICER,),
}  # fmt: skip


def tell(issue: Issue, kind: str, people: Iterable[User], *, by: User | None, now: datetime) -> int:
    """One notice for each of the people and the watchers who may read the issue; belongs into the transaction of the event."""
    wanted = {each.pk: each for each in people}
    watching = User.objects.filter(pk__in=issue.watches.values("user"), is_active=True)
    wanted |= {each.pk: each for each in watching}
    if by is not None:
        wanted.pop(by.pk, None)
    told = [each for each in wanted.values() if each.division_id in issue.reader_codes and each.reads_business_data]
    Notice.objects.bulk_create([Notice(user=each, kind=kind, issue=issue, at=now) for each in told])
    return len(told)


def tell_of_door(kind: str, division_id: str, *, now: datetime) -> int:
    """Something came in through a public door: one unread notice a person and door, however much comes. Officers alone read it."""
    people = User.objects.filter(is_active=True, division_id__in=chain(division_id), role__in=OFFICERS[kind])
    rows = [Notice(user=each, kind=kind, at=now) for each in people]
    return len(Notice.objects.bulk_create(rows, ignore_conflicts=True))


def of_unit(code: str) -> QuerySet[User]:
    return User.objects.filter(is_active=True, division_id=code, role__in=RANK_OF_ROLE)


def first_with_people(issue: Issue, from_level: str) -> list[User]:
    """The people of the lowest unit above the place, from that level on, which has any: a village may have no account."""
    for level in LADDER[LADDER.index(UnitLevel(from_level)) :]:
        if found := list(of_unit(unit_of(issue.division_id, level))):
            return found
    return []


def of_its_units(issue: Issue) -> list[User]:
    """The responsible unit and those that share the issue; the level above where the unit has no account."""
    found = list(of_unit(issue.unit_id)) or first_with_people(issue, UnitLevel.TOWN)
    for code in issue.joint_units.values_list("unit_id", flat=True):
        found += list(of_unit(code)) or list(of_unit(code[:9]))
    return found


def of_verifiers(issue: Issue) -> list[User]:
    level = max(issue.level, UnitLevel.TOWN, key=lambda each: RANKS[each])
    return first_with_people(issue, level)


def unread_count(user: User) -> int:
    return Notice.objects.filter(user=user, read_at=None).count()


def of_reader(user: User) -> QuerySet[Notice]:
    """A person's notices, the newest first, of what the person may still read."""
    mine = Q(issue__in=Issue.objects.visible_to(user).values("pk")) | Q(duty__in=Duty.objects.visible_to(user).values("pk"))
    if user.writes_business_data:
        mine |= Q(kind__in=FROM_DOORS)
    about = ("issue__category", "issue__division", "duty__rule", "duty__division")
    return Notice.objects.filter(mine, user=user).select_related(*about)


def read(
    user: User, *, now: datetime, about: Issue | Duty | None = None, last: int | None = None, door: str = ""
) -> int:  # fmt: skip
    """Mark as read: those about one issue, duty or public door, or all up to the newest that the person has seen (`last`, a key)."""
    rows = Notice.objects.filter(user=user, read_at=None)
    if door:
        rows = rows.filter(kind=door)
    elif about is None:
        rows = rows.filter(pk__lte=last or 0)
    else:
        rows = rows.filter(issue=about) if isinstance(about, Issue) else rows.filter(duty=about)
    return rows.update(read_at=now)
