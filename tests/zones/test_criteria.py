import copy
import json
from decimal import Decimal

import pytest
from django.conf import settings

from zones.criteria import parse_criteria
from zones.models import RatingScheme
from zones.schemes import in_force, load_scheme, parse_scheme

DEFAULT = json.loads((settings.BASE_DIR / "fixtures/criteria_default.json").read_text("utf-8"))


def changed(path: str, value) -> dict:
    document = copy.deepcopy(DEFAULT["criteria"])
    *way, last = path.split(".")
    place = document
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


def test_default_criteria_are_our_own_and_say_so():
    assert parse_scheme(DEFAULT).is_own_assumption
    criteria = parse_criteria(DEFAULT["criteria"])
    assert criteria.window_months == 12
    assert criteria.per_100_households["theft"].red == Decimal("2.0")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("period", "week"),
        ("window_months", 0),
        ("window_months", 2),
        ("window_months", True),
        ("minimum_covered_months", 13),
        ("minimum_households", "20"),
        ("fire_check_months", None),
        ("fire_hazards.yellow", 0),
        ("fire_hazards.red", 0.5),
        ("per_100_households.theft", None),
        ("per_100_households.theft.red", "0.9"),
        ("per_100_households.drugs.yellow", "NaN"),
        ("per_100_households.drugs.yellow", "-1"),
        ("per_100_households.fire.red", "many"),
        ("per_100_households.fire.yellow", "0.00001"),
        ("per_100_households.crime.green", "1"),
    ],
)
def test_wrong_criteria_are_refused_with_their_path(path, value):
    with pytest.raises(ValueError, match=r"criteria\.") as refused:
        parse_criteria(changed(path, value))
    assert path.split(".")[0] in str(refused.value)


@pytest.mark.parametrize("document", [None, [], {}, {**DEFAULT, "valid_from": "soon"}, {**DEFAULT, "version": ""}, {**DEFAULT, "more": 1}])
def test_wrong_scheme_documents_are_refused(document):
    with pytest.raises(ValueError, match="评定标准"):
        parse_scheme(document)


@pytest.mark.django_db
def test_a_version_is_never_edited():
    assert load_scheme(DEFAULT) == RatingScheme.objects.get(version="1.0")
    with pytest.raises(ValueError, match="1.0"):
        load_scheme({**DEFAULT, "criteria": changed("minimum_households", 30)})


@pytest.mark.django_db
def test_the_version_in_force_is_the_latest_that_has_begun():
    old = RatingScheme.objects.get()
    new = load_scheme({**DEFAULT, "version": "2.0", "valid_from": "2026-07-01"})
    assert in_force(new.valid_from) == new
    assert in_force(new.valid_from.replace(month=6)) == old
    assert in_force(old.valid_from.replace(year=2019)) is None
