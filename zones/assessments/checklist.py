"""The checklist of a version of the standard. No database."""
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import get_language

from zones.models import AssessmentStandard

Part = AssessmentStandard.Part


@dataclass(frozen=True)
class Item:
    key: str
    part: str
    text: str
    text_en: str = ""

    @property
    def shown(self) -> str:
        return self.text_en if self.text_en and (get_language() or "").startswith("en") else self.text


def parse(items: Iterable[Mapping[str, str]]) -> list[Item]:
    """Raises ValueError for an item of no part, or one key twice."""
    found = [Item(**{name: str(value) for name, value in each.items()}) for each in items]
    if len({each.key for each in found}) != len(found) or any(each.part not in Part.values for each in found):
        raise ValueError("checklist")
    return found


def by_part(items: Iterable[Item]) -> dict[str, list[Item]]:
    items = list(items)
    return {part: [each for each in items if each.part == part] for part in Part.values}
