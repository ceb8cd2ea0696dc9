"""Seconds in a place: the fast way agrees with shapely's own intersection on random shapes and tracks."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from patrol import presence
from patrol.clipping import Areas, Steps

SQUARE = shapely.box(0, 0, 1, 1)
RING = shapely.Polygon(shapely.box(0, 0, 3, 3).exterior, [shapely.box(1, 1, 2, 2).exterior])


def shares(shape, *step) -> float:
    areas = Areas(np.array([shape]))
    _step, _area, found = areas.shares(Steps(*(np.array([float(value)]) for value in step)))
    return float(found[0]) if len(found) else 0.0


@pytest.mark.parametrize(
    ("shape", "step", "expected"),
    [
        (SQUARE, (0.2, 0.5, 0.8, 0.5), 1.0),
        (SQUARE, (-0.5, 0.5, 0.5, 0.5), 0.5),
        (SQUARE, (-0.5, 0.5, 1.5, 0.5), 0.5),
        (SQUARE, (1.5, 0.5, -0.5, 0.5), 0.5),
        (SQUARE, (0.5, 1.5, 0.5, -0.5), 0.5),
        (SQUARE, (-0.5, -0.5, 1.5, 1.5), 0.5),  # through two corners
        (SQUARE, (1.0, 0.5, 0.0, 0.5), 1.0),  # from edge to edge
        (SQUARE, (0.0, 0.5, 1.0, 0.5), 1.0),
        (SQUARE, (1.0, 0.5, 2.0, 0.5), 0.0),  # from the edge away
        (SQUARE, (0.0, 0.5, -1.0, 0.5), 0.0),
        (SQUARE, (0.5, 0.0, 0.5, 1.0), 1.0),
        (SQUARE, (0.5, 1.0, 0.5, 0.0), 1.0),
        (SQUARE, (0.5, 0.0, 0.5, -1.0), 0.0),
        (SQUARE, (0.5, 1.0, 0.5, 2.0), 0.0),
        (SQUARE, (2.0, 2.0, 3.0, 3.0), 0.0),
        (SQUARE, (0.5, 0.5, 0.5, 0.5), 1.0),  # standing still
        (SQUARE, (1.5, 0.5, 1.5, 0.5), 0.0),
        (RING, (-1.0, 1.5, 4.0, 1.5), 0.4),
        (RING, (1.5, 1.5, 1.5, 2.5), 0.5),  # out of the hole
        (shapely.MultiPolygon([SQUARE, shapely.box(2, 0, 3, 1)]), (-1.0, 0.5, 4.0, 0.5), 0.4),
    ],
)  # fmt: skip
def test_the_share_of_a_step(shape, step, expected):
    assert shares(shape, *step) == pytest.approx(expected, abs=1e-12)


coordinate = st.integers(0, 40).map(lambda value: value / 8)
ring = st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=9)
walk = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=30)


def valid(rings) -> list:
    shapes = [shapely.make_valid(shapely.Polygon(each)) for each in rings]
    parts = [shapely.MultiPolygon([part for part in shapely.get_parts(each) if part.geom_type == "Polygon"]) for each in shapes]
    return [each for each in parts if not each.is_empty]


@settings(max_examples=300, deadline=None)
@given(rings=st.lists(ring, min_size=1, max_size=6), places=walk)
def test_random_walks_agree_with_shapely(rings, places):
    shapes = valid(rings)
    if not shapes:
        return
    xy = np.array(places) + 1 / 64  # off the corners, where inside is a matter of taste; edges are met all the same
    steps = Steps(xy[:-1, 0], xy[:-1, 1], xy[1:, 0], xy[1:, 1])
    found = np.zeros((len(steps), len(shapes)))
    step, area, share = Areas(np.array(shapes, dtype=object)).shares(steps)
    assert len(set(zip(step, area, strict=True))) == len(step)
    found[step, area] = share
    for number in range(len(steps)):
        line = shapely.LineString([xy[number], xy[number + 1]])
        for other, shape in enumerate(shapes):
            if line.length == 0:
                point = shapely.Point(xy[number])
                if shape.boundary.distance(point) < 1e-9:  # on the edge: in or out by the half-open rule
                    continue
                expected = float(shape.covers(point))
            else:
                if shape.boundary.intersection(line).length > 0:  # along an edge: in or out by the half-open rule
                    continue
                expected = shape.intersection(line).length / line.length
            assert found[number, other] == pytest.approx(expected, abs=1e-9)


def test_large_coordinates_and_many_areas_at_once():
    rng = np.random.default_rng(4)
    centre = rng.uniform((105.0, 37.0), (106.0, 38.0), (200, 2))
    shapes = shapely.buffer(shapely.points(centre), rng.uniform(0.001, 0.01, 200), quad_segs=4)
    start = rng.uniform((105.0, 37.0), (106.0, 38.0), (20_000, 2))
    end = start + rng.normal(0, 0.002, (20_000, 2))
    step, area, share = Areas(shapes).shares(Steps(start[:, 0], start[:, 1], end[:, 0], end[:, 1]))
    lines = shapely.linestrings(np.stack((start, end), axis=1))
    a, b = shapely.STRtree(lines).query(shapes, predicate="intersects")
    exact = shapely.length(shapely.intersection(lines[b], shapes[a])) / shapely.length(lines[b])
    assert np.sort(step * 200 + area).tolist() == np.sort((b * 200 + a)[exact > 0]).tolist()
    assert share.sum() == pytest.approx(exact.sum(), rel=1e-9)


def test_steps_are_cut_at_full_hours():
    hour = presence.HOUR_MS
    at = np.array([hour - 600_000, 3 * hour + 600_000])
    cut = presence.steps_of(np.zeros(2), at, np.array([0.0, 130.0]), np.zeros(2), np.array([True]))
    assert cut.from_ms.tolist() == [hour - 600_000, hour, 2 * hour, 3 * hour]
    assert cut.to_ms.tolist() == [hour, 2 * hour, 3 * hour, 3 * hour + 600_000]
    assert cut.steps.lon0.tolist() == pytest.approx([0, 9.2857142857, 65.0, 120.7142857143])
    assert cut.steps.lon1.tolist() == pytest.approx([9.2857142857, 65.0, 120.7142857143, 130])


def test_a_step_that_ends_on_the_hour_stays_whole():
    hour = presence.HOUR_MS
    cut = presence.steps_of(np.zeros(2), np.array([hour - 1000, hour]), np.zeros(2), np.zeros(2), np.array([True]))
    assert cut.from_ms.tolist() == [hour - 1000]
