"""Promise 34 over time: what bulletins of months, quarters and years tell together about a small count."""
from datetime import date
from itertools import product
from random import Random

import numpy as np
import pytest

from geo import workflow
from tests import cast
from tests.zones.test_bulletins import NOW, drafted, who  # noqa: F401
from zones.bulletins import overlaps, writing
from zones.bulletins.beside import forced
from zones.bulletins.protection import betray, concluded, said
from zones.bulletins.writing import BulletinRefused
from zones.disclosure import band, label
from zones.models import Bulletin


def month(number: int, year: int = 2026):
    return date(year, number, 1), date(year + number // 12, number % 12 + 1, 1)


def quarter(number: int):
    return month(3 * number - 2)[0], month(3 * number)[1]


YEAR = (date(2026, 1, 1), date(2027, 1, 1))


def test_what_is_printed_is_read_back():
    for count in (0, 3, 7, 15, 30, 80):
        low, high = said(label(band(count)))
        assert low <= count <= high
    assert said("—") == said("无数据") == (0, float("inf"))


def test_promise_34_four_quarters_and_their_year_betray_each_other():
    few = {quarter(number): said("<5") for number in (1, 2, 3, 4)}
    assert not betray(few)
    assert betray(few | {YEAR: said("<5")})
    assert not betray(few | {YEAR: said("5-9")})


def test_promise_34_brute_force_agrees_on_what_a_reader_concludes():
    """Every way to fill a quarter's months that agrees with what is printed; the same bounds as the narrowing gives."""
    chance = Random(34)
    for _round in range(60):
        counts = [chance.choice((0, 1, 2, 4, 5, 7)) for _ in range(3)]
        printed = {month(n + 1): said(label(band(count))) for n, count in enumerate(counts) if chance.random() < 0.8}
        printed[quarter(1)] = said(label(band(sum(counts))))
        ranges = [range(int(printed.get(month(n), (0, 30))[0]), int(min(printed.get(month(n), (0, 30))[1], 30)) + 1) for n in (1, 2, 3)]
        fits = [each for each in product(*ranges) if printed[quarter(1)][0] <= sum(each) <= printed[quarter(1)][1]]
        found = concluded(printed)
        for n in range(3):
            assert found[month(n + 1)][0] == min(each[n] for each in fits)
            if printed[quarter(1)][1] < 30:
                assert found[month(n + 1)][1] == max(each[n] for each in fits)


def put(bulletin: Bulletin, registered: str) -> None:
    """What the frozen figures say of new problems; the row is written past the rule that freezes a published one."""
    bulletin.figures["values"]["now"]["issues_registered"] = registered
    for name in ("before", "year_ago"):
        for key in overlaps.FLOWS:
            bulletin.figures["values"][name][key] = "—"
    bulletin.save(update_fields=["figures"])


def to_print(who, made: Bulletin) -> None:  # noqa: F811
    for to, by in (("checked", "county2"), ("signed", "county"), ("published", "county2")):
        writing.move(made, to, by=who[by], now=NOW)


@pytest.fixture
def quarters(who):  # noqa: F811
    """Four protected quarters of 2025, each with "<5" new problems, printed."""
    for number in (1, 2, 3, 4):
        made = drafted(who["county"], f"2025Q{number}")
        writing.renew(made, by=who["county"], now=NOW, is_protected=True)
        put(made, "<5")
        to_print(who, made)
    return who


def test_promise_34_a_year_is_not_told_where_its_quarters_would_tell_with_it(quarters):
    year = drafted(quarters["county"], "2025")
    writing.renew(year, by=quarters["county"], now=NOW, is_protected=True)
    figures = year.figures
    figures["values"]["now"]["issues_registered"] = "<5"
    assert overlaps.withhold(figures, cast.COUNTY)["values"]["now"]["issues_registered"] == "<10"


def test_promise_34_a_draft_that_would_betray_what_was_printed_since_is_not_printed(quarters):
    year = drafted(quarters["county"], "2025")
    writing.renew(year, by=quarters["county"], now=NOW, is_protected=True)
    put(year, "<5")
    with pytest.raises(BulletinRefused, match="能推出小数"):
        to_print(quarters, year)
    year.refresh_from_db()
    assert year.state == "signed" and not year.number
    assert workflow.open_moves(year, by=quarters["county2"])


def test_promise_34_what_a_later_bulletin_says_of_a_former_period_loosens_nothing(quarters):
    """The draft of a year says nothing of a quarter that was printed: the quarter counts as it was printed."""
    year = drafted(quarters["county"], "2026Q3")
    writing.renew(year, by=quarters["county"], now=NOW, is_protected=True)
    before = year.figures
    before["spans"]["before"] = ["2025-10-01", "2025-12-31"]
    before["spans"]["year_ago"] = ["2025-01-01", "2025-12-31"]
    before["values"]["before"]["issues_registered"], before["values"]["year_ago"]["issues_registered"] = "—", "<5"
    year.figures = before
    assert overlaps.betrayed(year)
    assert overlaps.withhold(before, cast.COUNTY)["values"]["year_ago"]["issues_registered"] == "<10"


# A town's beside its county's


def test_promise_34_brute_force_agrees_on_what_a_county_and_its_towns_betray():
    """Every way to fill a quarter of two towns that agrees with what is printed of both, of their county, of months and the quarter."""
    chance, worst = Random(5), 4
    tables = np.array(list(product(range(worst + 1), repeat=6))).reshape(-1, 2, 3)
    sums = {("county", month(n + 1)): tables.sum(1)[:, n] for n in range(3)} | {("county", quarter(1)): tables.sum((1, 2))}
    for at, town in enumerate(("a", "b")):
        sums |= {(town, month(n + 1)): tables[:, at, n] for n in range(3)} | {(town, quarter(1)): tables[:, at].sum(1)}
    few, met = np.flatnonzero((tables.max((1, 2)) <= 2) & (tables.sum((1, 2)) <= 5)), 0
    for round_number in range(120):
        truth = chance.choice(few[tables[few].max((1, 2)) <= 1] if round_number % 2 else few)
        told = {unit: {month(n): (0, 0) for n in range(4, 13)} for unit in ("county", "a", "b")}
        fits = np.ones(len(tables), bool)
        for (unit, span), values in sums.items():
            # The towns' months always, so that no other table would do; the sums sometimes.
            if (unit != "county" and span != quarter(1)) or chance.random() < 0.8:
                low, high = said(label(band(int(values[truth]))))
                told[unit][span] = low, min(high, 6 * worst)
                fits &= (values >= low) & (values <= high)
        known = {cell for cell, values in sums.items() if len(set(values[fits])) == 1 and int(values[truth]) in range(1, 5)}
        found = {(unit, span) for unit, span in forced(told, "county", ["a", "b"]) if (unit, span) in sums}
        assert found == known
        met += bool(known)
    assert met >= 5


def test_promise_34_what_contradicts_itself_betrays_no_more_than_its_parts():
    told = {"county": {month(1): (0, 0)}, "a": {month(1): (1, 4)}, "b": {quarter(1): (1, 4), YEAR: (1, 4)}}
    assert forced(told, "county", ["a", "b"]) == set()
    months = {month(n): (1, 4) for n in (1, 2, 3)}
    assert ("b", month(1)) in forced(told | {"b": {**months, quarter(1): (1, 3)}}, "county", ["a", "b"])


def of_town(who, period: str, code: str = cast.EAST) -> Bulletin:  # noqa: F811
    made = drafted(who["county"], period, code)
    writing.renew(made, by=who["county"], now=NOW, is_protected=True)
    return made


def registered(bulletin: Bulletin) -> str:
    figures = bulletin.figures
    figures["values"]["now"]["issues_registered"] = "<5"
    return overlaps.withhold(figures, bulletin.division_id)["values"]["now"]["issues_registered"]


@pytest.fixture
def months(who):  # noqa: F811
    """Printed: three months of one town and one of the other, each with "<5". A county's quarter with "<5" makes each of them one."""
    for period, code in (("2025-01", cast.EAST), ("2025-02", cast.EAST), ("2025-03", cast.EAST), ("2025-01", cast.WEST)):
        made = of_town(who, period, code)
        put(made, "<5")
        to_print(who, made)
    return who


def test_promise_34_a_county_is_not_told_where_its_towns_would_tell_with_it(months):
    assert registered(of_town(months, "2025Q1", cast.COUNTY)) == "<10"
    assert registered(of_town(months, "2025Q2", cast.COUNTY)) == "<5"


def test_promise_34_a_town_is_not_told_where_its_county_would_tell_with_it_nor_printed(who):  # noqa: F811
    frozen = of_town(who, "2025-01", cast.WEST)
    put(frozen, "<5")
    for period, code in (("2025-01", cast.EAST), ("2025-02", cast.EAST), ("2025-03", cast.EAST), ("2025Q1", cast.COUNTY)):
        made = of_town(who, period, code)
        put(made, "<5")
        to_print(who, made)
    with pytest.raises(BulletinRefused, match="能推出小数"):
        to_print(who, frozen)
    assert registered(frozen) == "—"  # 1 to 9 beside a county of at most four and three of another town would be one, too


def test_promise_34_a_town_without_a_row_in_its_countys_table_had_nothing(who):  # noqa: F811
    """The county's table names one town of two: the other's zero is told, and the county's count is that town's."""
    county = of_town(who, "2025-01", cast.COUNTY)
    put(county, "<10")
    nothing = dict.fromkeys(("closed", "open", "overdue", "relapsed"))
    county.figures["units"] = [{"code": cast.EAST, "name": "东镇", "registered": "<10", **nothing}]
    county.save(update_fields=["figures"])
    to_print(who, county)
    told = overlaps.Family(cast.EAST).printed(cast.EAST, but=month(1, 2025))["issues_registered"]
    assert told[cast.WEST][month(1, 2025)] == (0, 0)
    assert told[cast.EAST][month(1, 2025)] == told[cast.COUNTY][month(1, 2025)] == (1, 9)
