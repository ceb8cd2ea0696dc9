"""The pages of one object, through the browser's own requests: who sees and edits what, and nothing typed is lost."""
import html
import json
import re

import pytest
from django.urls import reverse

from geo import editing
from geo.layers import BASE_LINES, registry
from geo.models import BasemapFeature, Compound, Premises, SurveillanceRead
from tests import cast
from tests.geo.test_editing import COMPOUNDS, NOW, WHY, drawn, later, outline, point

NEW = reverse("object_new", args=["compounds"])
TYPED = "105.6190000, 37.4790000\r\n105.6210000, 37.4790000\r\n105.6210000, 37.4810000\r\n105.6190000, 37.4810000"
VALUES = {"name": "新苑小区", "kind": "old", "household_count": "120"}


def page_of(found, what="page", layer="compounds") -> str:
    return reverse(f"object_{what}", args=[layer, found.pk])


def text(response) -> str:
    return html.unescape(response.content.decode())


def fields(response) -> dict[str, str]:
    """What the form of a page would post."""
    form = response.context["form"]
    posted = {}
    for bound in form:
        value = bound.field.prepare_value(bound.value())
        value = bound.field.widget.format_value(value)
        posted[bound.name] = (value[0] if value else "") if isinstance(value, list) else "" if value is None else str(value)
    return posted


@pytest.fixture
def west(db, client):
    cast.territory()
    by = cast.west_officer()
    client.force_login(by)
    return by


def test_officer_draws_saves_and_sees_the_page(client, west):
    assert client.get(NEW).status_code == 200
    answer = client.post(NEW, {**VALUES, "geom": outline(105.62, 37.48)})
    found = Compound.objects.everywhere(WHY).get()
    assert answer.status_code == 302 and answer.url == page_of(found)
    page = text(client.get(answer.url))
    for told in ("新苑小区", "老旧小区", "120", "中宁县 · 西镇 · 西南社区", "新建", "west", "面积39,"):
        assert told in page, told


def test_coordinates_typed_by_hand_need_no_script(client, west):
    assert client.post(NEW, {**VALUES, "coordinates": TYPED}).status_code == 302
    found = Compound.objects.everywhere(WHY).get()
    assert found.geom.extent == pytest.approx((105.619, 37.479, 105.621, 37.481))
    opened = fields(client.get(page_of(found, "edit")))
    moved = opened["coordinates"].replace("105.6210000", "105.6220000")
    assert client.post(page_of(found, "edit"), {**opened, "coordinates": moved}).status_code == 302
    found.refresh_from_db()
    assert found.geom.extent == pytest.approx((105.619, 37.479, 105.622, 37.481))


def test_a_form_that_is_only_opened_and_saved_changes_nothing(client, west):
    cast.with_purpose(west)
    checked = {"fire_checked_on": "2026-11-01", "open_fire_hazard_count": 0}
    fire = {"source_key": "A1", "category": "fire", "occurred_at": "2026-11-01T08:00:07+08:00"}
    for layer, values in (
        (COMPOUNDS, {"name": "甲", "geom": outline(105.6200001234567, 37.48), "has_fence": False, **checked}),
        (registry["incidents"], {**fire, "geom": point(105.62, 37.48)}),
        (registry["surveillance"], {"name": "乙", "bearing_deg": 12.5, "has_sign": True, "geom": point(105.62, 37.48)}),
    ):
        found = editing.create(layer, values, by=west, now=NOW)
        opened = fields(client.get(page_of(found, "edit", layer.name)))
        assert client.post(page_of(found, "edit", layer.name), opened).status_code == 302, layer.name
        again = layer.model.objects.everywhere(WHY).get(pk=found.pk)
        assert editing.version_of(again) == editing.version_of(found), layer.name


def test_a_refused_form_keeps_everything_that_was_typed(client, west):
    drawn(west, name="老邻居")
    values = {**VALUES, "name": "打13800138000", "manager_unit": "甲物业", "geom": outline(105.6205, 37.48), "household_count": "很多"}
    answer = client.post(NEW, values)
    assert answer.status_code == 422
    page = text(answer)
    assert "很多" in page and "打13800138000" in page and "甲物业" in page and json.loads(values["geom"])["coordinates"]
    assert "输入整数" in page
    answer = client.post(NEW, {**values, "household_count": "120"})
    page = text(answer)
    assert answer.status_code == 422 and "手机号" in page and "打13800138000" in page
    answer = client.post(NEW, {**values, "household_count": "120", "name": "新苑小区"})
    page = text(answer)
    assert answer.status_code == 422 and "与“老邻居”" in page and 'value="新苑小区"' in page
    assert fields(answer)["geom"] == values["geom"]
    answer = client.post(NEW, {**VALUES, "coordinates": "105.61, 37.48\n甲, 乙\n"})
    assert answer.status_code == 422 and "第2行看不懂：“甲, 乙”" in text(answer)
    assert Compound.objects.everywhere(WHY).count() == 1


def test_stale_edit_shows_both_versions_and_keeps_the_others_values(client, west):
    found = drawn(west, household_count=100)
    mine = fields(client.get(page_of(found, "edit")))
    change = {"household_count": 110, "manager_unit": "乙物业"}
    editing.change(COMPOUNDS, found.pk, change, by=cast.county_officer(), now=later(1), version=editing.version_of(found))
    answer = client.post(page_of(found, "edit"), {**mine, "household_count": "130", "kind": "gated"})
    assert answer.status_code == 409
    told = {each.label: (each.theirs, each.mine, each.both) for each in answer.context["differences"]}
    assert told == {"类别": ("老旧小区", "封闭小区", True), "户数": ("110", "130", True), "管理单位": ("乙物业", "空", False)}
    assert "系统里现在的值" in text(answer)
    again = fields(answer)
    assert (again["household_count"], again["manager_unit"], again["kind"]) == ("130", "乙物业", "gated")
    assert client.post(page_of(found, "edit"), again).status_code == 302
    found.refresh_from_db()
    assert (found.household_count, found.manager_unit, found.kind) == (130, "乙物业", "gated")


def test_an_object_removed_meanwhile_is_said_so(client, west):
    found = drawn(west)
    mine = fields(client.get(page_of(found, "edit")))
    county = cast.county_officer()
    editing.remove(COMPOUNDS, found.pk, by=county, now=later(1), version=editing.version_of(found), why="拆除")
    answer = client.post(page_of(found, "edit"), {**mine, "name": "改"}, follow=True)
    assert "已被删除" in text(answer) and "拆除" in text(answer)


def test_removing_asks_for_a_reason_and_restoring_brings_it_back(client, west):
    found = drawn(west)
    opened = client.get(page_of(found, "remove"))
    version = opened.context["version"]
    assert client.post(page_of(found, "remove"), {"version": version, "why": ""}).status_code == 422
    assert client.post(page_of(found, "remove"), {"version": "2026-01-01", "why": "拆"}).status_code == 409
    answer = client.post(page_of(found, "remove"), {"version": version, "why": "已拆除"}, follow=True)
    assert "已被删除" in text(answer) and "理由：已拆除" in text(answer)
    assert client.get(page_of(found, "edit")).status_code == 302
    entry = answer.context["entries"][0]
    answer = client.post(page_of(found, "restore"), {"entry": entry.key, "version": ""}, follow=True)
    assert "已恢复" in text(answer)
    assert Compound.objects.everywhere(WHY).get().pk == found.pk
    answer = client.post(page_of(found, "restore"), {"entry": "edit-x", "version": ""}, follow=True)
    assert "没有恢复" in text(answer)


def test_other_territory_answers_as_if_it_were_not_there(client, west):
    other = cast.east_compound()
    for what in ("page", "edit", "remove"):
        for pk in (other.pk, 10**9):
            assert client.get(reverse(f"object_{what}", args=["compounds", pk])).status_code == 404
    assert client.post(page_of(other, "restore"), {"entry": "edit-1", "version": ""}).status_code == 404
    assert client.post(page_of(other, "edit"), {"name": "x"}).status_code == 404


def test_who_only_reads_sees_the_page_without_its_buttons(client, west):
    found = drawn(west)
    client.force_login(cast.village_cadre())
    page = text(client.get(page_of(found)))
    assert "新苑小区" in page and page_of(found, "edit") not in page and "确认恢复" not in page
    for url in (NEW, page_of(found, "edit"), page_of(found, "remove"), reverse("object_neighbours", args=["compounds"])):
        assert client.get(url).status_code == 403
    client.force_login(cast.auditor())
    assert client.get(page_of(found)).status_code == 404


@pytest.mark.parametrize("name", ["graded_compounds", "no-such-layer", "base-lines"])
def test_a_computed_or_unknown_layer_has_no_form(client, west, name):
    assert client.get(reverse("object_new", args=[name])).status_code == (403 if name == "base-lines" else 404)


def test_popup_links_lead_to_page_and_form(client, west):
    found = drawn(west)
    url = reverse("map_details", args=["compounds", found.pk])
    assert [each["url"] for each in client.get(url).json()["links"]] == [page_of(found), page_of(found, "edit")]
    assert client.get(reverse("map_details", args=["graded_compounds", found.pk])).json()["links"] == []
    client.force_login(cast.village_cadre())
    assert [each["url"] for each in client.get(url).json()["links"]] == [page_of(found)]


def test_neighbours_are_outlines_of_the_own_territory(client, west):
    found, near = drawn(west), drawn(west, lon=105.623, name="邻居")
    cast.compound("东苑小区", 105.651, 37.48, cast.EAST_SOUTH)
    Premises.objects.create(name="一中", kind="school", source_key="P", division_id=cast.WEST_SOUTH, geom=cast.point(105.62, 37.48))
    url = reverse("object_neighbours", args=["compounds"])
    names = lambda **asked: sorted(each["properties"]["name"] for each in client.get(url, asked).json()["features"])  # noqa: E731
    assert names(bbox="105.60,37.47,105.66,37.49") == sorted([found.name, near.name])
    assert names(bbox="105.60,37.47,105.66,37.49", but=str(found.pk)) == [near.name]
    assert names(bbox="105.0,37.0,106.0,38.0") == []
    for wrong in ("", "a,b,c,d", "1,2,3", "nan,1,2,3", "1e400,1,2,3"):
        assert client.get(url, {"bbox": wrong}).status_code == 404


def test_county_officer_finds_and_mends_a_road(client, west):
    client.force_login(cast.county_officer())
    line = json.dumps({"type": "MultiLineString", "coordinates": [[[105.61, 37.48], [105.62, 37.49]]]})
    values = {"name": "平安路", "kind": "street", "source": "人工绘制", "geom": line}
    assert client.post(reverse("object_new", args=["base-lines"]), values).status_code == 302
    road = BasemapFeature.objects.get()
    page = text(client.get(reverse("base_lines"), {"q": "平安"}))
    assert page_of(road, layer="base-lines") in page and "长1,4" in page
    assert "平安路" not in text(client.get(reverse("base_lines"), {"q": "黄河"}))
    options = re.findall(r'<option value="(\w+)"', text(client.get(page_of(road, "edit", "base-lines"))))
    assert "main_road" in options and "water" not in options
    water = BasemapFeature.objects.create(kind="water", source="t", is_schematic=True, geom=cast.square(105.62, 37.48))
    assert client.get(page_of(water, layer="base-lines")).status_code == 404
    assert client.post(page_of(road, "edit", "base-lines"), {**values, "kind": "water", "version": "x"}).status_code == 422
    client.force_login(west)
    assert client.get(reverse("base_lines")).status_code == 403
    assert client.get(page_of(road, layer="base-lines")).status_code == 200
    assert editing.may_edit(BASE_LINES, west) is False


def test_a_camera_is_read_and_edited_for_a_stated_purpose_only(client, west):
    camera = cast.camera("西门球机", 105.62, 37.48, cast.WEST_SOUTH)
    pages = [page_of(camera, what, "surveillance") for what in ("page", "edit", "remove")] + [reverse("object_new", args=["surveillance"])]
    for url in pages:
        answer = client.get(url, headers={"accept": "text/html"})
        assert answer.status_code == 302 and answer.url.startswith(reverse("surveillance_purpose")), url
        assert client.get(url, headers={"accept": "application/json"}).status_code == 404
    cast.with_purpose(west)
    opened = fields(client.get(pages[1]))
    assert SurveillanceRead.objects.filter(door="details", object_count=1).count() == 1
    answer = client.post(pages[1], {**opened, "purpose": "取流 rtsp://10.1.1.1/live"})
    assert answer.status_code == 422 and "本系统不登记取流地址" in text(answer)
    editing.remove(registry["surveillance"], camera.pk, by=west, now=NOW, version=opened["version"], why="拆除")
    assert "西门球机" in text(client.get(pages[0]))
    for who in (cast.county_officer(), cast.village_cadre()):
        client.force_login(who)
        assert client.get(pages[0], headers={"accept": "application/json"}).status_code == 404


@pytest.mark.parametrize("layer", [*registry, BASE_LINES], ids=lambda layer: layer.name)
def test_every_editable_layer_has_a_form_of_its_columns(client, west, layer):
    client.force_login(cast.with_purpose(cast.county_officer()))
    answer = client.get(reverse("object_new", args=[layer.name]))
    if not (layer.importable and layer.editable):
        assert answer.status_code == 404
        return
    assert [bound.name for bound in answer.context["form"].columns] == [column.name for column in layer.hand_columns]
    assert client.post(reverse("object_new", args=[layer.name]), {}).status_code == 422
