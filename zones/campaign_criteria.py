"""Criteria of the safe-unit campaigns as data: items with evidence, points and minimum. Pure.

A wrong document raises ValueError with the path in it.
"""
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

EVIDENCE = ("text", "number", "file")
MEASURES = ("points", "yes_no")
ITEMS_AT_MOST = 40


@dataclass(frozen=True)
class Item:
    """`points` is the most that the item can bring; a "yes" of a yes_no item brings all of them.

    `minimum` is the least value without which nothing is awarded: points, or 1 for a yes_no item that must be a yes.
    """

    key: str
    text: str
    evidence: tuple[str, ...]
    measure: str
    points: int
    minimum: int
    unit: str = ""

    @property
    def largest(self) -> int:
        """The largest value an answer may have."""
        return 1 if self.measure == "yes_no" else self.points

    def points_of(self, value: int) -> int:
        return value * self.points if self.measure == "yes_no" else value


@dataclass(frozen=True)
class Criteria:
    pass_points: int
    items: tuple[Item, ...]

    @property
    def total(self) -> int:
        return sum(item.points for item in self.items)


@dataclass(frozen=True)
class Score:
    """`missing` and `below` are items without a value and items under their minimum."""

    points: int
    missing: tuple[Item, ...]
    below: tuple[Item, ...]
    passes: bool


def score(criteria: Criteria, values: Mapping[str, int | None]) -> Score:
    """Adds up the values by item key; a candidate passes with enough points, no item missing and none under its minimum."""
    known = {item: values.get(item.key) for item in criteria.items}
    points = sum(item.points_of(value) for item, value in known.items() if value is not None)
    missing = tuple(item for item, value in known.items() if value is None)
    below = tuple(item for item, value in known.items() if value is not None and value < item.minimum)
    return Score(points, missing, below, not missing and not below and points >= criteria.pass_points)


def parse(document: object) -> Criteria:
    """Reads what CampaignCriteria.criteria holds."""
    found = _object(document, "criteria", {"pass_points", "items"})
    if not isinstance(found["items"], list) or not 1 <= len(found["items"]) <= ITEMS_AT_MOST:
        raise _wrong("criteria.items", _("应为1到%(count)d个条目") % {"count": ITEMS_AT_MOST})
    items = tuple(_item(each, f"criteria.items[{number}]") for number, each in enumerate(found["items"]))
    keys = [item.key for item in items]
    if len(set(keys)) != len(keys):
        raise _wrong("criteria.items", _("条目的 key 重复"))
    criteria = Criteria(_whole(found["pass_points"], "criteria.pass_points", 0, 10_000), items)
    if criteria.pass_points > criteria.total:
        raise _wrong("criteria.pass_points", _("及格分不能高于满分 %(total)d") % {"total": criteria.total})
    return criteria


def _item(value: object, path: str) -> Item:
    found = {"unit": "", **_object(value, path, {"key", "text", "evidence", "measure", "points", "minimum"}, optional={"unit"})}
    if not isinstance(found["key"], str) or not found["key"].isidentifier() or len(found["key"]) > 40:
        raise _wrong(f"{path}.key", _("应为字母、数字、下划线"))
    for name in ("text", "unit"):
        if not isinstance(found[name], str) or (name == "text" and not found[name].strip()):
            raise _wrong(f"{path}.{name}", _("应为非空文字"))
    if found["measure"] not in MEASURES:
        raise _wrong(f"{path}.measure", _("应为 %(kinds)s 之一") % {"kinds": ", ".join(MEASURES)})
    if not isinstance(found["evidence"], list) or not set(map(str, found["evidence"])) <= set(EVIDENCE):
        raise _wrong(f"{path}.evidence", _("应为 %(kinds)s 中的若干项") % {"kinds": ", ".join(EVIDENCE)})
    points = _whole(found["points"], f"{path}.points", 0, 1000)
    largest = 1 if found["measure"] == "yes_no" else points
    minimum = _whole(found["minimum"], f"{path}.minimum", 0, largest)
    return Item(**{**found, "evidence": tuple(found["evidence"]), "points": points, "minimum": minimum})


def _wrong(path: str, why: str) -> ValueError:
    return ValueError(_("创建标准 %(path)s：%(why)s。") % {"path": path, "why": why})


def _object(value: object, path: str, keys: set[str], optional: frozenset | set = frozenset()) -> dict:
    if not isinstance(value, dict):
        raise _wrong(path, _("应为对象"))
    for key in sorted(keys - value.keys()):
        raise _wrong(f"{path}.{key}", _("缺少这一项"))
    for key in sorted(value.keys() - keys - optional):
        raise _wrong(f"{path}.{str(key)[:40]}", _("不认识这一项"))
    return value


def _whole(value: object, path: str, smallest: int, largest: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not smallest <= value <= largest:
        raise _wrong(path, _("应为 %(smallest)d 到 %(largest)d 的整数") % {"smallest": smallest, "largest": largest})
    return value
