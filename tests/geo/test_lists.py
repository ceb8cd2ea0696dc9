"""Lists of objects: filters by kind of field, order, pages, and whose objects they show."""
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from geo.layers import registry
from geo.lists.fields import RESERVED, list_fields
from geo.models import Incident, Premises, SavedView, User
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


@pytest.mark.django_db
def test_no_column_of_a_layer_has_the_name_of_a_parameter():
    for layer in registry:
        assert not {name for name, one in list_fields(layer).items() if one.declared} & RESERVED


def counted(response):
    return response.context["count"]


def test_each_kind_of_filter_narrows_the_list(county):
    for asked, count in (
        ({}, "121"),
        ({"kind": ["hotel", "station"]}, "61"),
        ({"capacity_count_from": "5"}, "30"),
        ({"capacity_count_from": "2", "capacity_count_to": "2"}, "15"),
        ({"missing": ["capacity_count"]}, "13"),
        ({"missing": ["operator_unit"]}, "121"),
        ({"q": "旅馆00"}, "10"),
        ({"q": "P119"}, "1"),
        ({"q": "p119"}, "1"),
        ({"division": cast.EAST}, "1"),
        ({"division": cast.WEST_SOUTH, "kind": "hotel"}, "60"),
        ({"changed_since": "2020-01-01"}, "121"),
        ({"changed_since": "2199-01-01"}, "0"),
        ({"last_inspected_on_to": "9999-12-31"}, "0"),
        ({"batch": "7"}, "0"),
        ({"capacity_count_to": "99999999999999"}, "108"),
    ):
        assert counted(listed(county, **asked)) == count, asked


def test_incidents_are_filtered_by_days_of_shanghai(county):
    for hour, key in ((15, "A"), (16, "B")):  # 23:00 of the first and midnight of the second of March
        moment = datetime(2026, 3, 1, hour, 0, tzinfo=UTC)
        Incident.objects.create(source_key=key, category="fire", occurred_at=moment, division_id=cast.WEST, geom=cast.point(105.61, 37.47))
    assert names(listed(county, "incidents", occurred_at_to="2026-03-01")) == ["A"]
    assert names(listed(county, "incidents", occurred_at_from="2026-03-02")) == ["B"]


@pytest.mark.parametrize(
    "asked",
    [{"capacity_count_from": "viele"}, {"kind": "nothing"}, {"division": "64%"}, {"changed_since": "2026-02-30"}, {"batch": "0"},
     {"q": "\x00"}, {"capacity_count_from": "9" * 40}, {"missing": "name"}],
)  # fmt: skip
def test_a_wrong_condition_is_said_and_shows_nothing(county, asked):
    response = listed(county, **asked)
    assert not response.context["rows"] and response.context["listing"].form.errors
    assert "请改正标红的条件" in response.content.decode()
    assert county.get(reverse("object_export", args=["premises", "csv"]), asked).status_code == 400


@pytest.mark.parametrize(
    "asked",
    [{"sort": "geom"}, {"sort": "division__name"}, {"columns": "password"}, {"after": "x"}, {"after": "9" * 30}, {"raise": "x"}],
)
def test_what_no_list_has_is_left_aside(county, asked):
    assert county.get(reverse("object_list", args=["premises"]), asked, follow=True).status_code == 200


def test_the_conditions_are_said_above_the_list(county):
    page = listed(county, kind="hotel", capacity_count_from="2", missing="operator_unit")
    assert page.context["listing"].form.told() == ["缺少任一项：经营管理单位", "类别：小旅馆", "核定人数 ≥ 2"]


def test_reader_chooses_columns_and_their_order(county):
    response = listed(county, columns="capacity_count,name,updated_at", sort="-name")
    assert [one.name for one in response.context["listing"].columns] == ["capacity_count", "name", "updated_at"]
    assert response.context["listing"].address == "sort=-name&columns=capacity_count,name,updated_at"
    raised = county.get(reverse("object_list", args=["premises"]), {"columns": ["kind", "name", "division"], "raise": "division"})
    assert raised.status_code == 302 and raised.url == "?columns=kind,division,name"


def test_a_sent_address_shows_a_colleague_only_the_own_territory(county, client):
    address = f"{reverse('object_list', args=['premises'])}?sort=name&division={cast.WEST}"
    assert len(names(county.get(address))) == 50
    client.force_login(cast.east_officer())
    own = client.get(reverse("object_list", args=["premises"]) + "?sort=name")
    assert names(own) == ["东镇车站"] and counted(own) == "1"
    foreign, unknown = client.get(address), client.get(address.replace(cast.WEST, "999999999"))
    assert names(foreign) == names(unknown) == [] and counted(foreign) == counted(unknown) == "0"
    assert "旅馆0" not in foreign.content.decode()


def test_anchor_of_another_territory_tells_nothing(county, client):
    foreign = Premises.objects.everywhere("the test knows all").filter(division_id=cast.WEST_SOUTH).first()
    client.force_login(cast.east_officer())
    assert names(listed(client, sort="name", after=foreign.pk)) == ["东镇车站"]


def test_administrators_have_no_lists(places, client):
    client.force_login(cast.auditor())
    for name, args in (("registers", []), ("object_list", ["premises"]), ("object_export", ["premises", "csv"]), ("exports", [])):
        assert client.get(reverse(name, args=args)).status_code in (403, 404)


def test_page_costs_the_same_few_queries_whatever_the_list_holds(county, django_assert_max_num_queries):
    with django_assert_max_num_queries(14):
        listed(county, sort="-name", kind="hotel")


def test_map_opens_where_the_found_objects_lie(county):
    response = county.get(reverse("object_list_map", args=["premises"]), {"division": cast.EAST})
    zoom, lat, lon = (float(part) for part in response.url.split("#map=")[1].split("&")[0].split("/"))
    assert (round(lat, 3), round(lon, 3)) == (37.48, 105.68) and zoom == 17
    assert "on=premises" in response.url


def test_every_layer_has_a_list(county):
    cast.with_purpose(User.objects.get(username="county"))
    for layer in registry:
        assert listed(county, layer.name).context["layer"] is layer
    assert "东镇" not in county.get(reverse("registers")).content.decode()


class TestSavedViews:
    def save(self, client, name="待查旅馆", **posted):
        url = reverse("save_view", args=["premises"]) + "?kind=hotel&sort=-name&columns=name,kind"
        return client.post(url, {"name": name, **posted}, follow=True)

    def test_officer_keeps_a_list_and_finds_it_again(self, county):
        response = self.save(county)
        view = SavedView.objects.get()
        assert (view.query, view.columns, view.is_shared) == ("kind=hotel&sort=-name", "name,kind", False)
        assert "待查旅馆" in response.content.decode() and counted(response) == "60"
        self.save(county, shared="1")
        assert SavedView.objects.get().is_shared

    def test_shared_list_is_seen_by_the_unit_and_by_nobody_else(self, county, client):
        self.save(county, shared="1")
        client.force_login(cast.user("second", User.Role.PLANNER))
        assert [view.name for view in listed(client).context["views"]] == ["待查旅馆"]
        assert client.post(reverse("delete_view", args=["premises", SavedView.objects.get().pk])).status_code == 404
        client.force_login(cast.west_officer())
        assert not listed(client).context["views"]

    @pytest.mark.parametrize("name", ["", "  ", "字" * 61, "联系13800138000"])
    def test_a_name_that_cannot_be_is_refused_with_the_reason(self, county, name):
        response = self.save(county, name)
        assert not SavedView.objects.exists() and len(list(response.context["messages"])) == 1

    def test_owner_deletes_it(self, county):
        self.save(county)
        county.post(reverse("delete_view", args=["premises", SavedView.objects.get().pk]))
        assert not SavedView.objects.exists()


class TestBulkEdit:
    def post(self, client, query="", **posted):
        return client.post(reverse("bulk_edit", args=["premises"]) + query, posted)

    def first(self, count=3):
        return list(Premises.objects.everywhere("the test knows all").filter(name__startswith="旅馆").order_by("pk")[:count])

    def test_officer_looks_at_the_change_and_writes_it(self, county):
        pks = [each.pk for each in self.first()]
        values = {"pk": pks, "change": ["operator_unit", "capacity_count"], "set_operator_unit": "文旅公司", "set_capacity_count": "1"}
        assert self.post(county, pk=pks).status_code == 200
        preview = self.post(county, step="preview", **values)
        capacity = next(each for each in preview.context["fields"] if each.label == "核定人数")
        assert sorted(capacity.old) == [("2", 1), ("空", 1)] and capacity.same_count == 1
        assert not Premises.objects.everywhere("the test knows all").filter(operator_unit="文旅公司").exists()
        done = self.post(county, step="apply", seal=preview.context["seal"], **values)
        assert done.status_code == 302
        assert {(each.operator_unit, each.capacity_count) for each in self.first()} == {("文旅公司", 1)}

    def test_all_that_match_are_meant_by_the_filter(self, county):
        query, values = "?kind=hotel&q=旅馆", {"all": "1", "change": "operator_unit", "set_operator_unit": "文旅公司"}
        seal = self.post(county, query, step="preview", **values).context["seal"]
        self.post(county, query, step="apply", seal=seal, **values)
        assert Premises.objects.everywhere("the test knows all").filter(operator_unit="文旅公司").count() == 60

    def test_nothing_is_written_over_a_change_made_after_the_preview(self, county):
        (one,) = self.first(1)
        values = {"pk": one.pk, "change": "capacity_count", "set_capacity_count": "9"}
        seal = self.post(county, step="preview", **values).context["seal"]
        Premises.objects.everywhere("somebody else").filter(pk=one.pk).update(capacity_count=5, updated_at=datetime.now(UTC))
        refused = self.post(county, step="apply", seal=seal, **values)
        assert refused.status_code == 409 and "又有变化" in refused.content.decode()
        one.refresh_from_db()
        assert one.capacity_count == 5

    @pytest.mark.parametrize(
        ("values", "said"),
        [({"change": "capacity_count", "set_capacity_count": "viele"}, "capacity_count"), ({}, ""),
         ({"change": "operator_unit", "set_operator_unit": "电话13800138000"}, "operator_unit"),
         ({"change": "kind", "set_kind": "castle"}, "kind")],
    )  # fmt: skip
    def test_a_wrong_value_is_said_and_what_was_typed_stays(self, county, values, said):
        response = self.post(county, step="preview", pk=self.first(1)[0].pk, **values)
        assert response.status_code == 400
        wrong = {each.field.name for each in response.context["inputs"] if each.errors}
        assert wrong == ({said} if said else set()) and (said or response.context["problems"])
        assert all(typed in response.content.decode() for name, typed in values.items() if name.startswith("set_") and typed != "castle")

    def test_a_computed_layer_is_nobodys_to_edit(self, county):
        compound = cast.west_compound()
        assert county.post(reverse("bulk_edit", args=["graded_compounds"]), {"pk": compound.pk}).status_code == 403
        assert "批量修改" not in listed(county, "graded_compounds").content.decode()

    def test_objects_of_another_town_are_not_reached(self, county, client):
        foreign = self.first(1)[0]
        client.force_login(cast.east_officer())
        assert self.post(client, pk=foreign.pk).status_code == 302
        client.force_login(cast.village_cadre())
        assert self.post(client, pk=foreign.pk).status_code == 403
        assert "批量修改" not in listed(client).content.decode()
