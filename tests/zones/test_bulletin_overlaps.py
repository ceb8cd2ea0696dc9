"""Promise 34 over time: what bulletins of months, quarters and years tell together about a small count."""
from datetime import date
from itertools import product
from random import Random

import pytest

from geo import workflow
from tests import cast
from tests.zones.test_bulletins import NOW, drafted, who  # noqa: F401
from zones.bulletins import overlaps, writing
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
