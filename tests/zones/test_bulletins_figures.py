"""R14: the numbers of a bulletin agree with a plain count in Python; what is not known is "no data"; small numbers are hidden."""
import random
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import product

import pytest

from geo.models import Decision, Division
from tests import cast
from tests.patrol import patrolling as p
from tests.zones import registering as r
from zones import duty_rows
from zones.bulletins import figures, words
from zones.bulletins.figures import Span
from zones.bulletins.freezing import freeze
from zones.bulletins.measures import MEASURES, OF
from zones.bulletins.protection import HIDDEN, feasible, protect
from zones.disclosure import band, label
from zones.models import Duty, Issue, RectificationZone
from zones.periods import COUNTY_TIME, day_of, parse_period

NOW = datetime(2026, 12, 1, 8, tzinfo=COUNTY_TIME)
NOVEMBER = Span(date(2026, 11, 1), date(2026, 12, 1))
DAY = timedelta(days=1)


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=COUNTY_TIME)


@pytest.fixture
def problems(people):
    """Seven problems in two towns: closed in time, closed late and again open, waiting, open, overdue, withdrawn, of another town."""
    cadre, west = people["cadre"], people["west"]

    def given(begun: datetime, due_on: date) -> Issue:
        return r.assigned(r.issue(cadre, now=begun), west, due_on=due_on, now=begun)

    in_time = r.closed(r.reported(given(at(11, 3), date(2026, 11, 13)), cadre, now=at(11, 4)), west, now=at(11, 5))
    relapsed = r.closed(r.reported(given(at(10, 12), date(2026, 10, 20)), cadre, now=at(10, 22)), west, now=at(10, 23))
    r.register.reopen(relapsed, due_on=date(2026, 12, 10), why="又堆放", by=west, now=at(11, 20))
    waiting = r.reported(given(at(11, 10), date(2026, 11, 25)), cadre, now=at(11, 24))
    given(at(11, 28), date(2026, 12, 8))
    given(at(11, 2), date(2026, 11, 9))
    gone = r.issue(cadre, now=at(11, 6))
    r.register.move(gone, "withdrawn", why="重复", by=west, now=at(11, 7))
    r.issue(people["east"], spot=(105.68, 37.48), now=at(11, 8))
    r.issue(people["east"], spot=(105.68, 37.48), now=at(12, 1, 7))  # after the period
    return people | {"in_time": in_time, "waiting": waiting}


def state_then(issue: Issue, moment: datetime) -> str:
    """The plain way: the last decision before the moment."""
    steps = [each for each in Decision.objects.filter(kind="zones.issue", object_id=str(issue.pk)) if each.decided_at < moment]
    return max(steps, key=lambda each: each.pk).to_state if steps else "registered"


def counted(code: str, span: Span) -> dict:
    start, end = span.moments
    rows = [each for each in Issue.objects.everywhere("a test") if each.division_id.startswith(code)]
    steps = [each for each in Decision.objects.filter(kind="zones.issue", decided_at__gte=start, decided_at__lt=end)
             if each.division_id.startswith(code)]  # fmt: skip
    there = [(each, state_then(each, end)) for each in rows if each.registered_at < end]
    judged = [each for each in rows if span.first <= each.due_on <= span.last and each.state != "withdrawn"
              and not (each.state == "reported_fixed" and day_of(each.fixed_at) <= each.due_on)
              and (each.state == "closed" or each.due_on < day_of(NOW))]  # fmt: skip
    good = [each for each in judged if each.state == "closed" and day_of(each.fixed_at) <= each.due_on]
    return {
        "issues_registered": sum(start <= each.registered_at < end for each in rows),
        "issues_closed": sum(each.to_state == "closed" for each in steps),
        "issues_relapsed": sum((each.from_state, each.to_state) == ("closed", "assigned") for each in steps),
        "issues_open": sum(state in Issue.OPEN for _each, state in there),
        "issues_overdue": sum(state in Issue.AT_WORK and each.due_on < span.end for each, state in there),
        "issues_due": len(judged), "issues_in_time": len(good), "issues_share": len(good) / len(judged) if judged else None,
    }  # fmt: skip


@pytest.mark.parametrize("code", [cast.COUNTY, cast.WEST, cast.EAST])
@pytest.mark.parametrize("span", [NOVEMBER, NOVEMBER.shifted(-1), Span(date(2026, 1, 1), date(2027, 1, 1))])
def test_problems_agree_with_a_plain_count(problems, code, span):
    plain = counted(code, span)
    if not any(each.registered_at < span.moments[1] for each in Issue.objects.in_division(code)):
        plain = dict.fromkeys(plain)
    assert figures.issues(code, span, NOW) == plain


def test_the_november_of_the_county_is_what_happened(problems):
    found = figures.issues(cast.COUNTY, NOVEMBER, NOW)
    assert {name.removeprefix("issues_"): value for name, value in found.items()} == {
        "registered": 6, "closed": 1, "relapsed": 1, "open": 5, "overdue": 2, "due": 3, "in_time": 1, "share": 1 / 3}  # fmt: skip
    # What was closed in October had been closed then, although it is open again now.
    assert figures.issues(cast.COUNTY, NOVEMBER.shifted(-1), NOW)["issues_open"] == 0


def test_units_and_states_and_months_add_up_to_the_county(problems):
    total = figures.issues(cast.COUNTY, NOVEMBER, NOW)
    units = figures.issues_by_unit(cast.COUNTY, NOVEMBER)
    for name in ("registered", "closed", "open", "overdue", "relapsed"):
        assert sum(row[name] for row in units.values()) == total[f"issues_{name}"], name
    assert sum(figures.issue_states(cast.COUNTY, NOVEMBER).values()) == total["issues_open"]
    months = {row["month"]: row for row in figures.issues_by_month(cast.COUNTY, NOVEMBER)}
    assert (months["2026-11"]["registered"], months["2026-11"]["closed"]) == (total["issues_registered"], total["issues_closed"])
    assert months["2026-10"]["registered"] == 1 and months["2026-09"]["registered"] is None and len(months) == 12


def test_duties_agree_with_a_plain_count_by_unit(people):
    duty_rows.extend(now=at(10, 1), days=90)
    rng = random.Random(3)
    rows = Duty.objects.everywhere("a test").filter(due_on__lt=day_of(NOW)).order_by("pk")
    for each in rows:
        state = rng.choice(["done", "late", "missed", "due"])
        fields = {"done": {"done_at": NOW, "done_by": people["west"], "note": "x"}, "missed": {"missed_at": NOW}}
        Duty.objects.everywhere("a test").filter(pk=each.pk).update(state=state, **fields.get("done" if state == "late" else state, {}))
    for code in (cast.COUNTY, cast.WEST):
        mine = [each for each in Duty.objects.everywhere("a test").select_related("rule") if each.division_id.startswith(code)
                and NOVEMBER.first <= each.due_on <= NOVEMBER.last]  # fmt: skip
        states = Counter(each.state for each in mine if each.rule.kind == "inspection")
        found = figures.duties(code, NOVEMBER, NOW)
        assert [found[f"inspections_{name}"] for name in ("due", "done", "late", "missed")] == [
            states.total(), states["done"], states["late"], states["missed"] + states["due"]]  # fmt: skip
        assert found["duties_share"] == sum(each.state == "done" for each in mine) / len(mine)
        by_unit = figures.duties_by_unit(code, NOVEMBER, NOW)
        assert sum(row["duties_due"] for row in by_unit.values()) == len(mine)


def test_without_data_nothing_is_zero(people):
    found = freeze(Division.objects.get(pk=cast.WEST), parse_period("2026-11"), now=NOW, is_protected=False)
    assert set(found["values"]["now"].values()) == {None} and found["states"] is None and found["gaps"] == []
    text = "".join(block["text"] for block in words.draft(found, parse_period("2026-11"), "西镇"))
    assert "按时率无数据" in text and "问题挂号无数据" in text and "在岗和空档无数据" in text and "0" not in text.replace("2026", "")
    assert {OF["issues_open"].text(None), OF["longest_gap"].text(None)} == {"无数据"}


def test_a_quiet_month_after_the_register_began_is_zero(problems):
    found = figures.issues(cast.WEST, Span(date(2027, 1, 1), date(2027, 2, 1)), at(12, 1) + 70 * DAY)
    assert found["issues_registered"] == 0 and found["issues_open"] == 4


def test_presence_says_gaps_of_zones_and_keeps_unknown_apart(people):
    geom = cast.square(105.62, 37.48)
    zone = RectificationZone.objects.create(name="老街", source_key="z", kind="fringe", division_id=cast.WEST_SOUTH, geom=geom)
    p.submission(p.device(p.member()), at=at(11, 1, 0), kind="patrol")
    for hour, (here, unknown) in {10: (1800, 0), 11: (0, 900), 40: (1800, 0)}.items():
        when = at(11, 1, 0) + timedelta(hours=hour)
        p.presence("zones", zone.pk, zone.division_id, when, present_s=here, unknown_s=unknown)
    found = figures.presence(cast.WEST, NOVEMBER, NOW)
    hours = 30 * 24
    assert found["presence_share"] == pytest.approx(2 / hours) and found["unknown_share"] == pytest.approx(1 / hours)
    assert found["longest_gap"] == hours - 41 and figures.gaps(cast.WEST, NOVEMBER, NOW)[0]["name"] == "老街"
    assert set(figures.presence(cast.EAST, NOVEMBER, NOW).values()) == {None}


def test_steps_of_zones_are_counted_and_unknown_before_there_was_a_zone(people):
    geom = cast.square(105.62, 37.48)
    zone = RectificationZone.objects.create(name="老街", source_key="z", kind="fringe", division_id=cast.WEST_SOUTH, geom=geom)
    RectificationZone.objects.everywhere("a test").filter(pk=zone.pk).update(created_at=at(11, 2))
    for state, day in (("listed", 3), ("rectifying", 5), ("reported", 20), ("accepted", 25)):
        about = {"kind": "zones.rectificationzone", "object_id": str(zone.pk), "division_id": zone.division_id}
        Decision.objects.create(**about, from_state="", to_state=state, decided_at=at(11, day), decided_by=people["county"])
    found = figures.zones(cast.COUNTY, NOVEMBER, NOW)
    assert found == {"zones_listed": 1, "zones_accepted": 1, "zones_delisted": 0}
    assert set(figures.zones(cast.COUNTY, NOVEMBER.shifted(-1), NOW).values()) == {None}
    assert set(figures.zones(cast.EAST, NOVEMBER, NOW).values()) == {None}


# Small numbers


def totals_that_agree(labels: dict[str, dict], total_label) -> tuple[list[int], list]:
    """The totals that a reader of the labels must think possible, and what each cell may be. By brute force."""
    top = 60
    spans = {str(label(band(n))): [m for m in range(top) if band(m) == band(n)] for n in range(top)}
    spans["<10"] = list(range(1, 10))
    totals = spans[str(total_label)]
    tables = [[spans[str(each)] for each in cells.values()] for cells in labels.values() if HIDDEN not in cells.values()]
    sums = [{sum(one) for one in product(*cells)} for cells in tables]
    return [total for total in totals if all(total in found for found in sums)], tables


def test_no_count_of_one_to_four_follows_from_bands_and_sums():
    rng = random.Random(7)
    hidden = 0
    for _round in range(120):
        cells = {str(key): rng.choice([0, 0, 1, 1, 2, 3, 4, 5, 9, 12]) for key in range(rng.randint(1, 4))}
        total = sum(cells.values())
        parts, rest = {}, total
        for key in "abc":
            parts[key] = rng.randint(0, rest)
            rest -= parts[key]
        parts["d"] = rest
        shown, tables = protect(total, {"units": cells, "states": parts})
        hidden += any(HIDDEN in table.values() for table in tables.values())
        told = {name: table for name, table in tables.items() if HIDDEN not in table.values()}
        possible, spans = totals_that_agree(told, shown)
        if shown == "<5":
            assert len(possible) > 1 or not told
        for (name, table), options in zip(told.items(), spans, strict=True):
            for index, key in enumerate(table):
                if 1 <= (cells if name == "units" else parts)[key] <= 4:
                    fits = {one[index] for one in product(*options) if sum(one) in possible}
                    assert len(fits) > 1, (cells, parts, shown, tables)
    assert hidden < 60


def test_what_a_reader_concludes_is_computed_exactly():
    whole, [cells] = feasible((20, 49), [[(1, 4)] * 5])
    assert whole == (20, 20) and cells == [(4, 4)] * 5


def test_a_protected_bulletin_tells_bands_and_no_differences(problems):
    unit, period = Division.objects.get(pk=cast.COUNTY), parse_period("2026-11")
    found = freeze(unit, period, now=NOW, is_protected=True)
    now = found["values"]["now"]
    assert (now["issues_registered"], now["issues_closed"], now["issues_open"]) == ("5-9", "<5", "5-9")
    assert found["months"] == [] and now["issues_share"] == "不足10件，不列"
    for row in found["units"]:
        assert not any(isinstance(row[name], int) and row[name] for name in ("registered", "closed", "open", "overdue", "relapsed"))
    text = "".join(block["text"] for block in words.draft(found, period, unit.name))
    assert "新挂号问题5-9件" in text and "销号<5件" in text and "增加" not in text and "减少" not in text
    exact = freeze(unit, period, now=NOW, is_protected=False)
    assert "新挂号问题6件" in "".join(block["text"] for block in words.draft(exact, period, unit.name))


def test_every_value_has_a_name_and_every_name_a_value(problems):
    found = figures.values(cast.COUNTY, NOVEMBER, NOW)
    assert {each.key for each in MEASURES} <= set(found)
