"""Protected bulletins of one unit over months, quarters and years: what they tell together about a small count."""
from collections.abc import Iterator, Mapping
from datetime import date

from zones.bulletins.protection import HIDDEN, UNKNOWN, Interval, Span, betray, said
from zones.disclosure import WIDE, label
from zones.models import Bulletin

# Counts that happen in a period and add up from period to period; of the others a period has the last moment's.
FLOWS = ("issues_registered", "issues_closed", "issues_relapsed", "zones_listed", "zones_accepted", "zones_delisted")
COLUMNS = ("registered", "closed", "relapsed")
Key = tuple[str, str]
SPANS = ("year_ago", "before", "now")


def printed(unit_code: str, *, but: Span) -> dict[Key, dict[Span, Interval]]:
    """What published protected bulletins of the unit say, by count and period, without those of the period asked about."""
    rows = Bulletin.objects.everywhere("what the public already reads of this unit")
    rows = rows.filter(division=unit_code, is_protected=True, state=Bulletin.State.PUBLISHED).order_by("pk")
    found: dict[Key, dict[Span, Interval]] = {}
    for figures in rows.values_list("figures", flat=True):
        for name in SPANS:
            if (span := span_of(figures, name)) != but:
                for key, shown in counts(figures, name):
                    of = found.setdefault(key, {})
                    of[span] = _both(of.get(span, UNKNOWN), said(shown))
    return found


def _both(one: Interval, other: Interval) -> Interval:
    """Where two bulletins speak of one period; the later where the count has changed between them."""
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else other


def span_of(figures: Mapping, name: str) -> Span:
    first, last = (date.fromisoformat(day) for day in figures["spans"][name])
    return first, date.fromordinal(last.toordinal() + 1)


def counts(figures: Mapping, name: str) -> Iterator[tuple[Key, object]]:
    """A unit's own counts of a period; of the bulletin's own period also those of the units below."""
    for key in FLOWS:
        yield ("", key), figures["values"][name].get(key)
    if name == "now":
        for row in figures["units"]:
            for column in COLUMNS:
                yield (row["code"], column), row.get(column)


def withhold(figures: dict, unit_code: str) -> dict:
    """The bulletin's counts, wide or not told where what is printed already would betray one with them."""
    known = printed(unit_code, but=span_of(figures, "now"))
    for name in SPANS:
        span = span_of(figures, name)
        for key, shown in list(counts(figures, name)):
            of = known.setdefault(key, {})
            if betray(of):  # already: nothing more can be kept back
                continue
            printed_before = of.get(span, UNKNOWN)
            ways = [shown, label(WIDE) if said(shown)[0] >= 1 and said(shown)[1] <= WIDE[1] else HIDDEN, HIDDEN]
            way = next((each for each in ways if not betray(of | {span: _both(printed_before, said(each))})), HIDDEN)
            of[span] = _both(printed_before, said(way))
            _put(figures, name, key, way)
    return figures


def betrayed(bulletin: Bulletin) -> bool:
    """Whether a draft, as it was frozen, would betray a count beside what has been published since."""
    figures = bulletin.figures
    known = printed(bulletin.division_id, but=span_of(figures, "now"))
    beyond = {key for key, of in known.items() if betray(of)}
    for name in SPANS:
        span = span_of(figures, name)
        for key, shown in counts(figures, name):
            of = known.setdefault(key, {})
            of[span] = _both(of.get(span, UNKNOWN), said(shown))
    return any(betray(of) for key, of in known.items() if key not in beyond)


def _put(figures: dict, name: str, key: Key, shown: object) -> None:
    code, column = key
    target = figures["values"][name] if not code else next(row for row in figures["units"] if row["code"] == code)
    if target.get(column) is not None:
        target[column] = shown
