import numpy as np
import pytest
import shapely

from geo.importing import lookup
from geo.importing.lookup import Outlines, assign

VILLAGES = Outlines.of([("640521100002", shapely.box(1, 0, 2, 1)), ("640521100001", shapely.box(0, 0, 1, 1))])
TOWNS = Outlines.of([("640521100", shapely.box(0, 0, 3, 1)), ("640521101", shapely.box(3, 0, 4, 1))])


def held(*points):
    x, y = np.array(points, float).T
    return assign(x, y, [VILLAGES, TOWNS]).tolist()


def test_smallest_division_that_holds_the_point_is_taken():
    assert held((0.5, 0.5), (1.5, 0.5), (2.5, 0.5), (3.5, 0.5)) == ["640521100001", "640521100002", "640521100", "640521101"]


def test_point_on_a_shared_edge_belongs_to_the_smallest_code():
    assert held((1, 0.5), (3, 0.5), (0, 0), (1, 1)) == ["640521100001", "640521100", "640521100001", "640521100001"]


def test_point_outside_every_outline_belongs_to_nothing():
    assert held((5, 5), (np.nan, np.nan)) == [None, None]


@pytest.mark.parametrize("few", [0, 2000], ids=["tree", "sweep"])
def test_lookup_agrees_with_one_point_at_a_time(monkeypatch, few):
    monkeypatch.setattr(lookup, "_FEW", few)
    random = np.random.default_rng(3)
    points = random.uniform(-0.5, 4.5, (500, 2)).round(1)
    wanted = []
    for x, y in points:
        covering = [
            key
            for level in (VILLAGES, TOWNS)
            for key, outline in zip(level.keys, level.geometries, strict=True)
            if outline.covers(shapely.Point(x, y))
        ]
        wanted.append(covering[0] if covering else None)
    assert held(*points) == wanted
