"""Criteria as data: what a colour means, read from JSON and checked. A wrong document raises ValueError with the path in it.

A document without `format` is of the first form: lines alone. The second form adds, each of them optional, weights by severity, an
index over the categories, measures beside the incidents, the rule for what residents report, and what breaks a courtyard's title.
"""
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from types import MappingProxyType

from django.utils.translation import gettext as _

from zones.periods import KINDS

CATEGORIES = ("theft", "drugs", "crime", "fire")
SEVERITIES = ("serious", "ordinary", "minor")
# Lines are compared as whole numbers of ten-thousandths; the largest keeps every product within 64 bits.
STEP = Decimal("0.0001")
LARGEST_LINE = 1000
WEIGHT_STEP = Decimal("0.01")
LARGEST_WEIGHT = 10
# What a measure is read from, and what kind of number that is: yes counts 1 and no 0, a share lies between them.
YES_NO, SHARE, COUNT = "yes_no", "share", "count"
SOURCES = MappingProxyType(
    {
        "access_control": YES_NO, "lighting": YES_NO, "fire_lanes": YES_NO, "protections": COUNT,
        "working_cameras": SHARE, "closed_issues": SHARE, "open_issues": COUNT,
    }
)  # fmt: skip
# Protections (人防、物防、技防) that the register of compounds knows of: as many as `protections` can count.
PROTECTIONS = 6
BELOW, ABOVE = "below", "above"
_FIRST = (
    "period", "window_months", "minimum_covered_months", "minimum_households", "fire_check_months", "fire_hazards", "per_100_households",
)  # fmt: skip
_SECOND = ("index", "measures", "reporting", "courtyards")


class BadCriteria(ValueError):
    """`path` is the place in the document, `why` what is wrong there."""

    def __init__(self, path: str, why: str):
        super().__init__(_("评定标准 %(path)s：%(why)s。") % {"path": path, "why": why})
        self.path, self.why = path, why


@dataclass(frozen=True)
class Lines:
    """The two lines of one measure. A value that reaches a line counts as over it."""

    yellow: Decimal
    red: Decimal


@dataclass(frozen=True)
class Index:
    """One number over all categories: their weighted incidents times these weights, per 100 households per 12 months."""

    weights: Mapping[str, Decimal]
    lines: Lines


@dataclass(frozen=True)
class Measure:
    """`direction` "below": a value under a line is over it; "above": a value that reaches it. Without a red line the measure can
    raise a compound to yellow at most. `needed`: a compound of which it is not known is not graded; else it is left out."""

    source: str
    direction: str
    yellow: Decimal
    red: Decimal | None
    needed: bool

    @property
    def kind(self) -> str:
        return SOURCES[self.source]

    @property
    def at_most(self) -> str:
        return "yellow" if self.red is None else "red"


@dataclass(frozen=True)
class Criteria:
    """`per_100_households`: incidents per 100 households per 12 months, each counted with the weight of its severity.
    `fire_hazards`: unresolved hazards in the compound. `caps_resident_minor`: minor incidents that residents reported lead to yellow
    at most. `breaks`: the severities that break a four-free title; `title_months`: months of the period that the register must cover.
    """

    period: str
    window_months: int
    minimum_covered_months: int
    minimum_households: int
    fire_check_months: int
    fire_hazards: Lines
    per_100_households: Mapping[str, Lines]
    weights: Mapping[str, Mapping[str, Decimal]]
    index: Index | None
    measures: tuple[Measure, ...]
    caps_resident_minor: bool
    breaks: Mapping[str, tuple[str, ...]]
    title_months: int

    @cached_property
    def is_weighted(self) -> bool:
        return any(weight != 1 for each in self.weights.values() for weight in each.values())

    def measure(self, source: str) -> Measure | None:
        return next((each for each in self.measures if each.source == source), None)


def parse_criteria(document: object) -> Criteria:
    """Reads what RatingScheme.criteria holds."""
    second = isinstance(document, dict) and "format" in document
    if second and (document["format"] != 2 or isinstance(document["format"], bool)):
        raise _wrong("criteria.format", _("应为 2，或不写"))
    found = _object(document, "criteria", {*_FIRST, "format"} if second else set(_FIRST), optional=set(_SECOND) if second else set())
    window = _whole(found["window_months"], "criteria.window_months", 1, 60)
    if found["period"] not in KINDS:
        raise _wrong("criteria.period", _("应为 %(kinds)s 之一") % {"kinds": ", ".join(KINDS)})
    months = KINDS[found["period"]]
    if months > window:
        raise _wrong("criteria.window_months", _("统计期不能短于评定期"))
    lines, weights = _categories(found["per_100_households"], "criteria.per_100_households", {"weights"} if second else set())
    breaks, title_months = _courtyards(found.get("courtyards"), "criteria.courtyards", months)
    return Criteria(
        period=found["period"],
        window_months=window,
        minimum_covered_months=_whole(found["minimum_covered_months"], "criteria.minimum_covered_months", 1, window),
        minimum_households=_whole(found["minimum_households"], "criteria.minimum_households", 1, 100_000),
        fire_check_months=_whole(found["fire_check_months"], "criteria.fire_check_months", 1, 120),
        fire_hazards=_lines(found["fire_hazards"], "criteria.fire_hazards"),
        per_100_households=lines,
        weights=weights,
        index=_index(found["index"], "criteria.index") if found.get("index") is not None else None,
        measures=_measures(found.get("measures", []), "criteria.measures"),
        caps_resident_minor=_reporting(found.get("reporting"), "criteria.reporting"),
        breaks=breaks,
        title_months=title_months,
    )


def _categories(value: object, path: str, optional: set[str]) -> tuple[Mapping, Mapping]:
    categories, lines, weights = _object(value, path, set(CATEGORIES)), {}, {}
    for name in CATEGORIES:
        found = _object(categories[name], f"{path}.{name}", {"yellow", "red"}, optional=optional)
        lines[name] = _lines({key: found[key] for key in ("yellow", "red")}, f"{path}.{name}")
        weights[name] = _weights(found.get("weights", dict.fromkeys(SEVERITIES, 1)), f"{path}.{name}.weights", SEVERITIES)
    return MappingProxyType(lines), MappingProxyType(weights)


def _index(value: object, path: str) -> Index:
    found = _object(value, path, {"weights", "yellow", "red"})
    lines = _lines({key: found[key] for key in ("yellow", "red")}, path)
    return Index(_weights(found["weights"], f"{path}.weights", CATEGORIES), lines)


def _weights(value: object, path: str, names: tuple[str, ...]) -> Mapping[str, Decimal]:
    """Each 0 to 10; not all of them 0, which would count nothing."""
    found = _object(value, path, set(names))
    why = _("应为0至10的数，最多两位小数")
    weights = {name: _number(found[name], f"{path}.{name}", why, Decimal(0), LARGEST_WEIGHT, WEIGHT_STEP) for name in names}
    if not any(weights.values()):
        raise _wrong(path, _("不能都是0"))
    return MappingProxyType(weights)


def _measures(value: object, path: str) -> tuple[Measure, ...]:
    if not isinstance(value, list):
        raise _wrong(path, _("应为列表"))
    found = tuple(_measure(each, f"{path}.{place}") for place, each in enumerate(value))
    for place, each in enumerate(found):
        if each.source in {before.source for before in found[:place]}:
            raise _wrong(f"{path}.{place}.source", _("同一项措施写了两次"))
    return found


def _measure(value: object, path: str) -> Measure:
    source = value.get("source") if isinstance(value, dict) else None
    if not isinstance(source, str) or source not in SOURCES:
        raise _wrong(f"{path}.source", _("应为 %(kinds)s 之一") % {"kinds": ", ".join(SOURCES)})
    at_most = value.get("at_most")
    if at_most not in ("yellow", "red"):
        raise _wrong(f"{path}.at_most", _("应为 %(kinds)s 之一") % {"kinds": "yellow, red"})
    if SOURCES[source] == YES_NO:
        found = _object(value, path, {"source", "at_most", "needed"})
        yellow, red, direction = Decimal(1), Decimal(1) if at_most == "red" else None, BELOW
    else:
        found = _object(value, path, {"source", "at_most", "needed", "direction", "yellow"} | ({"red"} if at_most == "red" else set()))
        direction = found["direction"]
        yellow = _line(found["yellow"], f"{path}.yellow")
        red = _line(found["red"], f"{path}.red") if at_most == "red" else None
    if direction not in (BELOW, ABOVE):
        raise _wrong(f"{path}.direction", _("应为 %(kinds)s 之一") % {"kinds": "below, above"})
    if SOURCES[source] == SHARE and max(yellow, red or 0) > 1:
        raise _wrong(f"{path}.yellow", _("比例不超过1"))
    if red is not None and (red > yellow if direction == BELOW else red < yellow):
        raise _wrong(f"{path}.red", _("红线不能比黄线宽"))
    if not isinstance(found["needed"], bool):
        raise _wrong(f"{path}.needed", _("应为 true 或 false"))
    return Measure(source, direction, yellow, red, found["needed"])


def _reporting(value: object, path: str) -> bool:
    if value is None:
        return False
    found = _object(value, path, {"resident_minor_at_most"})["resident_minor_at_most"]
    if found not in ("yellow", "red"):
        raise _wrong(f"{path}.resident_minor_at_most", _("应为 %(kinds)s 之一") % {"kinds": "yellow, red"})
    return found == "yellow"


def _courtyards(value: object, path: str, months: int) -> tuple[Mapping, int]:
    """By default every incident breaks the title, and every month of the period must be covered."""
    if value is None:
        return MappingProxyType(dict.fromkeys(CATEGORIES, SEVERITIES)), months
    found = _object(value, path, {"breaks", "minimum_months"})
    named = _object(found["breaks"], f"{path}.breaks", set(CATEGORIES))
    breaks = {}
    for name in CATEGORIES:
        each = named[name]
        if not isinstance(each, list) or not all(one in SEVERITIES for one in each) or len(set(each)) < len(each):
            raise _wrong(f"{path}.breaks.{name}", _("应为列表，每项是 %(kinds)s 之一") % {"kinds": ", ".join(SEVERITIES)})
        breaks[name] = tuple(one for one in SEVERITIES if one in each)
    if not any(breaks.values()):
        raise _wrong(f"{path}.breaks", _("至少有一类警情不得评为四无"))
    return MappingProxyType(breaks), _whole(found["minimum_months"], f"{path}.minimum_months", 1, months)


def _wrong(path: str, why: str) -> BadCriteria:
    return BadCriteria(path, why)


def _object(value: object, path: str, keys: set[str], optional: set[str] = frozenset()) -> dict:
    if not isinstance(value, dict):
        raise _wrong(path, _("应为对象"))
    for key in sorted(keys - value.keys()):
        raise _wrong(f"{path}.{key}", _("缺少这一项"))
    for key in sorted(value.keys() - keys - optional, key=str):
        raise _wrong(f"{path}.{str(key)[:40]}", _("不认识这一项"))
    return value


def _whole(value: object, path: str, smallest: int, largest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not smallest <= value <= largest:
        raise _wrong(path, _("应为 %(smallest)d 到 %(largest)d 的整数") % {"smallest": smallest, "largest": largest})
    return value


def _lines(value: object, path: str) -> Lines:
    found = _object(value, path, {"yellow", "red"})
    lines = Lines(_line(found["yellow"], f"{path}.yellow"), _line(found["red"], f"{path}.red"))
    if lines.yellow > lines.red:
        raise _wrong(path, _("黄线不能高于红线"))
    return lines


def _line(value: object, path: str) -> Decimal:
    """Text or a number; zero is refused, because a line that every compound reaches grades nothing."""
    return _number(value, path, _("应为大于0、不超过1000的数，最多四位小数"), STEP, LARGEST_LINE, STEP)


def _number(value: object, path: str, why: str, smallest: Decimal, largest: int, step: Decimal) -> Decimal:
    try:
        found = Decimal(str(value)) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not smallest <= found <= largest or found % step:
        raise _wrong(path, why)
    return found


def in_steps(line: Decimal) -> int:
    return int(line / STEP)
