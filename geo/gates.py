"""What a layer asks of its readers beyond territory: a role, and a purpose stated first. Declared with the layer."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Model
from django.http import Http404
from django.urls import reverse


@dataclass(frozen=True)
class Gate:
    """`may(user)`: this role reads single objects at all. `is_open(user)`: what has to be said first is said.

    `note(user, door, count)` writes down that so many objects were read by that door. `url_name` is the page on which the
    gate is opened, `text` says why it is shut. `may_export(user)` gives the reason why the layer is not given out as a file
    now, or an empty text; `take_out(user, count)` uses up what lets one file out, or raises TakeOutRefused.
    """

    may: Callable[[object], bool]
    is_open: Callable[[object], bool]
    note: Callable[[object, str, int], None]
    may_export: Callable[[object], str]
    take_out: Callable[[object, int], None]
    url_name: str
    text: object

    def lets_in(self, user) -> bool:
        return self.may(user) and self.is_open(user)

    def insist(self, user) -> None:
        """Raises Http404 for a role that reads no single objects, GateShut for one that has not said what for."""
        if not self.may(user):
            raise Http404
        if not self.is_open(user):
            raise GateShut(self)

    def url(self, back: str = "") -> str:
        return reverse(self.url_name) + (f"?{urlencode({'next': back})}" if back else "")


class TakeOutRefused(ValueError):
    """Why no file leaves now, in words for the person."""


class GateShut(Http404):
    """The reader's role may pass, but has not said yet what for. Answered by the gate's page; elsewhere it is a 404."""

    def __init__(self, gate: Gate):
        super().__init__()
        self.gate = gate


_by_model: dict[type[Model], Gate] = {}


def register(model: type[Model], gate: Gate) -> None:
    _by_model[model] = gate


def gate_of(model: type[Model]) -> Gate | None:
    return _by_model.get(model)
