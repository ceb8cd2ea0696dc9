"""Criteria as data: what a colour means, read from JSON and checked. A wrong document raises ValueError with the path in it."""
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType

from django.utils.translation import gettext as _

from zones.periods import KINDS

CATEGORIES = ("theft", "drugs", "crime", "fire")
# Lines are compared as whole numbers of ten-thousandths; the largest keeps every product within 64 bits.
STEP = Decimal("0.0001")
LARGEST_LINE = 1000


@dataclass(frozen=True)
class Lines:
    """The two lines of one measure. A value that reaches a line counts as over it."""

    yellow: Decimal
    red: Decimal


@dataclass(frozen=True)
class Criteria:
    """`per_100_households`: incidents per 100 households per 12 months. `fire_hazards`: unresolved hazards in the compound."""

    period: str
    window_months: int
    minimum_covered_months: int
    minimum_households: int
    fire_check_months: int
    fire_hazards: Lines
    per_100_households: MappingProxyType


def parse_criteria(document: object) -> Criteria:
    """Reads what RatingScheme.criteria holds."""
    keys = {field for field in Criteria.__dataclass_fields__}
    found = _object(document, "criteria", keys)
    window = _whole(found["window_months"], "criteria.window_months", 1, 60)
    categories = _object(found["per_100_households"], "criteria.per_100_households", set(CATEGORIES))
    if found["period"] not in KINDS:
        raise _wrong("criteria.period", _("应为 %(kinds)s 之一") % {"kinds": ", ".join(KINDS)})
    if KINDS[found["period"]] > window:
        raise _wrong("criteria.window_months", _("统计期不能短于评定期"))
    return Criteria(
        period=found["period"],
        window_months=window,
        minimum_covered_months=_whole(found["minimum_covered_months"], "criteria.minimum_covered_months", 1, window),
        minimum_households=_whole(found["minimum_households"], "criteria.minimum_households", 1, 100_000),
        fire_check_months=_whole(found["fire_check_months"], "criteria.fire_check_months", 1, 120),
        fire_hazards=_lines(found["fire_hazards"], "criteria.fire_hazards"),
        per_100_households=MappingProxyType(
            {name: _lines(categories[name], f"criteria.per_100_households.{name}") for name in CATEGORIES}
        ),
    )


def _wrong(path: str, why: str) -> ValueError:
    return ValueError(_("评定标准 %(path)s：%(why)s。") % {"path": path, "why": why})


def _object(value: object, path: str, keys: set[str]) -> dict:
    if not isinstance(value, dict):
        raise _wrong(path, _("应为对象"))
    for key in sorted(keys - value.keys()):
        raise _wrong(f"{path}.{key}", _("缺少这一项"))
    for key in sorted(value.keys() - keys):
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
    try:
        found = Decimal(str(value)) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not 0 < found <= LARGEST_LINE or found % STEP:
        raise _wrong(path, _("应为大于0、不超过1000的数，最多四位小数"))
    return found


def in_steps(line: Decimal) -> int:
    return int(line / STEP)
