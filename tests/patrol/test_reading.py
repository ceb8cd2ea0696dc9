"""Raw fixes come out of the store as they went in, by device and time, whatever month they lie in and however few at a time."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from patrol import reading, tracking
from patrol.points import Flag, Points
from tests import cast
from tests.patrol import squad

pytestmark = pytest.mark.django_db
START = datetime(2026, 10, 31, 15, 59, 58, tzinfo=UTC)


def walked(count: int, shift_ms: int) -> Points:
    """A fix a second over the turn of a month, some without accuracy, some mocked, at odd milliseconds."""
    at = int(START.timestamp() * 1000) + shift_ms + np.arange(count, dtype=np.int64) * 1000
    accuracy = np.where(np.arange(count) % 3, 8.5, np.nan)
    flags = np.where(np.arange(count) % 4, 0, int(Flag.MOCK)).astype(np.int16)
    unknown = np.full(count, np.nan)
    return Points(at, 105.6 + np.arange(count) / 7e5, 37.5 + np.arange(count) / 3e5, accuracy, unknown, unknown, unknown, flags)


@pytest.fixture
def handed_in():
    cast.territory()
    who = squad.member()
    told = {squad.phone(who)[0].pk: walked(40, 7 + number) for number in range(3)}
    for device, points in told.items():
        tracking.insert(points, device_id=device, now=START)
    return told


def test_fixes_come_back_to_the_last_bit_by_device_and_time(handed_in):
    found = reading.fixes([*handed_in, 999_999], START, START + timedelta(hours=1))
    assert found.source.tolist() == [device for device in sorted(handed_in) for _ in range(40)]
    for device, points in handed_in.items():
        mine = found.where(found.source == device)
        assert mine.at_ms.tolist() == points.at_ms.tolist() and mine.flags.tolist() == points.flags.tolist()
        assert mine.lon.tobytes() == points.lon.tobytes() and mine.lat.tobytes() == points.lat.tobytes()
        assert np.array_equal(mine.accuracy_m, points.accuracy_m, equal_nan=True)


def test_pieces_are_whole_devices_and_the_span_is_half_open(handed_in):
    parts = list(reading.chunks(list(handed_in), START, START + timedelta(hours=1), bytes_at_once=1))
    assert [set(part.source.tolist()) for part in parts] == [{device} for device in sorted(handed_in)]
    first, *_rest = handed_in
    until = START + timedelta(seconds=10, milliseconds=7)  # exactly the eleventh fix of the first
    assert len(reading.fixes([first], START, until)) == 10
    assert len(reading.fixes([first], START, until + timedelta(milliseconds=1))) == 11
    assert not len(reading.fixes([], START, until)) and not len(reading.fixes([first], until, until))
