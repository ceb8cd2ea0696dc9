"""Kinds are data: what a county's officer changes is what the map, the import and the forms know."""
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from geo import importing, kinds, maps
from geo.layers import registry
from geo.models import PlaceKind, Premises, PublicFacility
from tests import cast

pytestmark = pytest.mark.django_db

WHY = "a test looks at all"
NOW = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
NEW = {"code": "charging", "title": "充电站", "title_en": "Charging station", "mark": "充", "colour": "#3355aa", "figure": "circle"}
NEW |= {"order": 95}
SPOT = {"division_id": cast.WEST_SOUTH, "geom": cast.point(105.61, 37.48)}


@pytest.fixture(autouse=True)
def fresh_kinds():
    kinds.kept.forget()
    yield
    kinds.kept.forget()


@pytest.fixture
def officer(client):
    cast.territory()
    user = cast.county_officer()
    client.force_login(user)
    return user


def imported(tmp_path, kind: str, layer: str = "premises"):
    file = tmp_path / "places.csv"
    file.write_text(f"编号,名称,类别,经度,纬度\nP1,一处,{kind},105.61,37.48\n", encoding="utf-8")
    return importing.run(layer, file, datum="wgs84", now=NOW, commit=False)


def test_the_defaults_are_there_and_labelled_ours():
    assert [kind.code for kind in kinds.PlaceKind.objects.filter(layer="premises")][:2] == ["school", "park"]
    assert set(PlaceKind.objects.values_list("source", flat=True)) == {"本系统默认"}
    assert {"lamp", "barrier", "lock", "hydrant"} <= {each.value for each in registry["facilities"].classes}


def test_a_county_officer_adds_a_kind_and_the_import_and_the_legend_know_it(officer, client, tmp_path):
    assert imported(tmp_path, "充电站").rejected_count == 1
    assert client.post("/kinds/premises/new/", NEW).status_code == 302
    for written in ("充电站", "charging", "Charging station"):
        assert imported(tmp_path, written).new_count == 1, written
    legend = {each["value"]: each for each in next(one for one in maps.describe_layers(officer) if one["name"] == "premises")["classes"]}
    assert (legend["charging"]["label"], legend["charging"]["mark"]) == ("充电站", "充")
    assert PlaceKind.objects.get(code="charging").changed_by == officer


def test_a_renamed_kind_is_shown_by_its_new_name(officer, client):
    school = PlaceKind.objects.get(layer="premises", code="school")
    place = Premises.objects.create(name="一中", source_key="P1", kind="school", **SPOT)
    page = client.post(f"/kinds/{school.pk}/", {**NEW, "code": "other_code", "title": "校园", "mark": "校"}, follow=True).content.decode()
    assert "已保存：校园" in page
    school.refresh_from_db()
    assert (school.code, school.title) == ("school", "校园")
    assert place.get_kind_display() == "校园"
    card = client.get(f"/map/premises/{place.pk}.json").json()
    assert card["class"]["label"] == "校园" and {"label": "类别", "value": "校园"} in card["rows"]


def test_a_retired_kind_takes_nothing_new_but_stays_readable(officer, client, tmp_path):
    bath = PlaceKind.objects.get(layer="premises", code="bath")
    place = Premises.objects.create(name="浴池", source_key="P9", kind="bath", **SPOT)
    assert client.post(f"/kinds/{bath.pk}/retire/").status_code == 302
    assert imported(tmp_path, "洗浴").rejected_count == 1
    assert place.get_kind_display() == "洗浴（已停用）"
    assert [each.value for each in registry["premises"].classes][-1] == "bath"
    client.post(f"/kinds/{bath.pk}/retire/")
    assert imported(tmp_path, "洗浴").new_count == 1


def test_the_last_kind_in_use_cannot_be_retired(officer):
    PlaceKind.objects.filter(layer="facilities").exclude(code="lamp").update(valid_to=date(2026, 1, 2))
    with pytest.raises(kinds.KindRefused):
        kinds.retire(PlaceKind.objects.get(code="lamp"), on=date(2026, 11, 24), by=officer, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"code": "school"}, "这个代码已有"),
        ({"title": "学校"}, "这个名称已有"),
        ({"mark": "学"}, "只凭颜色分不清"),
        ({"code": "Charging!"}, "代码用小写字母"),
        ({"colour": "red; x"}, "颜色写成#"),
        ({"title": "王某13800138000"}, "请删去"),
    ],
)
def test_a_wrong_kind_is_refused_with_its_reason_and_nothing_typed_is_lost(officer, client, wrong, told):
    page = client.post("/kinds/premises/new/", {**NEW, **wrong})
    text = page.content.decode()
    assert page.status_code == 200 and told in text and "Charging station" in text
    assert not PlaceKind.objects.filter(title_en="Charging station").exists()


def test_only_a_county_officer_changes_kinds(client):
    cast.territory()
    lamp = PlaceKind.objects.get(code="lamp")
    for user in (cast.west_officer(), cast.village_cadre()):
        client.force_login(user)
        assert client.get("/kinds/").status_code == 200
        assert client.post("/kinds/premises/new/", NEW).status_code == 403
        assert client.post(f"/kinds/{lamp.pk}/", NEW).status_code == 403
        assert client.post(f"/kinds/{lamp.pk}/retire/").status_code == 403
        with pytest.raises(PermissionDenied):
            kinds.save(lamp, by=user, now=NOW)
    client.force_login(cast.auditor())
    assert client.get("/kinds/").status_code == 403


def test_an_unknown_kind_is_no_valid_value(officer):
    lamp = PublicFacility(name="灯", source_key="F1", kind="school", **SPOT)
    with pytest.raises(ValidationError):
        lamp.clean_fields()
    lamp.kind = "lamp"
    lamp.clean_fields()


def test_a_facility_is_imported_searched_and_drawn_like_every_layer(officer, client, tmp_path):
    file = tmp_path / "设施.csv"
    file.write_text("编号,名称,设施类型,设施状况,经度,纬度\nF1,东门路灯,路灯,损坏,105.61,37.48\n", encoding="utf-8")
    assert importing.run("facilities", file, datum="wgs84", now=NOW, commit=True).new_count == 1
    [hit] = client.get("/map/search.json?q=dmld").json()["hits"]
    assert (hit["layer"], hit["name"], hit["division"]) == ("facilities", "东门路灯", "西南社区")
    card = client.get(f"/map/facilities/{hit['id']}.json").json()
    assert card["class"]["label"] == "路灯" and {"label": "状况", "value": "损坏"} in card["rows"]
    assert client.get("/map/legend.json").json()["facilities"] == {"lamp": 1}
