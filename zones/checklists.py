"""Checklists as data: what an item asks and when, whether an answer fits it, what fails, the score. Pure.

The phone does the same sums (static/zones/phone/checklist.js); what is stored is reckoned here.
"""
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

YES_NO, CHOICE, NUMBER, PHOTO, NOTE = TYPES = ("yes_no", "choice", "number", "photo", "note")
YES, NO = "yes", "no"
Answer = str | float
NOTE_AT_MOST = 500


@dataclass(frozen=True)
class Option:
    """`share`: percent of the item's weight that this answer earns; 0 fails."""

    value: str
    text: str
    share: int = 0
    text_en: str = ""


@dataclass(frozen=True)
class Item:
    """`good` is the answer to a yes-or-no question that is right; `weight` 0 is not scored; `when` names the item and the answer
    on which this one is asked at all; `category` is the register's category of what fails here."""

    key: str
    type: str
    text: str
    text_en: str = ""
    required: bool = True
    weight: int = 0
    good: str = YES
    options: tuple[Option, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""
    when_item: str = ""
    when_answer: str = ""
    category: str = ""

    def option(self, value: Answer) -> Option | None:
        return next((each for each in self.options if each.value == value), None)


def parse(items: Iterable[dict]) -> list[Item]:
    """Items as they are stored. Raises TypeError and KeyError for what is no item."""
    return [Item(**each | {"options": tuple(Option(**one) for one in each.get("options", ()))}) for each in items]


def stored(items: Iterable[Item]) -> list[dict]:
    """The other way: without what is empty anyway."""
    blank = Item("", "", "")
    told = []
    for item in items:
        facts = {name: value for name, value in vars(item).items() if value != getattr(blank, name)}
        if item.options:
            facts["options"] = [{name: value for name, value in vars(each).items() if value not in ("", None)} for each in item.options]
        told.append(facts)
    return told


def fits(item: Item, answer: object) -> bool:
    """Whether this can be an answer to the item at all. Photos are told apart from answers."""
    if item.type == NUMBER:
        return isinstance(answer, int | float) and not isinstance(answer, bool) and abs(answer) < 1e9
    if not isinstance(answer, str):
        return False
    if item.type == YES_NO:
        return answer in (YES, NO)
    if item.type == CHOICE:
        return item.option(answer) is not None
    return item.type == NOTE and len(answer) <= NOTE_AT_MOST


def visible(items: Iterable[Item], answers: Mapping[str, Answer]) -> list[Item]:
    """The items that are asked with these answers, in order; one is asked on an earlier item only if that is asked itself."""
    shown: dict[str, Item] = {}
    for item in items:
        if not item.when_item or (item.when_item in shown and answers.get(item.when_item) == item.when_answer):
            shown[item.key] = item
    return list(shown.values())


def share(item: Item, answer: Answer | None) -> float | None:
    """0 (fails) to 1 of what the answer earns; None where nothing can be said."""
    if answer in (None, "") or item.type in (PHOTO, NOTE):
        return None
    if item.type == YES_NO:
        return float(answer == item.good)
    if item.type == CHOICE:
        return item.option(answer).share / 100
    if item.at_least is None and item.at_most is None:
        return None
    low = item.at_least is None or answer >= item.at_least
    return float(low and (item.at_most is None or answer <= item.at_most))


@dataclass(frozen=True)
class Judged:
    """`score` is 0 to 100 over the scored items that were answered; None without any."""

    score: float | None
    failed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def judge(items: Sequence[Item], answers: Mapping[str, Answer], photos: Mapping[str, Sequence[str]]) -> Judged:
    """Answers must fit. What was answered under a condition that does not hold any more does not count."""
    earned = whole = 0.0
    failed, missing = [], []
    for item in visible(items, answers):
        part = share(item, answers.get(item.key))
        if item.required and not (photos.get(item.key) if item.type == PHOTO else answers.get(item.key) not in (None, "")):
            missing.append(item.key)
        if part is None:
            continue
        if part == 0:
            failed.append(item.key)
        earned, whole = earned + item.weight * part, whole + item.weight
    return Judged(round(100 * earned / whole, 1) if whole else None, failed, missing)


def comparable(items: Sequence[Item], answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """The judgements of one inspection: answers that another person at the same place should give, too."""
    asked = {each.key for each in visible(items, answers) if each.type in (YES_NO, CHOICE)}
    return {key: value for key, value in answers.items() if key in asked and value not in (None, "")}
