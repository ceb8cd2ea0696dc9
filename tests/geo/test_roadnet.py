"""The way along roads to the nearest place, against a plain search over a list of neighbours."""

import heapq
import json
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coords import gauss_kruger_epsg, to_plane
from geo.roadnet import Network


def lines(*coordinates) -> np.ndarray:
    return np.array([shapely.LineString(each) for each in coordinates], dtype=object)


def points(*coordinates) -> np.ndarray:
    return np.array([shapely.Point(each) for each in coordinates], dtype=object)


CROSS = lines([(-1000, 0), (1000, 0)], [(0, -1000), (0, 1000)])


def test_two_lines_that_cross_are_joined_where_no_vertex_marks_it():
    found = Network.of(CROSS).nearest(points((0, 800)), points((600, 0)), access_m=10)
    assert found.by_road[0]
    assert found.distance_m[0] == pytest.approx(1400, abs=1)


def test_the_step_from_the_place_to_the_road_counts():
    found = Network.of(CROSS).nearest(points((30, 800)), points((600, 40)), access_m=50)
    assert found.distance_m[0] == pytest.approx(30 + 800 + 600 + 40, abs=1)


def test_a_place_off_the_roads_is_reached_straight():
    found = Network.of(CROSS).nearest(points((0, 800)), points((600, 500)), access_m=50)
    assert not found.by_road[0]
    assert found.distance_m[0] == pytest.approx(math.hypot(600, 300), abs=1)


def test_no_way_between_two_islands_of_road_means_straight():
    islands = lines([(0, 0), (100, 0)], [(0, 500), (100, 500)])
    found = Network.of(islands).nearest(points((0, 500)), points((0, 0)), access_m=10)
    assert not found.by_road[0] and found.distance_m[0] == pytest.approx(500, abs=1)


def test_nearest_by_road_is_not_the_nearest_as_the_crow_flies():
    detour = lines([(0, 0), (0, 1000), (100, 1000), (100, 0)], [(0, 0), (-300, 0)])
    found = Network.of(detour).nearest(points((100, 0), (-300, 0)), points((0, 0)), access_m=10)
    assert found.source[0] == 1 and found.distance_m[0] == pytest.approx(300, abs=1)


def test_of_two_roads_between_the_same_crossings_the_shorter_is_taken():
    pair = lines([(0, 0), (500, 0)], [(0, 0), (0, 400), (500, 400), (500, 0)])
    found = Network.of(pair).nearest(points((0, 0)), points((500, 0)), access_m=10)
    assert found.distance_m[0] == pytest.approx(500, abs=1)


def test_a_road_that_ends_a_hand_before_another_joins_it():
    nearly = lines([(0, 0), (1000, 0)], [(500, 0.2), (500, 300)])
    assert Network.of(nearly).nearest(points((500, 300)), points((0, 0)), access_m=10).by_road[0]


def test_without_sources_or_roads_nothing_is_invented():
    none = np.empty(0, dtype=object)
    assert Network.of(CROSS).nearest(none, points((0, 0)), access_m=10).source[0] == -1
    assert np.isinf(Network.of(CROSS).nearest(none, points((0, 0)), access_m=10).distance_m[0])
    assert not Network.of(none).nearest(points((0, 0)), points((3, 4)), access_m=10).by_road[0]


def test_a_source_off_the_roads_wins_where_it_is_nearer():
    found = Network.of(CROSS).nearest(points((0, 900), (300, 300)), points((300, 0)), access_m=50)
    assert (found.source[0], found.by_road[0]) == (1, False) and found.distance_m[0] == pytest.approx(300, abs=1)


def plain_nearest(edges: list[tuple[int, int]], place: dict[int, tuple[float, float]], sources: list[int], target: int) -> float:
    """Dijkstra with a heap over crossings only."""
    neighbours = {}
    for a, b in edges:
        metres = math.dist(place[a], place[b])
        neighbours.setdefault(a, []).append((b, metres))
        neighbours.setdefault(b, []).append((a, metres))
    best, queue = {}, [(0.0, source) for source in sources]
    while queue:
        far, node = heapq.heappop(queue)
        if node in best:
            continue
        best[node] = far
        for other, metres in neighbours.get(node, []):
            heapq.heappush(queue, (far + metres, other))
    return best.get(target, math.inf)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_agrees_with_the_plain_search_on_random_grids(data):
    size = 4
    place = {row * size + column: (column * 200.0, row * 150.0) for row in range(size) for column in range(size)}
    possible = [(n, n + 1) for n in place if (n + 1) % size] + [(n, n + size) for n in place if n + size in place]
    edges = data.draw(st.lists(st.sampled_from(possible), unique=True, min_size=1))
    sources = data.draw(st.lists(st.sampled_from(sorted(place)), unique=True, min_size=1, max_size=3))
    target = data.draw(st.sampled_from(sorted(place)))
    network = Network.of(lines(*([place[a], place[b]] for a, b in edges)))
    found = network.nearest(points(*(place[n] for n in sources)), points(place[target]), access_m=1)
    on_roads = {n for edge in edges for n in edge}
    expected = plain_nearest(edges, place, [n for n in sources if n in on_roads], target) if target in on_roads else math.inf
    straight = {n: math.dist(place[n], place[target]) for n in sources}
    lonely = min((far for n, far in straight.items() if n not in on_roads), default=math.inf)
    if math.isinf(expected):
        assert not found.by_road[0] and found.distance_m[0] == pytest.approx(min(straight.values()), abs=1)
    elif abs(expected - lonely) > 2:
        assert found.by_road[0] == (expected < lonely)
        assert found.distance_m[0] == pytest.approx(min(expected, lonely), abs=1)


def test_streets_of_a_real_town_are_one_network_and_no_way_is_shorter_than_the_crow_flies(shared):
    """© OpenStreetMap contributors."""
    document = json.loads((shared / "data/sanhe_osm_streets/sanhe_streets_clean.geojson").read_text(encoding="utf-8"))
    shapes = np.array([shapely.geometry.shape(each["geometry"]) for each in document["features"]], dtype=object)
    west, _south, east, _north = shapely.total_bounds(shapes)
    streets = to_plane(shapes, gauss_kruger_epsg((west + east) / 2))
    network = Network.of(streets)
    assert shapely.length(network.pieces).sum() == pytest.approx(shapely.length(streets).sum(), rel=0.02)
    places = shapely.line_interpolate_point(shapely.get_parts(streets), 0.5, normalized=True)
    found = network.nearest(places[:1], places, access_m=5)
    straight = shapely.distance(places[0], places)
    assert found.by_road.mean() > 0.5
    assert (found.distance_m >= straight - 1).all()


@given(st.integers(0, 10_000), st.sampled_from((600.0, math.inf)))
@settings(max_examples=15, deadline=None)
def test_all_pairs_agree_with_the_nearest(seed, limit):
    random = np.random.default_rng(seed)
    roads = lines(*([tuple(a), tuple(b)] for a, b in random.integers(-1000, 1000, (5, 2, 2)).astype(float)))
    network = Network.of(roads)
    sources, targets = (shapely.points(random.integers(-1000, 1000, (count, 2))) for count in (6, 9))
    found = network.pairs(sources, targets, access_m=150, limit_m=limit).metres.toarray()
    for number, source in enumerate(sources):
        alone = network.nearest(np.array([source]), targets, access_m=150).distance_m
        there = np.where(alone <= limit, alone, 0)
        assert found[:, number] == pytest.approx(there, abs=1e-3)


def test_crossings_are_where_three_ways_meet():
    assert [(round(each.x), round(each.y)) for each in Network.of(CROSS).crossings()] == [(0, 0)]
