"""Towns beside one another: what few units show by chance never makes a rank."""
from zones.league import LEAST_UNITS, Town, places, wilson


def place_of(found, code):
    return next(place for place in found if place.town.code == code)


def test_the_interval_is_wilsons():
    low, high = wilson(81, 263)  # Newcombe 1998, table I, method 3: 0.2553 to 0.3662
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert wilson(0, 20)[0] == 0 and wilson(20, 20)[1] == 1


def test_a_small_town_with_all_titles_is_not_before_a_large_one_with_nearly_all():
    found = places([Town("a", "小镇", 5, 5), Town("b", "大镇", 95, 100)])
    assert [(place.first, place.last) for place in found] == [(1, 2), (1, 2)]
    assert found[0].town.code == "b"  # the surer one is named first


def test_towns_far_apart_are_ranked():
    found = places([Town("a", "甲镇", 10, 100), Town("b", "乙镇", 90, 100), Town("c", "丙镇", 50, 100)])
    assert [(place.town.code, place.first, place.last) for place in found] == [("b", 1, 1), ("c", 2, 2), ("a", 3, 3)]


def test_a_town_of_too_few_units_has_no_place_and_takes_none():
    found = places([Town("a", "甲镇", LEAST_UNITS - 1, LEAST_UNITS - 1), Town("b", "乙镇", 10, 20), Town("c", "丙镇", 0, 0, 7)])
    assert place_of(found, "a").first is None and place_of(found, "c").share is None
    assert (place_of(found, "b").first, place_of(found, "b").last) == (1, 1)
