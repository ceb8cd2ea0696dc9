"""Criteria of key-rectification zones as data: items by stage, and whether a count reaches an item's line. Pure."""
from collections.abc import Iterable
from dataclasses import dataclass

STAGES = ("listing", "acceptance", "delisting")
MEASURES = ("incidents_12m", "change_3m_percent", "open_issues", "photos_after", "months_since_acceptance")


@dataclass(frozen=True)
class Item:
    """`measure` is what the system counts for it, if anything; `compare` is at_least or at_most against `line`."""

    key: str
    stage: str
    text: str
    text_en: str = ""
    measure: str = ""
    compare: str = "at_least"
    line: float = 0

    def reached(self, value: float | None) -> bool | None:
        """None where nothing is counted, or the count has no answer (no incidents a year before, say)."""
        if not self.measure or value is None:
            return None
        return value >= self.line if self.compare == "at_least" else value <= self.line


def parse(rows: Iterable[dict]) -> tuple[Item, ...]:
    """Raises ValueError or TypeError for what is no criterion."""
    items = tuple(Item(**row) for row in rows)
    for each in items:
        if each.stage not in STAGES or each.measure not in ("", *MEASURES) or each.compare not in ("at_least", "at_most"):
            raise ValueError(each.key)
    if len({each.key for each in items}) < len(items):
        raise ValueError("keys")
    return items


def change_percent(now: int, before: int) -> float | None:
    """By how much a count has changed, in per cent of the one before; None where there was nothing before and something is now."""
    if before:
        return round(100 * (now - before) / before, 1)
    return None if now else 0.0
