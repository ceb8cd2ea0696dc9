"""What other modules add to the phone: a kind of submission, data for where there is no signal, a panel of the page.

A module above declares its part in `phone_part.py`, found the way `layers.py` is; patrol knows it by its declaration alone:

    parts.register(PhonePart(kind="inspection", take=take, bundle=bundle, …))

Its submissions go through the one door: `take` judges the content inside the transaction that stores it, and may say what is
kept of it; `handed_in` is sent after commit. Whoever listens may fail: the submission is kept, and a sweep finds it again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.contrib.gis.geos import Point
from django.dispatch import Signal

from geo.models import User

# After commit, with `submission` (key) and `kind`.
handed_in = Signal()


@dataclass(frozen=True)
class Handed:
    """The content of one submission as it came; `attachments` are the pictures that it names. `locate` gives WGS-84."""

    content: dict
    attachments: frozenset[UUID]
    user: User
    now: datetime
    locate: Callable[[float, float], Point]


@dataclass(frozen=True)
class Taken:
    """What is kept of the content, without positions, which have a shorter life; `flags` are told with the receipt."""

    content: dict
    flags: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class PhonePart:
    """`take` raises envelope.Unacceptable, which names the field; `bundle` is None for whom the part is not meant.

    `template` is drawn into the page, `script` is the module whose `begin` is called, `files` are all that the page needs.
    """

    kind: str
    take: Callable[[Handed], Taken]
    bundle: Callable[[User, datetime], dict | None]
    words: Callable[[], dict[str, str]]
    template: str
    script: str
    styles: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[str, ...]:
        return (*self.styles, self.script, *self.modules)


class Parts:
    def __init__(self) -> None:
        self._known: dict[str, PhonePart] = {}

    def register(self, part: PhonePart) -> None:
        if part.kind in self._known:
            raise ValueError(f"{part.kind} is declared already")
        self._known[part.kind] = part

    def get(self, kind: str) -> PhonePart | None:
        return self._known.get(kind)

    def __iter__(self) -> Iterator[PhonePart]:
        return iter(self._known.values())


parts = Parts()
