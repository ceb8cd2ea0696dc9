"""Protected bulletins of a county and its towns over months, quarters and years: what they tell together about a small count."""
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from geo.models import Division
from zones.bulletins.beside import Cell, forced
from zones.bulletins.protection import HIDDEN, UNKNOWN, Interval, Span, concluded, said
from zones.disclosure import SMALL, WIDE, label
from zones.models import CODE_LENGTH, Bulletin, UnitLevel

# Counts that happen in a period and add up from period to period; of the others a period has the last moment's.
FLOWS = ("issues_registered", "issues_closed", "issues_relapsed", "zones_listed", "zones_accepted", "zones_delisted")
COLUMNS = {"issues_registered": "registered", "issues_closed": "closed", "issues_relapsed": "relapsed"}
SPANS = ("year_ago", "before", "now")
# What is printed of one flow: by unit and period. The part of a unit that lies in none of those below it has a star.
Told = dict[str, dict[Span, Interval]]


NO_ROW = -1


@dataclass(frozen=True)
class Shown:
    """One count as a bulletin shows it. `row` is the place in the table of units, or none for the unit's own."""

    name: str
    code: str
    span: Span
    value: object
    row: int | None = None

    @property
    def told(self) -> tuple[str, Span, Interval]:
        return self.code, self.span, interval(self.value)

    @property
    def can_be_kept_back(self) -> bool:
        """Not that a unit has no row, nor that there is no register and no zone."""
        return self.value is not None and self.row != NO_ROW


class Family:
    """A county and its towns. Of a town's villages each is looked at by itself: no bulletin of theirs is printed."""

    def __init__(self, unit_code: str):
        self.county = unit_code[: CODE_LENGTH[UnitLevel.COUNTY]]
        towns = Division.objects.in_division(self.county).at_level(Division.Level.TOWN)
        self.towns = sorted(towns.values_list("pk", flat=True))

    def printed(self, unit_code: str, *, but: Span) -> dict[str, Told]:
        """What published protected bulletins say, by flow; of the unit's own without the period asked about."""
        rows = Bulletin.objects.everywhere("what the public already reads of the county and its towns").order_by("pk")
        rows = rows.filter(division__in=[self.county, *self.towns], is_protected=True, state=Bulletin.State.PUBLISHED)
        found: dict[str, Told] = {flow: {} for flow in FLOWS}
        for code, figures in rows.values_list("division_id", "figures"):
            for flow in FLOWS:
                for each in self.shown(figures, code, flow):
                    if code != unit_code or each.span != but:
                        add(found[flow], each.code, each.span, interval(each.value))
        return found

    def shown(self, figures: Mapping, unit_code: str, flow: str) -> Iterator[Shown]:
        """A unit's own counts of each period; of the bulletin's own period also those below, and nothing in a unit without a row."""
        for name in SPANS:
            yield Shown(name, unit_code, span_of(figures, name), figures["values"][name].get(flow))
        column, rows = COLUMNS.get(flow), figures["units"]
        if column is None or all(row.get(column) is None for row in rows):
            return
        span = span_of(figures, "now")
        for at, row in enumerate(rows):
            yield Shown("now", row["code"] + ("*" if row["code"] == unit_code else ""), span, row.get(column), at)
        if unit_code == self.county:
            for code in {*self.towns, f"{unit_code}*"} - {row["code"] for row in rows} - {f"{row['code']}*" for row in rows}:
                yield Shown("now", code, span, 0, NO_ROW)

    def betrayals(self, told: Told) -> set[Cell]:
        """The counts of one to four that a reader of all of it knows."""
        rest = [f"{self.county}*"] if f"{self.county}*" in told else []
        known = {self.county, *self.towns, *rest}
        found = forced({code: spans for code, spans in told.items() if code in known}, self.county, [*self.towns, *rest])
        for code in told.keys() - known:
            found |= {(code, span) for span, (low, high) in concluded(told[code]).items() if low == high and low in SMALL}
        return found


def interval(shown: object) -> Interval:
    """As a reader takes it: where a unit has no register and no zone there was nothing, either."""
    return (0, 0) if shown is None else said(shown)


def add(told: Told, code: str, span: Span, found: Interval) -> None:
    of = told.setdefault(code, {})
    of[span] = _both(of.get(span, UNKNOWN), found)


def _with(told: Told, *more: tuple[str, Span, Interval]) -> Told:
    copy = {code: dict(spans) for code, spans in told.items()}
    for each in more:
        add(copy, *each)
    return copy


def _both(one: Interval, other: Interval) -> Interval:
    """Where two bulletins speak of one period; the later where the count has changed between them."""
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else other


def span_of(figures: Mapping, name: str) -> Span:
    first, last = (date.fromisoformat(day) for day in figures["spans"][name])
    return first, date.fromordinal(last.toordinal() + 1)


def withhold(figures: dict, unit_code: str) -> dict:
    """The bulletin's counts, wide or not told where what is printed already would betray one with them."""
    family = Family(unit_code)
    for flow, told in family.printed(unit_code, but=span_of(figures, "now")).items():
        cells = list(family.shown(figures, unit_code, flow))
        told = _with(told, *(each.told for each in cells if not each.can_be_kept_back))
        already = family.betrayals(told)  # of that nothing can be kept back any more
        if family.betrayals(_with(told, *(each.told for each in cells))) <= already:
            continue
        for each in cells:
            if not each.can_be_kept_back:
                continue
            for way in _ways(each.value):
                now = _with(told, (each.code, each.span, interval(way)))
                if way is HIDDEN or family.betrayals(now) <= already:
                    break
            told = now
            _put(figures, flow, each, way)
    return figures


def _ways(shown: object) -> list[object]:
    low, high = interval(shown)
    return [shown, *([label(WIDE)] if low >= 1 and high <= WIDE[1] else []), HIDDEN]


def betrayed(bulletin: Bulletin) -> bool:
    """Whether a draft, as it was frozen, would betray a count beside what has been published since."""
    unit_code, figures = bulletin.division_id, bulletin.figures
    family = Family(unit_code)
    for flow, told in family.printed(unit_code, but=span_of(figures, "now")).items():
        cells = list(family.shown(figures, unit_code, flow))
        told = _with(told, *(each.told for each in cells if not each.can_be_kept_back))
        if not family.betrayals(_with(told, *(each.told for each in cells))) <= family.betrayals(told):
            return True
    return False


def _put(figures: dict, flow: str, each: Shown, way: object) -> None:
    target, name = (figures["values"][each.name], flow) if each.row is None else (figures["units"][each.row], COLUMNS[flow])
    target[name] = way
