"""What became of a planned time: recorded, unknown, paused, absent. Pure: numbers (seconds since 1970) in, pieces out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ABSENT, PAUSED, UNKNOWN, RECORDED = "absent", "paused", "unknown", "recorded"
# Of several people at one time the best counts: a shift is manned when one of them is out.
RANK = {ABSENT: 0, PAUSED: 1, UNKNOWN: 2, RECORDED: 3}
Span = tuple[float, float]


@dataclass(frozen=True)
class Piece:
    state: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        return self.end - self.start


def of_patrol(span: Span, *, pauses: Iterable[Span], gaps: Iterable[Span], is_recorded: bool) -> list[Piece]:
    """One person's turn in pieces. Without any track all of it is unknown; a pause is a pause whatever was recorded."""
    pauses, gaps = list(pauses), list(gaps)
    base = RECORDED if is_recorded else UNKNOWN

    def state(moment: float) -> str:
        if _covers(pauses, moment):
            return PAUSED
        return UNKNOWN if _covers(gaps, moment) else base

    return _pieces(span, [*pauses, *gaps], state)


def best(span: Span, turns: Sequence[Sequence[Piece]]) -> list[Piece]:
    """The planned span, each moment in the best state that any turn has then; nobody out is absent."""
    known = [piece for turn in turns for piece in turn]

    def state(moment: float) -> str:
        return max((piece.state for piece in known if piece.start <= moment < piece.end), key=RANK.get, default=ABSENT)

    return _pieces(span, [(piece.start, piece.end) for piece in known], state)


def seconds(pieces: Iterable[Piece]) -> dict[str, float]:
    """Seconds by state; every state is named."""
    found = dict.fromkeys((RECORDED, UNKNOWN, PAUSED, ABSENT), 0.0)
    for piece in pieces:
        found[piece.state] += piece.seconds
    return found


def pauses(events: Iterable[tuple[str, float]], *, end: float) -> list[Span]:
    """Spans from (kind, moment) in order of time: paused until resumed, or until the end."""
    found, since = [], None
    for kind, at in events:
        if kind == "paused" and since is None:
            since = at
        elif kind == "resumed" and since is not None:
            found.append((since, at))
            since = None
    return found if since is None or since >= end else [*found, (since, end)]


def _covers(spans: Iterable[Span], moment: float) -> bool:
    return any(start <= moment < end for start, end in spans)


def _pieces(span: Span, edges: Iterable[Span], state) -> list[Piece]:
    start, end = span
    cuts = sorted({start, end, *(min(max(moment, start), end) for edge in edges for moment in edge)})
    found: list[Piece] = []
    for left, right in zip(cuts, cuts[1:], strict=False):
        now = state(left)
        if found and found[-1].state == now:
            found[-1] = Piece(now, found[-1].start, right)
        else:
            found.append(Piece(now, left, right))
    return found
