"""Hours of the week and pieces of a shift, against plain references."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from patrol import grids, timelines
from patrol.fulfilment import runs
from patrol.timelines import ABSENT, PAUSED, RECORDED, UNKNOWN

rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 199), st.sampled_from([0, 30, 60, 900]), st.sampled_from([0, 5, 600])), max_size=60
)
row_of_states = st.lists(st.integers(0, 3), max_size=400).map(lambda values: np.array(values, np.uint8))


def plain_state(known: list[tuple], hour: int, reach: int) -> int:
    """The best answer of the rows of one place and hour; without one, absent, and before the data nothing."""
    found = []
    for present_s, unknown_s in known:
        if present_s >= 60:
            found.append(grids.PRESENT)
        elif unknown_s > 0:
            found.append(grids.UNKNOWN)
        else:
            found.append(grids.ABSENT)
    return max(found) if found else (grids.NO_DATA if hour < reach else grids.ABSENT)


@given(rows, st.integers(0, 250))
def test_states_are_those_of_the_plain_reference(given_rows, reach):
    columns = np.array(given_rows, np.float64).reshape(len(given_rows), 4).T
    place, hour = columns[0].astype(int), columns[1].astype(int)
    grid = grids.states(place, hour, columns[2], columns[3], shape=(3, 200), reach=reach, present_hour_s=60)
    for p in range(3):
        for h in range(200):
            known = [(row[2], row[3]) for row in given_rows if row[:2] == (p, h)]
            # A row before the first data is itself data.
            assert grid[p, h] == plain_state(known, h, reach), (p, h)


@given(row_of_states, st.integers(0, 167))
def test_every_hour_is_counted_once_in_its_hour_of_the_week(row, first):
    counts = grids.weekly(row, first=first)
    wanted = Counter(((first + i) % 168, int(state)) for i, state in enumerate(row))
    assert {(h, s): int(counts[h, s]) for h in range(168) for s in range(4) if counts[h, s]} == dict(wanted)


def plain_longest(mask) -> tuple[int, int | None]:
    best, start = 0, None
    for i in range(len(mask)):
        length = 0
        while i + length < len(mask) and mask[i + length]:
            length += 1
        if length > best:
            best, start = length, i
    return best, start


@given(row_of_states)
def test_longest_gaps_never_count_unknown_as_absent_and_never_as_present(row):
    sure, possible = grids.sure_gap(row), grids.possible_gap(row)
    assert (sure.length, sure.start) == plain_longest([state == grids.ABSENT for state in row])
    assert (possible.length, possible.start) == plain_longest([state in (grids.ABSENT, grids.UNKNOWN) for state in row])
    assert sure.length <= possible.length


def test_in_hours_adds_up():
    grid = np.array([[3, 2, 1, 0], [1, 1, 3, 3]], np.uint8)
    assert grids.in_hours(grid, np.array([True, False, True, True])).tolist() == [[1, 1, 0, 1], [0, 1, 0, 2]]


def test_a_pause_is_a_pause_and_a_gap_is_unknown():
    pieces = timelines.of_patrol((0, 100), pauses=[(20, 40)], gaps=[(30, 60)], is_recorded=True)
    assert [(p.state, p.start, p.end) for p in pieces] == [(RECORDED, 0, 20), (PAUSED, 20, 40), (UNKNOWN, 40, 60), (RECORDED, 60, 100)]
    assert timelines.seconds(timelines.of_patrol((0, 10), pauses=[], gaps=[], is_recorded=False))[UNKNOWN] == 10


spans = st.tuples(st.integers(-20, 120), st.integers(0, 60)).map(lambda pair: (pair[0], pair[0] + pair[1]))
turns = st.lists(st.tuples(spans, st.lists(spans, max_size=3), st.lists(spans, max_size=3), st.booleans()), max_size=3)


@given(turns)
def test_each_moment_of_the_plan_has_the_best_state_of_any_turn(given_turns):
    made = [timelines.of_patrol(span, pauses=p, gaps=g, is_recorded=r) for span, p, g, r in given_turns if span[1] > span[0]]
    found = timelines.seconds(timelines.best((0, 100), made))
    wanted = Counter()
    for second in range(100):
        states = [ABSENT]
        for (start, end), pauses, gaps, recorded in given_turns:
            if start <= second < end:
                paused = any(a <= second < b for a, b in pauses)
                lost = any(a <= second < b for a, b in gaps) or not recorded
                states.append(PAUSED if paused else UNKNOWN if lost else RECORDED)
        wanted[max(states, key=timelines.RANK.get)] += 1
    assert {state: n for state, n in found.items() if n} == dict(wanted)


def test_pauses_end_with_the_patrol():
    assert timelines.pauses([("paused", 10), ("resumed", 20), ("hidden", 25), ("paused", 30)], end=50) == [(10, 20), (30, 50)]
    assert timelines.pauses([("resumed", 5)], end=50) == []


def test_runs_of_empty_hours():
    assert runs([3, 4, 5, 9]) == [(3, 6), (9, 10)]
    assert runs([]) == []
