"""What time does to issues: village → town → county when nothing happens (小事不出村、大事不出乡), and rechecks that fall due."""
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from zones import notices
from zones.models import Issue, IssueNote, Notice, UnitLevel
from zones.periods import day_of
from zones.register_rules import rules_at

ABOVE = {UnitLevel.VILLAGE: UnitLevel.TOWN, UnitLevel.TOWN: UnitLevel.COUNTY}


def escalate(*, now: datetime) -> int:
    """Issues that are so many calendar days overdue at their level rise by one level; how many. Again on the same day: none.

    The number of days counts from the deadline, so a new deadline starts them anew. The unit stays: who is in charge changes.
    """
    today, figures = day_of(now), rules_at(now).figures
    risen = 0
    # From above, so that one run lifts an issue by one level only.
    for level in (UnitLevel.TOWN, UnitLevel.VILLAGE):
        last = today - timedelta(days=figures.escalate_overdue_days[level])
        rows = Issue.objects.everywhere("time passes for all").filter(state__in=Issue.AT_WORK, level=level, due_on__lte=last)
        for pk in list(rows.order_by("pk").values_list("pk", flat=True)):
            risen += _rise(pk, level, last, now)
    return risen


def _rise(pk: int, level: str, last, now: datetime) -> bool:
    to = ABOVE[UnitLevel(level)]
    with transaction.atomic():
        mine = Issue.objects.everywhere("one of those above").filter(pk=pk, level=level, state__in=Issue.AT_WORK, due_on__lte=last)
        if not mine.update(level=to, updated_at=now):
            return False
        issue = Issue.objects.everywhere("just changed").get(pk=pk)
        days = (day_of(now) - issue.due_on).days
        text = _("逾期%(days)d天，由%(level)s督办。") % {"days": days, "level": to.label}
        IssueNote.objects.create(issue=issue, kind=IssueNote.Kind.ESCALATED, text=text, at=now)
        people = [*notices.first_with_people(issue, to), *notices.of_its_units(issue)]
        notices.tell(issue, Notice.Kind.ESCALATED, people, by=None, now=now)
    return True


def remind_of_rechecks(*, now: datetime) -> int:
    """Officers in charge hear once of each recheck that has fallen due; how many issues."""
    due = Issue.objects.everywhere("time passes for all").filter(recheck_on__lte=day_of(now), recheck_on__isnull=False)
    told = 0
    for issue in due.order_by("pk"):
        with transaction.atomic():
            Issue.objects.everywhere("one at a time").select_for_update().filter(pk=issue.pk).exists()
            if not issue.notices.filter(kind=Notice.Kind.RECHECK, at__gte=issue.closed_at).exists():
                told += notices.tell(issue, Notice.Kind.RECHECK, notices.of_verifiers(issue), by=None, now=now) > 0
    return told
