"""One renderer for every reason: the exact one for staff and the protected one for the public."""
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zones.criteria import SHARE, SOURCES
from zones.rating import NOT_GRADED, Reason

NAMES = {
    "theft": gettext_lazy("盗窃"),
    "drugs": gettext_lazy("吸毒"),
    "crime": gettext_lazy("犯罪"),
    "fire": gettext_lazy("火灾"),
}
MEASURES = {
    "access_control": gettext_lazy("门禁"),
    "lighting": gettext_lazy("公共照明"),
    "fire_lanes": gettext_lazy("消防通道"),
    "protections": gettext_lazy("防护项数"),
    "working_cameras": gettext_lazy("监控完好率"),
    "closed_issues": gettext_lazy("问题销号率"),
    "open_issues": gettext_lazy("未销号问题数"),
}
SEVERITY_NAMES = {"serious": gettext_lazy("严重"), "ordinary": gettext_lazy("一般"), "minor": gettext_lazy("轻微")}


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
    if reason.code in MEASURES:
        return _measure(reason)
    return (_measured if reason.code in NAMES else _WRITERS[reason.code])(reason)


def _measured(reason: Reason) -> str:
    numbers = {"what": NAMES[reason.code], "months": reason.numbers["months"], "count": _incidents(reason.numbers["count"])}
    numbers["count"] += _severe(reason)
    if reason.level == "unknown":
        return _("%(what)s：%(months)s个月%(count)s，户数不明，不能折算每百户。") % numbers
    numbers["judgement"] = judgement(reason)
    if "rate" not in reason.numbers:
        return _("%(what)s：%(months)s个月%(count)s，折算每百户%(judgement)s。") % numbers
    numbers["rate"] = reason.numbers["rate"]
    return _("%(what)s：%(months)s个月%(count)s，每百户%(rate)s起，%(judgement)s。") % numbers


def _severe(reason: Reason) -> str:
    """Staff alone are told how many were serious or minor, and what they weigh together."""
    if "weighted" not in reason.numbers:
        return ""
    return _("（严重%(serious)s起、轻微%(minor)s起，加权后计%(weighted)s）") % reason.numbers


def _indexed(reason: Reason) -> str:
    if reason.level == "unknown":
        return _("综合指数：户数不明，不能折算每百户。")
    numbers = {**reason.numbers, "judgement": judgement(reason)}
    if "rate" not in reason.numbers:
        return _("综合指数：%(months)s个月四类警情加权折算每百户%(judgement)s。") % numbers
    return _("综合指数：%(months)s个月四类警情加权折算每百户%(rate)s，%(judgement)s。") % numbers


def _measure(reason: Reason) -> str:
    """What a measure (措施) is and which line it misses. The public is told the side of the line alone."""
    what, numbers = MEASURES[reason.code], reason.numbers
    limit = _("，此项最高只计到黄") if numbers["at_most"] == "yellow" and reason.level == "yellow" else ""
    if reason.level == "unknown":
        return _("%(what)s：情况不明，此项不计。") % {"what": what}
    if "direction" not in numbers:
        good = reason.level == "green"
        return _("%(what)s：%(judgement)s%(limit)s。") % {"what": what, "judgement": _("符合") if good else _("不符合"), "limit": limit}
    value = _("现为%(value)s，") % {"value": _amount(reason.code, numbers["value"])} if "value" in numbers else ""
    told = {"what": what, "value": value, "judgement": _side(reason), "limit": limit}
    return _("%(what)s：%(value)s%(judgement)s%(limit)s。") % told


def _side(reason: Reason) -> str:
    line = {colour: _amount(reason.code, reason.numbers[colour]) for colour in ("yellow", "red") if reason.numbers[colour]}
    below = reason.numbers["direction"] == "below"
    if reason.level == "green":
        return (_("不低于黄线%(yellow)s") if below else _("低于黄线%(yellow)s")) % line
    if reason.level == "red":
        return (_("低于红线%(red)s") if below else _("达到红线%(red)s")) % line
    return (_("低于黄线%(yellow)s") if below else _("达到黄线%(yellow)s")) % line


def _amount(source: str, value: str) -> str:
    """A share as percent, a count as it is; lines without the zeros that their writer left."""
    number = Decimal(value) * 100 if SOURCES[source] == SHARE else Decimal(value)
    text = f"{number.normalize():f}"
    return f"{text}%" if SOURCES[source] == SHARE else text


def judgement(reason: Reason) -> str:
    """Where the value lies between the two lines; "reaches" where it equals a line or where only the side is public."""
    numbers = reason.numbers
    if "capped" in numbers:
        return _capped(reason)
    if reason.level == "green":
        return _("低于黄线%(yellow)s") % numbers
    value = numbers.get("rate", numbers.get("count", ""))
    above = not isinstance(value, str) or "rate" in numbers
    above = above and float(value) > float(numbers[reason.level])
    if reason.level == "red":
        return (_("超过红线%(red)s") if above else _("达到红线%(red)s")) % numbers
    return (_("超过黄线%(yellow)s、低于红线%(red)s") if above else _("达到黄线%(yellow)s、低于红线%(red)s")) % numbers


def _capped(reason: Reason) -> str:
    """The public is told that the rule was used, not on how many incidents."""
    told = {**reason.numbers, "red": reason.numbers["red"]}
    if "firm_rate" not in told:
        return _("已达到红线%(red)s，但只是计入群众报警的轻微警情才达到，按标准最高计到黄") % told
    return _("已达到红线%(red)s，但除去群众报警的轻微警情%(capped)s起后为%(firm_rate)s，低于红线，按标准最高计到黄") % told


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
    "index": _indexed,
    "measure_unknown": lambda reason: _("%(what)s：没有登记，标准要求有此项依据，不评定。") % {"what": MEASURES[reason.numbers["source"]]},
    "households_unknown": lambda reason: _("户数不明，不评定。"),
    "too_few_households": _too_few_households,
    "register_incomplete": lambda reason: _(
        "本乡镇的警情登记只覆盖%(months)s个月中的%(covered)s个月，少于%(minimum)s个月，不评定。"
    ) % reason.numbers,
    "no_fire_check": lambda reason: _("%(since)s以来没有消防检查记录，不评定。") % {"since": day(reason.numbers["since"])},
}
