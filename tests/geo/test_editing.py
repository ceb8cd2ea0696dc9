"""Editing by people: who may, what is refused and why, what a moved outline does to what lies in it, and two at once."""
import datetime
import json

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from geo import editing, importing
from geo.layers import BASE_LINES, registry
from geo.models import BasemapFeature, Compound, Courtyard, Incident, LayerVersion, Premises
from tests import cast

WHY = "a test looks at everything"
NOW = datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)
COMPOUNDS, PREMISES, INCIDENTS, COURTYARDS = (registry[name] for name in ("compounds", "premises", "incidents", "courtyards"))


def later(minutes: int) -> datetime.datetime:
    return NOW + datetime.timedelta(minutes=minutes)


def outline(lon: float, lat: float, half_deg: float = 0.001) -> str:
    return cast.square(lon, lat, half_deg).json


def point(lon: float, lat: float) -> str:
    return json.dumps({"type": "Point", "coordinates": [lon, lat]})


def drawn(by, lon=105.62, lat=37.48, name="新苑小区", **values):
    return editing.create(COMPOUNDS, {"name": name, "kind": "old", "geom": outline(lon, lat), **values}, by=by, now=NOW)


def refused(action, *arguments, **options) -> dict[str, list[str]]:
    with pytest.raises(editing.EditRefused) as problem:
        action(*arguments, **options)
    return problem.value.messages


@pytest.fixture
def territory(db):
    return cast.territory()


@pytest.fixture
def west(territory):
    return cast.west_officer()


def test_town_officer_draws_a_compound_and_the_division_is_found_by_its_place(west):
    found = drawn(west, household_count="120", has_fence=True)
    assert (found.division_id, found.household_count, found.has_fence, found.batch_id) == (cast.WEST_SOUTH, 120, True, None)
    assert (found.created_at, found.updated_at) == (NOW, NOW)
    assert found.source_key.startswith("#")
    [entry] = editing.history(COMPOUNDS, found.pk, user=west)
    assert (entry.how, entry.who, entry.at) == ("create", "west", NOW)


def test_a_made_key_is_the_one_that_an_import_makes(west, tmp_path):
    made = editing.create(PREMISES, {"name": "一中", "kind": "school", "geom": point(105.62, 37.48)}, by=west, now=NOW)
    path = tmp_path / "a.csv"
    path.write_text("名称,类别,经度,纬度\n一中,学校,105.62,37.48\n")
    report = importing.run("premises", path, datum="wgs84", now=NOW)
    assert (report.new_count, report.unchanged_count) == (0, 1)
    assert made.source_key.startswith("#")


@pytest.mark.parametrize("who", [cast.village_cadre, cast.auditor])
def test_who_does_not_write_business_data_edits_nothing(territory, who):
    found = cast.west_compound()
    by = who()
    for action in (
        lambda: drawn(by),
        lambda: editing.change(COMPOUNDS, found.pk, {"name": "改"}, by=by, now=NOW, version=editing.version_of(found)),
        lambda: editing.change_many(COMPOUNDS, [found.pk], {"kind": "old"}, by=by, now=NOW),
        lambda: editing.remove(COMPOUNDS, found.pk, by=by, now=NOW, version=editing.version_of(found), why="x"),
        lambda: editing.restore(COMPOUNDS, found.pk, "edit-1", by=by, now=NOW, version=editing.version_of(found)),
    ):
        with pytest.raises(PermissionDenied):
            action()
    assert Compound.objects.everywhere(WHY).get().name == found.name


def test_town_officer_cannot_edit_the_other_town(west):
    found = cast.east_compound()
    version = editing.version_of(found)
    assert "不在您的辖区" in refused(editing.change, COMPOUNDS, found.pk, {"name": "改"}, by=west, now=NOW, version=version)[""][0]
    assert "不在您的辖区" in refused(editing.remove, COMPOUNDS, found.pk, by=west, now=NOW, version=version, why="x")[""][0]
    report = editing.change_many(COMPOUNDS, [found.pk], {"kind": "old"}, by=west, now=NOW)
    assert report.changed_count == 0 and report.refused[0].pk == found.pk and report.refused[0].name == str(found.pk)
    found.refresh_from_db()
    assert (found.name, found.kind) == ("东苑小区", "gated")


def test_outline_outside_the_territory_is_refused_with_the_reason(west):
    messages = refused(drawn, west, lon=105.68)
    assert messages == {"geom": ["这里属于东南社区，不在您的辖区（西镇）内。"]}
    assert refused(drawn, west, lon=107.0) == {"geom": ["不在任何行政区划的轮廓内"]}
    # 105.65 is the towns' common boundary: most of the outline lies west of it.
    assert "平方米在辖区（西镇）之外" in refused(drawn, west, lon=105.6495)["geom"][0]
    assert drawn(cast.county_officer(), lon=105.6495).division_id == cast.WEST_SOUTH


def test_an_object_is_not_moved_out_of_the_own_territory(west):
    found = editing.create(PREMISES, {"name": "一中", "kind": "school", "geom": point(105.62, 37.48)}, by=west, now=NOW)
    version = editing.version_of(found)
    messages = refused(editing.change, PREMISES, found.pk, {"geom": point(105.68, 37.48)}, by=west, now=later(1), version=version)
    assert "东南社区" in messages["geom"][0]
    moved = editing.change(PREMISES, found.pk, {"geom": point(105.62, 37.52)}, by=west, now=later(1), version=version)
    assert moved.division_id == cast.WEST_NORTH


def test_overlap_is_refused_and_names_the_other(west):
    drawn(west)
    messages = refused(drawn, west, lon=105.6215, name="另一个")
    # Half of a square of 0.002 by 0.002 degrees: about 44 m by 222 m.
    assert messages["geom"][0].startswith("与“新苑小区”（编号#") and "重叠约9,8" in messages["geom"][0]
    # A common edge, and a strip of half a metre, are two drawings of one edge.
    assert drawn(west, lon=105.622, name="邻居").pk
    assert drawn(west, lon=105.62, lat=37.481995, name="北邻").pk
    assert Compound.objects.everywhere(WHY).count() == 3


def test_overlap_with_the_other_towns_compound_does_not_tell_its_name(west):
    cast.compound("东苑小区", 105.651, 37.48, cast.EAST_SOUTH)
    text = refused(drawn, west, lon=105.6491, name="界边小区")["geom"][0]
    assert "东苑" not in text and "辖区外的一个居民小区" in text


def test_outline_that_crosses_itself_is_told_where(west):
    bow = {"type": "Polygon", "coordinates": [[[105.62, 37.48], [105.622, 37.482], [105.622, 37.48], [105.62, 37.482], [105.62, 37.48]]]}
    messages = refused(editing.create, COMPOUNDS, {"name": "蝴蝶", "geom": json.dumps(bow)}, by=west, now=NOW)
    assert messages["geom"] == ["轮廓自相交，位置：105.621000, 37.481000。请移动附近的顶点。"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "没有坐标"),
        ("{", "无法读懂"),
        ('{"type": "Point", "coordinates": [105.62, 37.48]}', "图层需要面"),
        ('{"type": "Polygon", "coordinates": [[[105.6, 37.5], [1e999, 37.5], [105.7, 37.6], [105.6, 37.5]]]}', "无穷大|无法读懂"),
        ('{"type": "Polygon", "coordinates": [[[105.6, 37.5], [105.7, 37.5], [105.7, 37.6]]]}', "闭合|无法读懂"),
        ('{"type": "Polygon", "coordinates": [[[105.6, 37.5], [105.6, 37.5], [105.6, 37.5], [105.6, 37.5]]]}', "轮廓"),
        ('{"type": "Polygon", "coordinates": []}', "空"),
        ('{"type": "GeometryCollection", "geometries": []}', "图层需要面"),
        ("[" * 100_000, "无法读懂"),
    ],
)
def test_no_geometry_from_outside_is_more_than_a_sentence(west, given, said):
    with pytest.raises(editing.EditRefused, match=said):
        editing.create(COMPOUNDS, {"name": "坏图形", "geom": given}, by=west, now=NOW)
    assert not Compound.objects.everywhere(WHY).exists()


def test_wrong_values_are_told_field_by_field(west):
    values = {
        "name": "联系人13800138000", "kind": "castle", "household_count": "-1", "fire_checked_on": "2026-13-01", "manager_unit": "乙\x00丙",
        "building_count": "99999999999999999999", "gate_count": "2.5",
    }  # fmt: skip
    messages = refused(drawn, west, **values)
    assert set(messages) == set(values)
    assert "手机号" in messages["name"][0] and "13800138000" in messages["name"][0]
    assert "老旧小区" in messages["kind"][0]
    assert not Compound.objects.everywhere(WHY).exists()
    nameless = {"name": " ", "geom": outline(105.62, 37.48)}
    assert refused(editing.create, COMPOUNDS, nameless, by=west, now=NOW) == {"name": ["必填，但没有值"]}
    assert set(refused(editing.create, PREMISES, {}, by=west, now=NOW)) == {"name", "kind", "geom"}
    assert "没有这些可编辑的字段" in refused(editing.create, PREMISES, {"division_id": cast.EAST}, by=west, now=NOW)[""][0]


def test_a_rule_of_the_database_is_told_at_its_fields(west):
    found = drawn(west)
    values = {"fire_checked_on": "2026-11-01"}
    messages = refused(editing.change, COMPOUNDS, found.pk, values, by=west, now=later(1), version=editing.version_of(found))
    assert set(messages) == {"fire_checked_on", "open_fire_hazard_count"}
    assert "没有同时填写" in messages["fire_checked_on"][0]
    same = {"source_key": found.source_key}
    assert "已被另一个对象使用" in refused(drawn, west, lon=105.63, **same)["source_key"][0]
    not_a_number = {"name": "甲", "range_m": "nan", "geom": point(105.62, 37.48)}
    assert "range_m" in refused(editing.create, registry["surveillance"], not_a_number, by=west, now=NOW)


def test_the_slower_of_two_editors_gets_both_versions(west):
    found = drawn(west, household_count=100)
    version = editing.version_of(found)
    editing.change(COMPOUNDS, found.pk, {"household_count": 110}, by=cast.county_officer(), now=later(1), version=version)
    with pytest.raises(editing.Stale) as stale:
        editing.change(COMPOUNDS, found.pk, {"manager_unit": "甲物业"}, by=west, now=later(2), version=version)
    assert stale.value.mine == {"manager_unit": "甲物业"}
    assert (stale.value.theirs.household_count, stale.value.base["household_count"]) == (110, 100)
    found.refresh_from_db()
    assert (found.household_count, found.manager_unit) == (110, "")
    merged = editing.change(COMPOUNDS, found.pk, stale.value.mine, by=west, now=later(3), version=editing.version_of(stale.value.theirs))
    assert (merged.household_count, merged.manager_unit) == (110, "甲物业")


def test_two_edits_at_one_moment_are_two_versions(west):
    found = drawn(west)
    first = editing.version_of(found)
    second = editing.version_of(editing.change(COMPOUNDS, found.pk, {"name": "甲"}, by=west, now=NOW, version=first))
    assert second != first
    with pytest.raises(editing.Stale):
        editing.change(COMPOUNDS, found.pk, {"name": "乙"}, by=west, now=NOW, version=first)


def test_nothing_changed_is_nothing_written(west):
    found = drawn(west)
    version, tiles = editing.version_of(found), LayerVersion.objects.get(layer="compounds").version
    same = {"name": found.name, "geom": found.geom.json}
    assert editing.version_of(editing.change(COMPOUNDS, found.pk, same, by=west, now=later(1), version=version)) == version
    assert LayerVersion.objects.get(layer="compounds").version == tiles
    assert len(editing.history(COMPOUNDS, found.pk, user=west)) == 1


def incident(key: str, lon: float, lat: float) -> Incident:
    return editing.create(
        INCIDENTS,
        {"source_key": key, "category": "theft", "occurred_at": "2026-11-01 08:00", "geom": point(lon, lat)},
        by=cast.User.objects.get(username="west"), now=NOW,
    )  # fmt: skip


def test_an_incident_is_put_in_the_compound_and_courtyard_that_hold_it(west):
    compound = drawn(west)
    yard = editing.create(COURTYARDS, {"name": "1号楼院", "geom": outline(105.62, 37.48, 0.0004)}, by=west, now=NOW)
    assert yard.compound_id == compound.pk
    inside, between, away = incident("A1", 105.62, 37.48), incident("A2", 105.6208, 37.48), incident("A3", 105.63, 37.48)
    assert (inside.compound_id, inside.courtyard_id) == (compound.pk, yard.pk)
    assert (between.compound_id, between.courtyard_id) == (compound.pk, None)
    assert (away.compound_id, away.courtyard_id) == (None, None)
    assert inside.occurred_at == datetime.datetime(2026, 11, 1, 0, tzinfo=datetime.UTC)


def test_a_moved_outline_takes_its_incidents_and_lets_go_of_others(west):
    compound = drawn(west)
    inside, away = incident("A1", 105.62, 37.48), incident("A3", 105.63, 37.48)
    touched = inside.updated_at
    moved = {"geom": outline(105.63, 37.48)}
    compound = editing.change(COMPOUNDS, compound.pk, moved, by=west, now=later(1), version=editing.version_of(compound))
    inside.refresh_from_db()
    away.refresh_from_db()
    assert (inside.compound_id, away.compound_id) == (None, compound.pk)
    assert inside.updated_at == touched, "nobody edited the incident"
    assert [entry.how for entry in editing.history(INCIDENTS, inside.pk, user=west)] == ["create"]
    editing.remove(COMPOUNDS, compound.pk, by=west, now=later(2), version=editing.version_of(compound), why="已拆除")
    away.refresh_from_db()
    assert away.compound_id is None


def test_bulk_edit_is_all_or_nothing_and_names_what_it_refuses(west):
    first, second = drawn(west), drawn(west, lon=105.63, name="二小区", fire_checked_on="2026-11-01", open_fire_hazard_count=0)
    report = editing.change_many(COMPOUNDS, [first.pk, second.pk], {"manager_unit": "甲物业"}, by=west, now=later(1))
    assert (report.changed_count, report.unchanged_count, report.refused) == (2, 0, [])
    again = editing.change_many(COMPOUNDS, [first.pk, second.pk], {"manager_unit": "甲物业"}, by=west, now=later(2))
    assert (again.changed_count, again.unchanged_count) == (0, 2)
    report = editing.change_many(COMPOUNDS, [first.pk, second.pk], {"open_fire_hazard_count": 3}, by=west, now=later(3))
    assert report.changed_count == 0 and [(each.pk, each.name) for each in report.refused] == [(first.pk, "新苑小区")]
    assert "消防检查日期" in report.refused[0].messages["fire_checked_on"][0]
    second.refresh_from_db()
    assert (second.open_fire_hazard_count, second.updated_at) == (0, later(1))
    assert [entry.how for entry in editing.history(COMPOUNDS, second.pk, user=west)] == ["bulk", "create"]
    assert "不能批量" in refused(editing.change_many, COMPOUNDS, [first.pk], {"geom": outline(105.63, 37.48)}, by=west, now=NOW)[""][0]


def test_county_officer_edits_a_road_and_a_town_officer_does_not(territory):
    county, west = cast.county_officer(), cast.west_officer()
    line = {"type": "LineString", "coordinates": [[105.61, 37.48], [105.62, 37.49]]}
    values = {"name": "平安路", "kind": "street", "source": "人工绘制", "is_schematic": False, "geom": json.dumps(line)}
    road = editing.create(BASE_LINES, values, by=county, now=NOW)
    assert road.geom.geom_type == "MultiLineString" and not road.is_schematic
    version = editing.version_of(road)
    with pytest.raises(PermissionDenied):
        editing.change(BASE_LINES, road.pk, {"name": "改"}, by=west, now=later(1), version=version)
    road = editing.change(BASE_LINES, road.pk, {"name": "平安大街", "kind": "main_road"}, by=county, now=later(1), version=version)
    assert [entry.how for entry in editing.history(BASE_LINES, road.pk, user=west)] == ["edit", "create"]
    far = json.dumps({"type": "LineString", "coordinates": [[110, 30], [111, 31]]})
    assert "不在您的辖区" in refused(editing.create, BASE_LINES, {**values, "geom": far}, by=county, now=NOW)["geom"][0]
    flat = json.dumps({"type": "LineString", "coordinates": [[105.61, 37.48], [105.61, 37.48]]})
    assert "没有长度" in refused(editing.create, BASE_LINES, {**values, "geom": flat}, by=county, now=NOW)["geom"][0]
    editing.remove(BASE_LINES, road.pk, by=county, now=later(2), version=editing.version_of(road), why="画错")
    assert not BasemapFeature.objects.exists()


def test_an_edited_row_keeps_its_batch_from_being_taken_back(west, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("编号,名称,类别,经度,纬度\nP1,一中,学校,105.62,37.48\n")
    report = importing.run("premises", path, datum="wgs84", now=NOW, commit=True)
    found = Premises.objects.everywhere(WHY).get()
    editing.change(PREMISES, found.pk, {"capacity_count": 5}, by=west, now=later(1), version=editing.version_of(found))
    with pytest.raises(importing.ImportRefused, match="被人工修改过（例如“P1”）"):
        importing.revert(report.batch, by=None, now=later(2))


def test_courtyards_may_lie_in_a_compound_but_not_in_each_other(west):
    drawn(west)
    editing.create(COURTYARDS, {"name": "1号楼院", "geom": outline(105.62, 37.48, 0.0004)}, by=west, now=NOW)
    with pytest.raises(editing.EditRefused, match="1号楼院"):
        editing.create(COURTYARDS, {"name": "2号楼院", "geom": outline(105.6202, 37.48, 0.0004)}, by=west, now=NOW)
    assert Courtyard.objects.everywhere(WHY).count() == 1


def test_time_is_an_argument(west):
    assert drawn(west).updated_at == NOW < timezone.now()
