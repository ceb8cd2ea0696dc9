"""One renderer for every reason: the exact one for staff and the protected one for the public."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zones.rating import NOT_GRADED, Reason

NAMES = {
    "theft": gettext_lazy("盗窃"),
    "drugs": gettext_lazy("吸毒"),
    "crime": gettext_lazy("犯罪"),
    "fire": gettext_lazy("火灾"),
}


@dataclass(frozen=True)
class Line:
    """One reason as a sentence. `level` is green, yellow, red, missing or unknown."""

    level: str
    text: str


def lines_of(reasons: Iterable[Reason]) -> list[Line]:
    return [Line(reason.level, sentence(reason)) for reason in reasons]


def deciding_of(colour: str, reasons: Iterable[Reason]) -> list[Line]:
    """Only what made the colour: the reasons on its level, or the evidence that is missing; nothing for green."""
    level = "missing" if colour == NOT_GRADED else colour
    return [] if level == "green" else lines_of(reason for reason in reasons if reason.level == level)


def sentence(reason: Reason) -> str:
    return (_measured if reason.code in NAMES else _WRITERS[reason.code])(reason)


def _measured(reason: Reason) -> str:
    numbers = {"what": NAMES[reason.code], "months": reason.numbers["months"], "count": _incidents(reason.numbers["count"])}
    if reason.level == "unknown":
        return _("%(what)s：%(months)s个月%(count)s，户数不明，不能折算每百户。") % numbers
    numbers["judgement"] = judgement(reason)
    if "rate" not in reason.numbers:
        return _("%(what)s：%(months)s个月%(count)s，折算每百户%(judgement)s。") % numbers
    numbers["rate"] = reason.numbers["rate"]
    return _("%(what)s：%(months)s个月%(count)s，每百户%(rate)s起，%(judgement)s。") % numbers


def judgement(reason: Reason) -> str:
    """Where the value lies between the two lines; "reaches" where it equals a line or where only the side is public."""
    numbers = reason.numbers
    if reason.level == "green":
        return _("低于黄线%(yellow)s") % numbers
    value = numbers.get("rate", numbers["count"])
    above = not isinstance(value, str) or "rate" in numbers
    above = above and float(value) > float(numbers[reason.level])
    if reason.level == "red":
        return (_("超过红线%(red)s") if above else _("达到红线%(red)s")) % numbers
    return (_("超过黄线%(yellow)s、低于红线%(red)s") if above else _("达到黄线%(yellow)s、低于红线%(red)s")) % numbers


def _incidents(count: int | str) -> str:
    """A number, or a band of the public pages: "<5", "5-9", "50+"."""
    if isinstance(count, int):
        return _("%(count)s起") % {"count": count}
    if count.startswith("<"):
        return _("不足%(count)s起") % {"count": count[1:]}
    if count.endswith("+"):
        return _("%(count)s起以上") % {"count": count[:-1]}
    return _("%(count)s起") % {"count": count.replace("-", "～")}


def _hazards(count: int | str) -> str:
    if isinstance(count, int):
        return _("%(count)s处") % {"count": count}
    if count.startswith("<"):
        return _("不足%(count)s处") % {"count": count[1:]}
    if count.endswith("+"):
        return _("%(count)s处以上") % {"count": count[:-1]}
    return _("%(count)s处") % {"count": count.replace("-", "～")}


def day(iso: str) -> str:
    found = date.fromisoformat(iso)
    return _("%(year)d年%(month)d月%(day)d日") % {"year": found.year, "month": found.month, "day": found.day}


def _fire_hazard(reason: Reason) -> str:
    numbers = {"day": day(reason.numbers["checked_on"]), "count": _hazards(reason.numbers["count"])}
    if reason.numbers["count"] == 0:
        return _("消防：%(day)s检查，没有未整改的火灾隐患。") % numbers
    numbers["judgement"] = judgement(reason)
    return _("消防：%(day)s检查，未整改的火灾隐患%(count)s，%(judgement)s。") % numbers


def _too_few_households(reason: Reason) -> str:
    if "households" not in reason.numbers:
        return _("户数少于%(minimum)s户，不评定。") % reason.numbers
    return _("户数%(households)s户，少于%(minimum)s户，不评定。") % reason.numbers


_WRITERS = {
    "fire_hazard": _fire_hazard,
    "households_unknown": lambda reason: _("户数不明，不评定。"),
    "too_few_households": _too_few_households,
    "register_incomplete": lambda reason: _(
        "本乡镇的警情登记只覆盖%(months)s个月中的%(covered)s个月，少于%(minimum)s个月，不评定。"
    ) % reason.numbers,
    "no_fire_check": lambda reason: _("%(since)s以来没有消防检查记录，不评定。") % {"since": day(reason.numbers["since"])},
}
