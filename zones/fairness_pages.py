"""The fairness monitor: what the rounds look like from outside. Every chart has its table, and plain words say what to look at."""
import io
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from geo.models import Division, User
from geo.workbooks import write_workbook
from zones import spread_pages
from zones.criteria import CATEGORIES, Criteria
from zones.fairness import AT_LEAST, STEPS, Correlation, Crowd, Hinge, Share, crowd, hinges, rank_correlation
from zones.models import Grade, RatingRound
from zones.rating import LEVELS, per_100_households, weighted
from zones.rounds import RoundReader
from zones.sentences import NAMES, SEVERITY_NAMES

READERS = (User.Role.COUNTY_OFFICER, User.Role.PLANNER)
# Reading more than a county's compounds one by one would keep a page waiting; the sums above are told of all of them.
ROWS_AT_MOST = 20_000
SHOWN = 40
# Fewer incidents say nothing about who reports.
INCIDENTS_AT_LEAST = 5
CHART = 700


@dataclass
class Town:
    name: str
    colours: Counter = field(default_factory=Counter)
    incidents: int = 0
    residents: int = 0
    decided: int = 0
    better: int = 0
    worse: int = 0

    @property
    def graded(self) -> int:
        return sum(self.colours[each] for each in LEVELS)

    @property
    def green(self) -> Share:
        return Share(self.colours["green"], self.graded)

    @property
    def reported(self) -> Share:
        return Share(self.residents, self.incidents)


def reads(user: User) -> bool:
    return user.role in READERS


def page(user: User, rating_round: RatingRound, *, now: datetime) -> dict:
    """Everything about one round, and the drift over all of them, within the reader's territory."""
    reader = RoundReader(rating_round)
    grades = list(_grades(user, rating_round)[:ROWS_AT_MOST])
    drift = _drift(user)
    towns = _towns(grades)
    whole = Share(sum(each.green.count for each in towns), sum(each.green.whole for each in towns))
    lines = _lines(grades, reader.criteria, reader)
    found = {
        "round": rating_round, "rounds": RatingRound.objects.computed(), "at_least": AT_LEAST, "drift": drift,
        "drift_chart": _share_chart(drift),
        "towns": towns, "town_rows": [(each, each.green.apart_from(whole)) for each in towns], "whole": whole,
        "town_chart": _share_chart([(each.name, each.green, "") for each in towns]),
        "lines": lines, "crowd_charts": [_crowd_chart(*each) for each in lines if each[1] == "yellow"],
        "reporting": _reporting(grades, towns), "hinges": _hinges(grades, reader), "shown": SHOWN,
        "spread": spread_pages.page(user, {}, now=now), "cut": len(grades) == ROWS_AT_MOST,
    }  # fmt: skip
    return found | {"words": _words(found)}


def _grades(user: User, rating_round: RatingRound):
    grades = Grade.objects.visible_to(user).filter(round=rating_round).with_final()
    return grades.select_related("compound").order_by("compound__division_id", "compound__name", "pk")


def _drift(user: User) -> list[tuple[str, Share, str]]:
    """The share of green among the graded, period by period, the oldest first; the criteria by which it was graded."""
    counts = dict(
        (period, (green, graded))
        for period, green, graded in Grade.objects.visible_to(user).with_final().order_by().values_list("round__period").annotate(
            green=Count("pk", filter=Q(final_colour="green")), graded=Count("pk", filter=Q(final_colour__in=LEVELS))
        )
    )
    rounds = RatingRound.objects.computed().select_related("scheme").order_by("starts_on")
    return [(each.period, Share(*counts.get(each.period, (0, 0))), each.scheme.version) for each in rounds]


def _towns(grades: list[Grade]) -> list[Town]:
    names = dict(Division.objects.filter(level=Division.Level.TOWN).values_list("code", "name"))
    towns: dict[str, Town] = {}
    for grade in grades:
        code = grade.compound.division_id[:9]
        town = towns.setdefault(code, Town(names.get(code, code)))
        town.colours[grade.final_colour] += 1
        town.incidents += sum(getattr(grade, f"{name}_count") for name in CATEGORIES)
        town.residents += grade.resident_count
        if grade.decided_colour:
            town.decided += 1
            if grade.decided_colour in LEVELS and grade.colour in LEVELS:
                change = LEVELS.index(grade.decided_colour) - LEVELS.index(grade.colour)
                town.better, town.worse = town.better + (change < 0), town.worse + (change > 0)
    return [towns[code] for code in sorted(towns)]


def _lines(grades: list[Grade], criteria: Criteria, reader: RoundReader) -> list[tuple[str, str, Crowd]]:
    rates: dict[str, list[Fraction]] = defaultdict(list)
    for grade in grades:
        if grade.colour in LEVELS:
            evidence = reader.evidence(grade)
            for name in CATEGORIES:
                whole = weighted(name, evidence, criteria)[0]
                rates[name].append(per_100_households(whole, grade.household_count, criteria.window_months))
    return [
        (name, colour, crowd(rates[name], Fraction(getattr(criteria.per_100_households[name], colour))))
        for name in CATEGORIES for colour in ("yellow", "red")
    ]  # fmt: skip


@dataclass(frozen=True)
class Reporting:
    """`by_town`: the share reported by residents against the share of green; `by_compound`: against the colour, red highest."""

    whole: Share
    by_town: Correlation
    by_compound: Correlation


def _reporting(grades: list[Grade], towns: list[Town]) -> Reporting:
    pairs = []
    for grade in grades:
        count = sum(getattr(grade, f"{name}_count") for name in CATEGORIES)
        if grade.final_colour in LEVELS and count >= INCIDENTS_AT_LEAST:
            pairs.append((grade.resident_count / count, LEVELS.index(grade.final_colour)))
    told = [(each.reported.value, each.green.value) for each in towns if each.incidents >= INCIDENTS_AT_LEAST and each.graded]
    whole = Share(sum(each.residents for each in towns), sum(each.incidents for each in towns))
    return Reporting(whole, rank_correlation(told), rank_correlation(pairs))


def _hinges(grades: list[Grade], reader: RoundReader) -> list[tuple[Grade, list[str]]]:
    """Grades that one incident more or less would change, with what it would take; what a person decided does not hang on it."""
    found = []
    for grade in grades:
        if not grade.decided_colour and (single := hinges(reader.evidence(grade), reader.criteria, grade.colour)):
            found.append((grade, [_hinge(each) for each in single]))
    return found


def _hinge(found: Hinge) -> str:
    told = {"what": NAMES[found.category], "severity": SEVERITY_NAMES[found.severity], "colour": Grade.Colour(found.colour).label}
    if found.change > 0:
        return _("多1起%(severity)s%(what)s → %(colour)s") % told
    return _("少1起%(severity)s%(what)s → %(colour)s") % told


def _share_chart(rows: list[tuple[str, Share, str]]) -> dict:
    """Bars from 0 to 100 %, each with its interval: places in the drawing, so that the template only draws."""
    bars, left, width, step = [], 110, CHART - 170, 26
    for number, (name, share, note) in enumerate(rows):
        if share.whole:
            low, high = share.interval
            bars.append({
                "name": name, "note": note, "share": share, "percent": f"{100 * share.value:.0f}%", "y": number * step + 4,
                "text_y": number * step + 18, "middle": number * step + 13, "left": left, "width": f"{share.value * width:.1f}",
                "low": f"{left + low * width:.1f}", "high": f"{left + high * width:.1f}",
            })  # fmt: skip
    return {"bars": bars, "width": CHART, "height": len(rows) * step + 6, "label_x": CHART - 50}


def _crowd_chart(name: str, colour: str, found: Crowd) -> dict:
    highest, width, height = max(found.steps) or 1, 28, 90
    bars = [
        {
            "x": 10 + place * width, "height": f"{height * count / highest:.1f}", "y": f"{20 + height - height * count / highest:.1f}",
            "count": count, "text_y": f"{16 + height - height * count / highest:.1f}", "over": place >= STEPS // 2,
            "middle": 22 + place * width,
        }
        for place, count in enumerate(found.steps)
    ]  # fmt: skip
    return {"name": NAMES[name], "colour": colour, "bars": bars, "crowd": found, "base": 20 + height, "line": 9 + STEPS // 2 * width}


def _words(found: dict) -> list[str]:
    """What to look at, or that nothing stands out. Never more than the numbers bear."""
    words = []
    told = [each for each in found["drift"] if each[1].whole]
    if len(told) > 1 and told[0][1].apart_from(told[-1][1]):
        (first, before, _version), (last, after, _other) = told[0], told[-1]
        facts = {"first": first, "last": last, "before": f"{100 * before.value:.0f}", "after": f"{100 * after.value:.0f}"}
        told = _("绿色比例从 %(first)s 的%(before)s%%变为 %(last)s 的%(after)s%%，不像偶然：看标准有没有换、警情登记是否少了。")
        words.append(told % facts)
    for name, colour, each in found["lines"]:
        if each.is_suspicious:
            line = Grade.Colour(colour).label
            facts = {"what": NAMES[name], "line": line, "n": each.below}
            words.append(_("%(what)s：紧靠%(line)s线以下的小区特别多（%(n)d个），抽查这些小区有无漏登。") % facts)
    for town, apart in found["town_rows"]:
        if apart:
            words.append(_("%(town)s的绿色比例与全县相差明显，看是情况不同还是尺度不同。") % {"town": town.name})
    for correlation, text in (
        (found["reporting"].by_town, _("群众报警比例与绿色比例在各乡镇之间有关联：多报警的乡镇不应因此吃亏，看群众报警的规则。")),
        (found["reporting"].by_compound, _("群众报警比例与小区等级有关联，看群众报警的规则。")),
    ):
        if correlation.is_sure:
            words.append(text)
    graded = sum(each.graded for each in found["towns"])
    if found["hinges"] and len(found["hinges"]) * 5 > graded:
        words.append(_("超过五分之一的等级取决于1起警情：这些小区户数少，可考虑更长的统计期。"))
    return words or [_("没有特别突出的地方。")]


def workbook(found: dict) -> bytes:
    """The same figures as tables."""
    out = io.BytesIO()
    interval = (_("下限"), _("上限"))
    drift = [(period, version, *_numbers(share)) for period, share, version in found["drift"]]
    towns = [
        (each.name, *_numbers(each.green), each.incidents, each.residents, each.reported.value, each.decided, each.better, each.worse)
        for each in found["towns"]
    ]
    lines = [(str(NAMES[name]), str(Grade.Colour(colour).label), *each.steps, each.expected) for name, colour, each in found["lines"]]
    steps = [f"{place * 0.2:.1f}–{place * 0.2 + 0.2:.1f}" for place in range(STEPS)]
    single = [
        (grade.compound.name, grade.compound.division_id, str(Grade.Colour(grade.final_colour).label), "；".join(what))
        for grade, what in found["hinges"]
    ]
    sums = [
        (_("乡镇"), found["reporting"].by_town.count, found["reporting"].by_town.value),
        (_("小区"), found["reporting"].by_compound.count, found["reporting"].by_compound.value),
    ]
    note = [_("区间为95%%威尔逊区间。评定期：%(period)s") % {"period": found["round"].period}]
    heads = (_("乡镇"), _("绿"), _("已评定"), _("比例"), *interval, _("警情"), _("群众报警"), _("群众报警比例"))
    write_workbook(out, [
        (_("历期绿色比例"), (_("评定期"), _("标准"), _("绿"), _("已评定"), _("比例"), *interval), drift, note),
        (_("乡镇"), (*heads, _("决定的等级"), _("变好"), _("变差")), towns, note),
        (_("靠近线的小区"), (_("类别"), _("线"), *steps, _("预期")), lines, note),
        (_("报警与等级"), (_("按"), _("对数"), _("秩相关")), sums, note),
        (_("取决于1起警情"), (_("小区"), _("行政区划"), _("等级"), _("怎样改变")), single, note),
    ])  # fmt: skip
    return out.getvalue()


def _numbers(share: Share) -> tuple:
    return share.count, share.whole, share.value, *(share.interval or (None, None))
