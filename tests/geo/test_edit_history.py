"""Who changed what, when, from which value to which: by hand and by files in one list; and back again."""
import pghistory
import pytest
from django.db import Error, transaction
from django.http import Http404

from geo import editing, importing
from geo.layers import registry
from geo.models import Compound, CompoundKept, Premises, PremisesKept
from tests import cast
from tests.geo.test_editing import COMPOUNDS, NOW, PREMISES, WHY, drawn, incident, later, outline, point

HEADER = "编号,名称,类别,经度,纬度,核定人数\n"


@pytest.fixture
def west(db):
    cast.territory()
    return cast.west_officer()


@pytest.fixture
def commit(tmp_path):
    def commit(text, minutes, **options):
        path = tmp_path / f"{minutes}.csv"
        path.write_text(HEADER + text)
        return importing.run("premises", path, datum="wgs84", now=later(minutes), commit=True, **options).batch

    return commit


def told(entries) -> list[tuple]:
    return [(entry.how, entry.who, [(change.label, change.old, change.new) for change in entry.changes]) for entry in entries]


def change(found, minutes, by, **values):
    return editing.change(COMPOUNDS, found.pk, values, by=by, now=later(minutes), version=editing.version_of(found))


def test_history_tells_every_field_with_both_values(west):
    found = drawn(west, household_count=100)
    found = change(found, 1, west, household_count=120, has_fence=True, kind="gated")
    found = change(found, 2, cast.county_officer(), geom=outline(105.6201, 37.48))
    newest, middle, first = told(editing.history(COMPOUNDS, found.pk, user=west))
    assert newest[:2] == ("edit", "county") and newest[2][0][0] == "轮廓"
    assert "面积" in newest[2][0][1] and "中心移动8.8米" in newest[2][0][2]
    assert middle == ("edit", "west", [("类别", "老旧小区", "封闭小区"), ("户数", "100", "120"), ("有围墙", "空", "是")])
    assert first == ("create", "west", [])


def test_history_of_a_moved_place_names_both_divisions(west):
    found = editing.create(PREMISES, {"name": "一中", "kind": "school", "geom": point(105.62, 37.48)}, by=west, now=NOW)
    editing.change(PREMISES, found.pk, {"geom": point(105.62, 37.52)}, by=west, now=later(1), version=editing.version_of(found))
    [edit, _create] = told(editing.history(PREMISES, found.pk, user=west))
    assert ("行政区划", "西南社区", "西北村") in edit[2]


def test_other_town_reads_no_history(west):
    found = drawn(west)
    east = cast.east_officer()
    with pytest.raises(Http404):
        editing.history(COMPOUNDS, found.pk, user=east)
    editing.remove(COMPOUNDS, found.pk, by=west, now=later(1), version=editing.version_of(found), why="画错")
    with pytest.raises(Http404):
        editing.history(COMPOUNDS, found.pk, user=east)
    with pytest.raises(Http404):
        editing.history(COMPOUNDS, 10**9, user=west)


def test_imports_and_edits_are_one_list(west, commit):
    county = cast.county_officer()
    first = commit("P1,一中,学校,105.62,37.48,500\n", 0, by=county)
    found = Premises.objects.everywhere(WHY).get()
    editing.change(PREMISES, found.pk, {"capacity_count": 510}, by=west, now=later(1), version=editing.version_of(found))
    second = commit("P1,第一中学,学校,105.62,37.48,520\n", 2, by=county)
    found.refresh_from_db()
    editing.change(PREMISES, found.pk, {"operator_unit": "教育局"}, by=west, now=later(3), version=editing.version_of(found))
    history = editing.history(PREMISES, found.pk, user=west)
    assert told(history) == [
        ("edit", "west", [("经营管理单位", "空", "教育局")]),
        ("import", "county", [("名称", "一中", "第一中学"), ("核定人数", "510", "520")]),
        ("edit", "west", [("核定人数", "500", "510")]),
        ("import", "", []),
    ]
    assert [entry.batch for entry in history] == [None, second, None, first]
    assert [entry.at for entry in history] == [later(3), later(2), later(1), NOW]


def test_a_batch_taken_back_is_said_so(west, commit):
    commit("P1,一中,学校,105.62,37.48,500\n", 0)
    second = commit("P1,第一中学,学校,105.62,37.48,520\n", 1)
    importing.revert(second, by=None, now=later(2))
    found = Premises.objects.everywhere(WHY).get()
    newest, _first = editing.history(PREMISES, found.pk, user=west)
    assert (newest.how, newest.batch, newest.taken_back_at, newest.changes) == ("import", second, later(2), [])
    assert newest.before["capacity_count"] == 500 == found.capacity_count


def test_an_import_pays_no_history_for_its_rows(west, commit):
    commit("P1,一中,学校,105.62,37.48,500\n", 0)
    second = commit("P1,第一中学,学校,105.62,37.48,520\n", 1)
    importing.revert(second, by=None, now=later(2))
    assert not PremisesKept.objects.exists()
    found = Premises.objects.everywhere(WHY).get()
    editing.change(PREMISES, found.pk, {"capacity_count": 510}, by=west, now=later(3), version=editing.version_of(found))
    assert PremisesKept.objects.count() == 1


def test_a_change_past_the_one_function_is_kept_too(west):
    found = drawn(west)
    Compound.objects.everywhere(WHY).filter(pk=found.pk).update(name="绕过")
    assert CompoundKept.objects.filter(pgh_obj_id=found.pk, name="新苑小区", pgh_label="update").count() == 1


def test_what_a_transaction_does_after_an_edit_is_not_signed_by_its_editor(west):
    first, second = drawn(west), drawn(west, name="另一个", geom=outline(105.64, 37.48))
    with transaction.atomic():
        change(first, 1, west, household_count=120)
        Compound.objects.everywhere("the system's own work").filter(pk=second.pk).update(household_count=7)
    assert told(editing.history(COMPOUNDS, second.pk, user=west))[0] == ("system", "", [("户数", "空", "7")])
    assert told(editing.history(COMPOUNDS, first.pk, user=west))[0][:2] == ("edit", "west")


def test_words_of_something_else_are_no_words_of_an_edit(west, client):
    """As a transaction of an earlier release left them: a roster's word beside a row of a layer."""
    found = drawn(west)
    with transaction.atomic(), pghistory.context(user=west.pk, at=later(1).isoformat(), how="crew"):
        Compound.objects.everywhere("the system's own work").filter(pk=found.pk).update(household_count=7)
    newest = editing.history(COMPOUNDS, found.pk, user=west)[0]
    assert (newest.how, newest.who, newest.how_label) == ("system", "", "系统更新") and newest.at != later(1)
    client.force_login(west)
    assert client.get(f"/objects/compounds/{found.pk}/").status_code == 200


def test_nobody_changes_what_is_kept(west):
    found = change(drawn(west), 1, west, name="改名")
    assert CompoundKept.objects.filter(pgh_obj_id=found.pk).count() == 2
    for action in (lambda: CompoundKept.objects.update(name="x"), lambda: CompoundKept.objects.all().delete()):
        with pytest.raises(Error), transaction.atomic():
            action()


def test_an_earlier_state_becomes_a_new_edit(west):
    found = drawn(west, household_count=100)
    outlines = found.geom.wkb
    found = change(found, 1, west, household_count=120, geom=outline(105.63, 37.48))
    found = change(found, 2, west, name="又改名")
    rename, move, _create = editing.history(COMPOUNDS, found.pk, user=west)
    with pytest.raises(editing.Stale):
        editing.restore(COMPOUNDS, found.pk, move.key, by=west, now=later(3), version="2026-01-01T00:00:00+00:00")
    found = editing.restore(COMPOUNDS, found.pk, move.key, by=west, now=later(3), version=editing.version_of(found))
    assert (found.name, found.household_count, found.geom.wkb) == ("新苑小区", 100, outlines)
    newest = editing.history(COMPOUNDS, found.pk, user=west)[0]
    assert (newest.how, newest.who, {each.field for each in newest.changes}) == ("restore", "west", {"name", "household_count", "geom"})
    with pytest.raises(editing.EditRefused, match="没有这条历史记录"):
        editing.restore(COMPOUNDS, found.pk, "edit-999999", by=west, now=later(4), version=editing.version_of(found))
    assert rename.key != move.key


def test_a_restored_outline_is_judged_like_any_other(west):
    found = change(drawn(west), 1, west, geom=outline(105.63, 37.48))
    drawn(west, name="后来者")
    move = editing.history(COMPOUNDS, found.pk, user=west)[0]
    with pytest.raises(editing.EditRefused, match="后来者"):
        editing.restore(COMPOUNDS, found.pk, move.key, by=west, now=later(2), version=editing.version_of(found))


def test_a_state_before_an_import_can_be_restored(west, commit):
    commit("P1,一中,学校,105.62,37.48,500\n", 0)
    commit("P1,第一中学,公园,105.6201,37.4801,520\n", 1)
    found = Premises.objects.everywhere(WHY).get()
    newest = editing.history(PREMISES, found.pk, user=west)[0]
    found = editing.restore(PREMISES, found.pk, newest.key, by=west, now=later(2), version=editing.version_of(found))
    assert (found.name, found.kind, found.capacity_count, found.geom.x) == ("一中", "school", 500, 105.62)


def test_a_removed_object_keeps_its_history_and_comes_back_under_its_number(west):
    found = drawn(west, household_count=100)
    theft = incident("A1", 105.62, 37.48)
    pk, public_id, key = found.pk, found.public_id, found.source_key
    with pytest.raises(editing.EditRefused, match="理由"):
        editing.remove(COMPOUNDS, pk, by=west, now=later(1), version=editing.version_of(found), why=" ")
    with pytest.raises(editing.EditRefused, match="手机号"):
        editing.remove(COMPOUNDS, pk, by=west, now=later(1), version=editing.version_of(found), why="问13800138000")
    editing.remove(COMPOUNDS, pk, by=west, now=later(1), version=editing.version_of(found), why="已拆除")
    theft.refresh_from_db()
    assert theft.compound_id is None
    removal, first = editing.history(COMPOUNDS, pk, user=west)
    assert (removal.how, removal.why, removal.at, first.how) == ("remove", "已拆除", later(1), "create")
    with pytest.raises(editing.Stale):
        editing.change(COMPOUNDS, pk, {"name": "x"}, by=west, now=later(2), version=editing.version_of(found))
    back = editing.restore(COMPOUNDS, pk, removal.key, by=west, now=later(2), version="")
    theft.refresh_from_db()
    assert (back.pk, back.public_id, back.source_key, back.household_count, theft.compound_id) == (pk, public_id, key, 100, pk)
    assert [entry.how for entry in editing.history(COMPOUNDS, pk, user=west)] == ["restore", "remove", "create"]


def test_what_others_refer_to_is_not_removed(west):
    from zones.models import Grade, RatingRound, RatingScheme

    found = drawn(west)
    scheme = RatingScheme.objects.create(version="t", title="t", is_own_assumption=True, criteria={}, valid_from="2026-01-01")
    dates = {"starts_on": "2026-07-01", "ends_on": "2026-10-01", "window_starts_on": "2025-10-01"}
    period = RatingRound.objects.create(period="2026Q3", scheme=scheme, **dates)
    counts = dict.fromkeys(["theft_count", "drugs_count", "crime_count", "fire_count", "covered_month_count"], 0)
    counts |= {"period_incident_count": 0, "period_covered_month_count": 0}
    Grade.objects.create(round=period, compound=found, colour="green", four_free="not_held", **counts)
    with pytest.raises(editing.EditRefused, match="已被引用（.*1条）"):
        editing.remove(COMPOUNDS, found.pk, by=west, now=later(1), version=editing.version_of(found), why="画错")
    assert Compound.objects.everywhere(WHY).filter(pk=found.pk).exists() and Grade.objects.everywhere(WHY).count() == 1


def test_every_editable_layer_keeps_its_history():
    from geo.editing.history import kept_model
    from geo.layers import BASE_LINES

    edited = [layer for layer in [*registry, BASE_LINES] if layer.editable and layer.importable]
    assert [layer.name for layer in edited if kept_model(layer.model) is None] == []
