"""What zones adds to the scoreboard (R2): regular duties in time, and problems mended in time."""
from datetime import datetime, timedelta

from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from geo.models import Division, User
from patrol.measures import LOWEST, Measure, register
from zones.bulletins.figures import IN_TIME, in_time
from zones.models import Duty, Feedback
from zones.periods import day_of

TOO_MUCH = _("比例最大是100。")


def duties_on_time(user: User, unit: Division, start: datetime, end: datetime) -> float | None:
    """Percent of the duties that fell due or were done; what is late, missed or overdue counts against the unit."""
    rows = Duty.objects.visible_to(user).in_division(unit.code).between(day_of(start), _last(end)).judged(day_of(end)).order_by()
    found = rows.aggregate(n=Count("pk"), done=Count("pk", filter=Q(state=Duty.State.DONE)))
    return 100 * found["done"] / found["n"] if found["n"] else None


def issues_on_time(user: User, unit: Division, start: datetime, end: datetime) -> float | None:
    """Percent of the problems with their last day in the time: mended by it, and closed. The unit lies in the reader's territory."""
    found = in_time(unit.code, day_of(start), _last(end), end).aggregate(n=Count("pk"), done=Count("pk", filter=IN_TIME))
    return 100 * found["done"] / found["n"] if found["n"] else None


def answers_timely(user: User, unit: Division, start: datetime, end: datetime) -> float | None:
    """Percent of what the public reported, repeats aside, that was answered by its day. The unit lies in the reader's territory."""
    rows = Feedback.objects.in_division(unit.code).filter(due_on__gte=day_of(start), due_on__lte=_last(end)).order_by()
    rows = rows.exclude(state=Feedback.State.DUPLICATE)
    found = rows.aggregate(n=Count("pk"), done=Count("pk", filter=Q(answered_at__date__lte=F("due_on"))))
    return 100 * found["done"] / found["n"] if found["n"] else None


def _last(end: datetime):
    return day_of(end - timedelta(microseconds=1))


register(
    Measure(
        "duties_on_time", _("定期任务按时率不低于（%）"), LOWEST, duties_on_time,
        _("定期任务按时率：按时完成数 ÷ 已到期或已办的任务数，逾期和未完成都不算按时；县级目标取各乡镇最低的。"), 100, TOO_MUCH,
    )
)  # fmt: skip
register(
    Measure(
        "issues_on_time", _("问题按期办结率不低于（%）"), LOWEST, issues_on_time,
        _("问题按期办结率：期限已到的问题中按期整改并已销号的比例，撤销的和待核查的不计；县级目标取各乡镇最低的。"), 100, TOO_MUCH,
    )
)  # fmt: skip
register(
    Measure(
        "answers_timely", _("群众反映按期答复率不低于（%）"), LOWEST, answers_timely,
        _("群众反映按期答复率：答复期限在期内的群众反映中按期答复的比例，重复件不计；县级目标取各乡镇最低的。"), 100, TOO_MUCH,
    )
)  # fmt: skip
