"""Lists of objects: filters by kind of field, order, pages, and whose objects they show."""
import pytest
from django.urls import reverse

from geo.layers import registry
from geo.lists.fields import RESERVED, list_fields
from geo.models import Premises
from tests import cast


@pytest.fixture
def places(db):
    cast.territory()
    for number in range(120):
        Premises.objects.create(
            name=f"旅馆{number:03d}", source_key=f"P{number}", kind="hotel" if number % 2 else "school",
            capacity_count=None if number % 10 == 0 else number % 7, operator_unit="", division_id=cast.WEST_SOUTH,
            geom=cast.point(105.61 + number / 9999, 37.47),
        )  # fmt: skip
    Premises.objects.create(name="东镇车站", source_key="E1", kind="station", division_id=cast.EAST_SOUTH, geom=cast.point(105.68, 37.48))


def listed(client, name="premises", **asked):
    response = client.get(reverse("object_list", args=[name]), asked)
    assert response.status_code == 200
    return response


def names(response):
    return [row["cells"][0][1] for row in response.context["rows"]]


@pytest.fixture
def county(places, client):
    client.force_login(cast.county_officer())
    return client


def test_officer_pages_through_a_list_and_back(county):
    for sort in ("pk", "name", "-name", "capacity_count", "-capacity_count", "division", "-updated_at"):
        seen, page = [], listed(county, sort=sort)
        while True:
            seen.append(names(page))
            after = page.context["page"].after
            if not after:
                break
            page = listed(county, sort=sort, after=after)
        everything = [name for part in seen for name in part]
        assert len(everything) == len(set(everything)) == 121, sort
        back = []
        while page.context["page"].before:
            page = listed(county, sort=sort, before=page.context["page"].before)
            back.insert(0, names(page))
        assert [name for part in back for name in part] == everything[: len(everything) - len(seen[-1])], sort


def test_no_column_of_a_layer_has_the_name_of_a_parameter():
    for layer in registry:
        assert not {name for name, one in list_fields(layer).items() if one.declared} & RESERVED
