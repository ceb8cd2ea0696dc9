"""The second wall (promise 18): the database itself shows a request only the territory of whoever asks.

The first wall is the QuerySets' words (`geo.querysets`). This one is row-level security: each policy compares a row with
`siwu.scope`, which is told beside every statement and ends with its transaction, so that a connection which comes back from the
pool carries nothing (`geo.walls.base`). Nothing told means no row.

A request begins as nobody and becomes somebody when its account is known (`entered`). Wide work says so (`opened`), as does a
QuerySet's `everywhere(why)`. A process without requests (a command, a worker) connects as open and raises no wall, except for a
task that is done for one account (`of`).
"""
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from geo.walls.sql import AS_CONNECTED

ALL, NOBODY = "all", ""


@dataclass
class Wall:
    """Whose territory the database shows, and why it shows more at the moment, if it does."""

    code: str = NOBODY
    reasons: list[str] = field(default_factory=list)


_wall: ContextVar[Wall | None] = ContextVar("siwu_wall", default=None)


def scope() -> str | None:
    """What to tell the database: a division's code, "all", or "" for nobody; None where no wall was raised."""
    wall = _wall.get()
    if wall is None:
        return None
    return ALL if wall.reasons else wall.code


def territory_of(user) -> str:
    """The same answer as `visible_to(user)` begins with."""
    reads = user.is_authenticated and user.is_active and user.reads_business_data
    return (reads and user.division_id) or NOBODY


@contextmanager
def raised(wall: Wall) -> Iterator[Wall]:
    """Everything within is behind this wall."""
    try:
        with _behind(wall):
            yield wall
    finally:
        _forget()


@contextmanager
def _behind(wall: Wall) -> Iterator[None]:
    token = _wall.set(wall)
    try:
        yield
    finally:
        _wall.reset(token)


def of(user):
    """Work for one account, outside a request: a task."""
    return raised(Wall(territory_of(user)))


def entered(user):
    """The request's account is known: from here on its territory is shown. Gives the account back."""
    if wall := _wall.get():
        wall.code = territory_of(user)
    return user


def open_request(why: str) -> None:
    """For the rest of the request."""
    if wall := _wall.get():
        wall.reasons.append(why)


@contextmanager
def opened(why: str) -> Iterator[None]:
    """What serves more than the territory of whoever asks. `why` is for the reader of the code."""
    if not why:
        raise ValueError("a wall is opened for a reason")
    wall = _wall.get()
    if wall is None:
        yield
        return
    wall.reasons.append(why)
    try:
        yield
    finally:
        wall.reasons.pop()


def kept_open(why: str, rows: Iterable) -> Iterator:
    """The same for rows that are fetched one after another: between them the wall stands."""
    return _step_by_step(lambda: opened(why), rows)


def behind(wall: Wall, pieces: Iterable) -> Iterator:
    """What is sent after the view has returned is made behind the request's wall too.

    Between two pieces nothing is asked: the connection may be in the middle of a COPY.
    """
    try:
        yield from _step_by_step(lambda: _behind(wall), pieces)
    finally:
        _forget()


def _step_by_step(within, pieces: Iterable) -> Iterator:
    steps, over = iter(pieces), object()
    try:
        while True:
            with within():
                piece = next(steps, over)
            if piece is over:
                return
            yield piece
    finally:
        if close := getattr(steps, "close", None):
            with within():
                close()


def _forget() -> None:
    """A transaction that goes on without the wall goes on as its connection began."""
    wrapper = connections["default"]
    if wrapper.in_atomic_block and wrapper.connection and not wrapper.needs_rollback:
        wrapper.connection.execute(AS_CONNECTED)


def open_process() -> None:
    """For commands and workers, before they connect: they serve the whole system. The web never calls it."""
    with suppress(ImproperlyConfigured):  # the command says that by itself
        settings.DATABASES["default"]["OPTIONS"]["options"] = f"-c siwu.scope={ALL}"
