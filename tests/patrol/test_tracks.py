"""Fixes → track: order, doubles, impossible places, gaps that stay gaps, stops; nothing is left out without a reason."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol.points import Flag
from patrol.tracks import Fixes, Rules, clean

RULES = Rules()
LON, LAT = 105.67, 37.49
METRE = 1 / 111_195
T0 = 1_793_500_000_000


def fixes(rows, source=1) -> Fixes:
    """Rows of (second, metres to the north) or (second, metres, accuracy, flags)."""
    filled = [(*row, 5.0, 0)[:4] if len(row) < 4 else row for row in rows]
    at, metres, accuracy, flags = (np.array(column) for column in zip(*filled, strict=True))
    return Fixes(
        np.full(len(at), source), (T0 + at * 1000).astype(np.int64), np.full(len(at), LON), LAT + metres * METRE,
        accuracy.astype(float), flags.astype(np.int16),
    )  # fmt: skip


def joined(*parts: Fixes) -> Fixes:
    return Fixes(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in Fixes.__dataclass_fields__})


def cleaned(rows, until_s=None, **spans):
    found = rows if isinstance(rows, Fixes) else fixes(rows)
    end = T0 + (until_s * 1000 if until_s is not None else int(found.at_ms.max() - T0))
    return clean(
        found, start_ms=T0, end_ms=end, rules=RULES, **{name: [(T0 + a * 1000, T0 + b * 1000) for a, b in v] for name, v in spans.items()}
    )


def test_a_plain_walk():
    track = cleaned([(second, second * 1.4) for second in range(0, 601, 10)])
    assert track.length_m == pytest.approx(840, rel=0.01)
    assert (track.recorded_s, track.unknown_s, track.discarded, track.runs) == (600, 0, {}, [(0, 61)])


def test_fixes_that_come_in_any_order_make_the_same_track():
    rows = [(second, second * 1.4) for second in range(0, 601, 10)]
    assert cleaned(rows[::-1]).length_m == pytest.approx(cleaned(rows).length_m)


def test_a_gap_is_a_gap_and_no_line():
    track = cleaned([(0, 0), (10, 10), (400, 4000), (410, 4010)])
    assert track.runs == [(0, 2), (2, 4)]
    assert track.length_m == pytest.approx(20, rel=0.01)
    assert [(gap.from_ms - T0, gap.to_ms - T0, gap.why) for gap in track.gaps] == [(10_000, 400_000, "no_fix")]


def test_time_before_the_first_and_after_the_last_fix_is_unknown():
    track = cleaned([(300, 0), (310, 10)], until_s=1000)
    assert track.unknown_s == 300 + 690


def test_a_dark_screen_is_named():
    track = cleaned([(0, 0), (600, 10)], hidden=[(20, 590)])
    assert [gap.why for gap in track.gaps] == ["hidden"]


def test_a_pause_is_neither_patrol_nor_gap():
    track = cleaned([(0, 0), (10, 10), (300, 500), (600, 20), (610, 30)], paused=[(15, 595)])
    assert track.discarded == {"paused": 1}
    assert track.unknown_s == pytest.approx(5 + 5)
    assert track.recorded_s == 20


def test_a_jump_of_the_receiver_is_left_out_and_counted():
    track = cleaned([(0, 0), (10, 14), (20, 50_000), (30, 42), (40, 56)])
    assert track.discarded == {"too_fast": 1}
    assert track.length_m == pytest.approx(56, rel=0.01)


def test_a_forged_track_has_nothing_left():
    track = cleaned([(second, second * 4600.0) for second in range(20)])
    assert track.discarded == {"too_fast": 20}
    assert track.length_m == 0


def test_two_long_parts_far_apart_are_both_kept_with_a_gap_between():
    track = cleaned([*[(s, s) for s in range(0, 60, 10)], *[(s, 90_000 + s) for s in range(60, 120, 10)]])
    assert track.discarded == {}
    assert track.runs == [(0, 6), (6, 12)]


@pytest.mark.parametrize(
    ("row", "why"), [((5, 0, 500.0, 0), "inaccurate"), ((5, 0, 5.0, int(Flag.MOCK)), "mock"), ((5, 0, 5.0, int(Flag.CLOCK)), "clock"),
                     ((-60, 0, 5.0, 0), "outside"), ((10, 0, 9.0, 0), "repeated")]
)  # fmt: skip
def test_every_reason_is_counted(row, why):
    track = cleaned([(0, 0), (10, 10), row])
    assert track.discarded == {why: 1}
    assert len(track.fixes) == 2


def test_a_second_phone_fills_gaps_and_makes_no_zigzag():
    one = fixes([(s, s * 1.4) for s in [*range(0, 300, 10), *range(900, 1200, 10)]])
    other = fixes([(s + 3, s * 1.4 + 15) for s in range(0, 1200, 20)], source=2)
    track = cleaned(joined(one, other))
    assert track.unknown_s == 0
    assert track.discarded["second_source"] == pytest.approx(35, abs=5)
    assert track.length_m == pytest.approx(1200 * 1.4, rel=0.05)


def test_a_stay_is_a_stop():
    rows = (
        [(s, s * 2.0) for s in range(0, 100, 10)]
        + [(s, 200 + (s % 3)) for s in range(100, 500, 10)]
        + [(s, 2 * s) for s in range(500, 600, 10)]
    )
    (stop,) = cleaned(rows).stops
    assert (stop.to_ms - stop.from_ms) / 1000 == pytest.approx(400, abs=40)


rows = st.lists(
    st.tuples(st.integers(-100, 3000), st.floats(-20_000, 20_000), st.floats(1, 200), st.sampled_from([0, 0, 0, 1, 2])),
    min_size=1,
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(rows=rows)
def test_nothing_disappears_without_a_reason_and_time_adds_up(rows):
    track = cleaned(fixes(rows), until_s=3000)
    assert len(track.fixes) + sum(track.discarded.values()) == len(rows)
    assert track.recorded_s + track.unknown_s == pytest.approx(3000, abs=0.01)
    for a, b in track.runs:
        steps = np.diff(track.fixes.at_ms[a:b])
        assert (steps <= RULES.gap_after_s * 1000).all()
        assert (np.diff(track.fixes.lat[a:b]) / METRE <= RULES.gap_after_m * 1.01).all()
