"""No published number, and no difference of published numbers, tells one to four incidents apart."""
import json
from itertools import product

import numpy as np
import pytest
from django.conf import settings

from zones.criteria import parse_criteria
from zones.disclosure import band, label, public_counts

DEFAULT = json.loads((settings.BASE_DIR / "fixtures/criteria_default.json").read_text("utf-8"))["criteria"]
NOTHING = {"theft": 0, "drugs": 0, "crime": 0, "fire": 0}
FINE = dict.fromkeys(NOTHING, "green")


def shown(counts: dict, levels: dict, criteria, *, incident_periods: int = 0) -> dict:
    known = {"incident_periods": incident_periods, "households": (criteria.minimum_households, None)}
    return public_counts({**NOTHING, **counts}, {**FINE, **levels}, criteria, **known)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, 0), (1, "<5"), (4, "<5"), (5, "5-9"), (9, "5-9"), (10, "10-19"), (49, "20-49"), (50, "50+"), (999, "50+")],
)
def test_counts_are_told_in_bands(count, text):
    assert label(band(count)) == text


def test_zero_stays_zero():
    assert shown({}, {}, parse_criteria(DEFAULT)) == NOTHING


@pytest.mark.parametrize("fire_line", ["0.3", "0.15"])
def test_levels_and_bands_of_one_page_betray_no_small_count(fire_line):
    """Every number of households and every pair of counts: what looks alike to the public must hide at least two counts."""
    lines = {**DEFAULT["per_100_households"], "fire": {"yellow": fire_line, "red": "0.8"}}
    criteria = parse_criteria({**DEFAULT, "per_100_households": lines})
    households, theft, fire = (axis.ravel() for axis in np.meshgrid(np.arange(20, 4000), np.arange(30), np.arange(12), indexing="ij"))
    levels = [level(count, households, criteria.per_100_households[name]) for name, count in (("theft", theft), ("fire", fire))]
    bands = [np.searchsorted([1, 5, 10, 20], count, side="right") for count in (theft, fire)]
    key = np.ravel_multi_index((*levels, *bands), (3, 3, 5, 5))
    seen_small, seen_wide = 0, 0
    for each in np.unique(key):
        rows = np.flatnonzero(key == each)
        told = {"theft": int(theft[rows[0]]), "fire": int(fire[rows[0]])}
        names = {"theft": ("green", "yellow", "red")[levels[0][rows[0]]], "fire": ("green", "yellow", "red")[levels[1][rows[0]]]}
        public = shown(told, names, criteria)
        for name, counts in (("theft", theft[rows]), ("fire", fire[rows])):
            seen_small += public[name] == "<5"
            seen_wide += public[name] == "<10"
            assert public[name] != "<5" or counts.min() < counts.max()
    assert seen_small
    assert seen_wide or fire_line == "0.15"


def level(count: np.ndarray, households: np.ndarray, lines) -> np.ndarray:
    """0 green, 1 yellow, 2 red; integers only."""
    each = count * 100 * 10**6
    return sum((each >= int(line * 10**6) * households).astype(int) for line in (lines.yellow, lines.red))


def test_the_wider_band_does_not_depend_on_the_count():
    """Ten or more thefts under the yellow line mean more than 1,000 households; then a yellow fire rate means at least four fires."""
    criteria = parse_criteria(DEFAULT)
    told = [shown({"theft": 10, "fire": fires}, {"fire": "yellow"}, criteria)["fire"] for fires in (4, 5, 9, 10)]
    assert told == ["<10", "<10", "<10", "10-19"]


def test_four_lost_titles_do_not_make_four_of_less_than_five():
    criteria = parse_criteria(DEFAULT)
    assert shown({"theft": 4}, {}, criteria, incident_periods=3)["theft"] == "<5"
    assert shown({"theft": 4}, {}, criteria, incident_periods=4)["theft"] == "<10"
    assert shown({"theft": 7}, {}, criteria, incident_periods=4)["theft"] == "<10"
    assert shown({"theft": 3, "fire": 1}, {}, criteria, incident_periods=4)["theft"] == "<5"


def test_no_difference_of_dates_betrays_a_small_count():
    """Brute force: three publications a quarter apart, up to nine incidents a quarter, with the titles of those three quarters."""
    quarters = np.indices((10,) * 6).reshape(6, -1)
    windows = np.stack([quarters[i : i + 4].sum(0) for i in range(3)])
    titles = quarters[3:] > 0
    criteria = parse_criteria(DEFAULT)
    answers = {(n, m): shown({"theft": n}, {}, criteria, incident_periods=m)["theft"] for n, m in product(range(37), range(5))}
    labels = sorted({str(answer) for answer in answers.values()})
    table = np.array([[labels.index(str(answers[n, m])) for m in range(5)] for n in range(37)])
    told = [table[windows[i], titles[max(0, i - 3) : i + 1].sum(0)] for i in range(3)]
    key = np.ravel_multi_index((*told, *titles.astype(int)), (len(labels),) * 3 + (2,) * 3)
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) > 0])
    # Above nine in a window the enumeration stops short of what is possible, so only what it covers whole is judged.
    whole = np.maximum.reduceat(windows.max(0)[order], starts) <= 9
    for i in range(3):
        low, high = (f.reduceat(windows[i][order], starts) for f in (np.minimum, np.maximum))
        assert not (whole & (low == high) & (low >= 1) & (low <= 4)).any()


@pytest.mark.parametrize("indexed", [False, True])
def test_weights_index_and_cap_betray_no_small_count(indexed):
    """Brute force: up to nine thefts of every severity, by residents or not, up to nine fires, every number of households that matters."""
    weights = {"serious": "3", "ordinary": "1", "minor": "0.5"}
    lines = {**DEFAULT["per_100_households"], "theft": {**DEFAULT["per_100_households"]["theft"], "weights": weights}}
    index = {"weights": {"theft": "1", "drugs": "1", "crime": "1", "fire": "2"}, "yellow": "2", "red": "4"}
    rule = {"reporting": {"resident_minor_at_most": "yellow"}}
    criteria = parse_criteria({**DEFAULT, "format": 2, "per_100_households": lines, **rule, **({"index": index} if indexed else {})})
    edges = [1] if indexed else [1, 5]
    parts = np.indices((10, 10, 10, 10)).reshape(4, -1)
    serious, ordinary, minor, resident = parts[:, parts.sum(0) <= 9]
    # Weights in halves: the thefts, what they weigh, and what of it may lead to red.
    firm = 6 * serious + 2 * ordinary + minor
    mixes = np.unique(np.stack([serious + ordinary + minor + resident, firm + resident, firm]), axis=1)
    # Fires, and how many of them were minor and reported by residents.
    burnt = np.array([(fires, spared) for fires in range(10) for spared in range(fires + 1)]).T
    (thefts, whole, firm), (fires, spared) = np.repeat(mixes, burnt.shape[1], axis=1), np.tile(burnt, mixes.shape[1])
    fewest, most = (np.full((4, 4, 4, 3, 3, 2), edge) for edge in (99, -1))
    for households in [*range(20, 300), *range(300, 3000, 9)]:
        key = (
            side(whole, firm, (10, 20), households), side(2 * fires, 2 * (fires - spared), (3, 8), households),
            side(whole + 4 * fires, firm + 4 * (fires - spared), (20, 40), households) * indexed,
            *(np.searchsorted(edges, each, side="right") for each in (thefts, fires)),
        )  # fmt: skip
        for place, counts in enumerate((thefts, fires)):
            np.minimum.at(fewest, (*key, place), counts)
            np.maximum.at(most, (*key, place), counts)
    names, seen = ("green", "yellow", "capped", "red"), 0
    for key in np.argwhere(most[..., 0] >= 0):
        levels = {"theft": names[key[0]], "fire": names[key[1]], "index": names[key[2]]}
        told = {"theft": most[tuple(key)][0], "fire": most[tuple(key)][1]}
        public = shown({name: int(count) for name, count in told.items()}, levels, criteria)
        for place, name in enumerate(told):
            seen += public[name] == ("<10" if indexed else "<5")
            if public[name] == "<5" or (indexed and public[name] == "<10"):
                assert fewest[(*key, place)] < most[(*key, place)], (levels, told)
    assert seen > 20


def side(whole: np.ndarray, firm: np.ndarray, lines: tuple[int, int], households: int) -> np.ndarray:
    """0 green, 1 yellow, 2 capped, 3 red; weights in halves, lines in tenths."""
    yellow, reached, red = (each * 500 >= line * households for each, line in ((whole, lines[0]), (whole, lines[1]), (firm, lines[1])))
    return np.where(red, 3, np.where(reached, 2, np.where(yellow, 1, 0)))
