"""Criteria in plain words, line by line: what the editor previews, what the public reads, and what changed between two versions."""
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from zones.criteria import BELOW, CATEGORIES, SEVERITIES, SHARE, YES_NO, Criteria, Lines, Measure
from zones.periods import KIND_NAMES
from zones.sentences import MEASURES, NAMES, SEVERITY_NAMES


@dataclass(frozen=True)
class Row:
    """One rule: what it is about, what it says."""

    what: str
    says: str


@dataclass(frozen=True)
class Difference:
    """`before` or `after` is empty where a version has no such rule."""

    what: str
    before: str
    after: str


def rows(criteria: Criteria) -> list[Row]:
    return [*_evidence(criteria), *_incidents(criteria), *_beside(criteria), *_title(criteria)]


def differences(before: Criteria, after: Criteria) -> list[Difference]:
    """The rules that say something else, in the order of the later version."""
    old, new = ({row.what: row.says for row in rows(each)} for each in (before, after))
    told = [Difference(what, old.get(what, ""), says) for what, says in new.items() if old.get(what) != says]
    return told + [Difference(what, says, "") for what, says in old.items() if what not in new]


def plain(number: Decimal) -> str:
    """Without the zeros that its writer left: 1.50 is 1.5, and 100 stays 100."""
    return f"{number.normalize():f}"


def _evidence(criteria: Criteria) -> list[Row]:
    return [
        Row(_("评定期"), str(KIND_NAMES[criteria.period])),
        Row(_("统计期"), _("评定期末之前%(months)d个月") % {"months": criteria.window_months}),
        Row(
            _("警情登记"),
            _("所在乡镇至少覆盖%(least)d个月，否则不评定") % {"least": criteria.minimum_covered_months},
        ),
        Row(_("户数"), _("不明或少于%(least)d户的不评定") % {"least": criteria.minimum_households}),
        Row(_("消防检查"), _("评定期末之前%(months)d个月内没有检查的不评定") % {"months": criteria.fire_check_months}),
    ]


def _lines(lines: Lines) -> dict:
    return {"yellow": plain(lines.yellow), "red": plain(lines.red)}


def _incidents(criteria: Criteria) -> list[Row]:
    says = _("每百户12个月达到%(yellow)s起为黄，%(red)s起为红")
    found = [Row(str(NAMES[name]), says % _lines(criteria.per_100_households[name]) + _weights(criteria, name)) for name in CATEGORIES]
    if criteria.index:
        parts = "、".join(f"{NAMES[name]}×{plain(criteria.index.weights[name])}" for name in CATEGORIES)
        says = _("%(parts)s，相加后每百户12个月达到%(yellow)s为黄，%(red)s为红") % {"parts": parts, **_lines(criteria.index.lines)}
        found.append(Row(_("综合指数"), says))
    if criteria.caps_resident_minor:
        found.append(Row(_("群众报警的轻微警情"), _("只能使等级降到黄，不能因此为红")))
    return found


def _weights(criteria: Criteria, name: str) -> str:
    weights = criteria.weights[name]
    if all(weight == 1 for weight in weights.values()):
        return ""
    parts = "、".join(f"{SEVERITY_NAMES[severity]}×{plain(weights[severity])}" for severity in SEVERITIES)
    return _("；按程度加权：%(parts)s") % {"parts": parts}


def _beside(criteria: Criteria) -> list[Row]:
    hazards = Row(_("未整改的火灾隐患"), _("达到%(yellow)s处为黄，%(red)s处为红") % _lines(criteria.fire_hazards))
    return [hazards, *(Row(str(MEASURES[each.source]), measure(each)) for each in criteria.measures)]


def measure(rule: Measure) -> str:
    """One measure in words: when it is yellow, when red, and what happens where nobody knows."""
    last = _("没有登记的不评定") if rule.needed else _("没有登记的不计此项")
    if rule.kind == YES_NO:
        said = _("不符合的为红") if rule.at_most == "red" else _("不符合的最高为黄")
        return f"{said}；{last}"
    sign = _("低于") if rule.direction == BELOW else _("达到")
    parts = [_("%(sign)s%(line)s为黄") % {"sign": sign, "line": _amount(rule, rule.yellow)}]
    if rule.red is None:
        parts.append(_("此项最高为黄"))
    else:
        parts.append(_("%(sign)s%(line)s为红") % {"sign": sign, "line": _amount(rule, rule.red)})
    return f"{'，'.join(parts)}；{last}"


def _amount(rule: Measure, line: Decimal) -> str:
    return f"{plain(line * 100)}%" if rule.kind == SHARE else plain(line)


def _title(criteria: Criteria) -> list[Row]:
    """The contest of the courtyards has criteria of its own."""
    parts = []
    for name in CATEGORIES:
        breaks = criteria.breaks[name]
        if breaks == SEVERITIES:
            parts.append(_("%(what)s有1起") % {"what": NAMES[name]})
        elif breaks:
            which = "、".join(str(SEVERITY_NAMES[each]) for each in breaks)
            parts.append(_("%(what)s（%(which)s）有1起") % {"what": NAMES[name], "which": which})
    months = _("警情登记至少覆盖评定期的%(months)d个月，否则依据不足") % {"months": criteria.title_months}
    return [Row(_("四无称号：何时失去"), "，".join([*parts[:-1], parts[-1] + _("即未达到")])), Row(_("四无称号：依据"), months)]
