"""Pages of inspections and checklists: who reads and writes them, one tap to an issue, versions by a form, how far two people agree."""
import csv
import io
import json
import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from mapbox_vector_tile import decode
from openpyxl import load_workbook

from geo import tiles, walls
from geo.layers import registry
from geo.models import Compound
from patrol import intake
from tests import cast
from tests.geo.test_tiles import address
from tests.zones import inspecting as i
from tests.zones import registering as r
from zones import checklist_versions, checklists, duty_rows, inspections, spread
from zones.models import Checklist, Duty, InspectedPlace, InspectionRecord, Issue
from zones.spread import Look

NOW = r.NOW
DAY = timedelta(days=1)


@pytest.fixture
def who(people, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    return people


@pytest.fixture
def made(who):
    """Two failures at a compound of WEST."""
    device, _token = i.phone(who["cadre"])
    return i.inspected(device, cast.west_compound(), answers=i.FINE | {"wiring": "yes", "doors": "no"})


def read(client, user, path, status=200) -> str:
    client.force_login(user)
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def test_the_list_is_the_readers_own_and_narrows(client, who, made):
    page = read(client, who["west"], "/inspections/")
    assert "西苑小区" in page and "共1次排查" in page
    for query in ("result=nothing", "layer=zones", "spot=far", "q=东", "to=2026-11-01", f"town={cast.EAST}", "place=zones:1"):
        assert "没有符合条件的排查" in read(client, who["county"], f"/inspections/?{query}"), query
    for query in ("result=findings", "layer=compounds", "spot=there", "q=西苑", "from=2026-11-01", f"place=compounds:{made.place_pk}"):
        assert "共1次排查" in read(client, who["county"], f"/inspections/?{query}"), query
    assert read(client, who["county"], "/inspections/?from=never&place=x:y&page=z&town=%00")
    assert "没有符合条件的排查" in read(client, who["east"], "/inspections/")


def test_another_town_and_administrators_read_nothing_of_it(client, who, made):
    paths = (f"/inspections/{made.pk}/", f"/inspections/{made.pk}/photo/?photo=x")
    for path in (*paths, "/inspections/999999/"):
        read(client, who["east"], path, 404)
        read(client, who["auditor"], path, 404)
    read(client, who["auditor"], "/inspections/", 403)
    read(client, who["auditor"], "/checklists/", 403)
    read(client, who["auditor"], f"/checklists/{i.default().pk}/", 404)
    assert client.post(f"/inspections/{made.pk}/issues/", {"item": "wiring"}).status_code == 404


def test_failed_items_become_issues_in_one_tap(client, who, made):
    assert "2项不合格全部挂号" in read(client, who["cadre"], f"/inspections/{made.pk}/")
    for _time in range(2):
        assert client.post(f"/inspections/{made.pk}/issues/", {"item": ["wiring", "doors"]}).status_code == 302
    issues = Issue.objects.everywhere("a test")
    assert sorted(each.category.code for each in issues) == ["facility_lock", "fire_wiring"]
    page = read(client, who["cadre"], f"/inspections/{made.pk}/")
    assert all(each.number in page for each in issues) and "全部挂号" not in page
    assert f"/inspections/{made.pk}/" in read(client, who["cadre"], f"/issues/{issues[0].pk}/")
    assert client.post(f"/inspections/{made.pk}/issues/", {"item": "gate"}).status_code == 422
    assert client.post(f"/inspections/{made.pk}/issues/", {"item": "\x00"}).status_code == 422


def test_the_inspections_of_a_duties_days_draft_its_report(client, who, made):
    duty_rows.extend(now=NOW)
    duties = Duty.objects.everywhere("a test").filter(division=who["cadre"].division_id, opens_on__lte=NOW, lapses_on__gte=NOW)
    mine, other = (duties.filter(rule__kind=kind).first() for kind in ("inspection", "screening"))
    page = read(client, who["cadre"], f"/duties/{mine.pk}/")
    assert ">本期排查1次：发现问题1次。</textarea>" in page and "已按期间的排查起草" in page and "西苑小区 ·" in page
    assert "本期排查" not in read(client, who["cadre"], f"/duties/{other.pk}/")
    refused = client.post(f"/duties/{mine.pk}/done/", {"note": "电话13912345678"})
    assert refused.status_code == 422 and ">电话13912345678</textarea>" in refused.content.decode()


def test_readers_who_register_nothing_are_refused(client, who, made):
    assert "挂号（列为问题）" not in read(client, who["planner"], f"/inspections/{made.pk}/")
    assert client.post(f"/inspections/{made.pk}/issues/", {"item": "wiring"}).status_code == 403
    assert not Issue.objects.everywhere("a test").exists()


def test_promise_26_pictures_are_shown_redrawn_to_the_territory_alone(client, who):
    device, token = i.phone(who["cadre"])
    pk, data = i.picture()
    tail = data + b"<script>alert(1)</script>"
    document = i.body(i.content(cast.west_compound(), photos={"gate": [pk]}), pictures=[(pk, tail)])
    receipt = i.send(token, document).json()
    i.upload(device, document, [(pk, tail)])
    made = inspections.make(receipt["receipt_no"], now=NOW)
    path = f"/inspections/{made.pk}/photo/?photo={pk}"
    client.force_login(who["west"])
    answer = client.get(path)
    shown = b"".join(answer.streaming_content)
    assert answer.headers["Content-Security-Policy"].startswith("sandbox") and b"<script>" not in shown
    assert path in read(client, who["west"], f"/inspections/{made.pk}/").replace("&amp;", "&")
    read(client, who["east"], path, 404)


# Checklists


def form(items: list[dict], **head) -> dict:
    data = {"title": "小区排查表", "valid_from": "2026-12-01", "form-TOTAL_FORMS": len(items), "form-INITIAL_FORMS": 0, **head}
    for number, each in enumerate(items):
        each = {"type": "yes_no", "weight": 10, "good": "yes", "required": "on", "ORDER": number + 1, **each}
        data |= {f"form-{number}-{name}": value for name, value in each.items()}
    return data


@pytest.fixture
def draft(who):
    return checklist_versions.start(layer="premises", title="网吧检查表", by=who["county"], now=NOW)


def test_a_draft_is_written_in_a_form_and_adopted(client, who, draft):
    client.force_login(who["county"])
    items = [
        {"key": "card", "text": "实名登记"},
        {"text": "通道", "type": "choice", "options": "畅通=100\n半堵=50%\n堵死=0", "category": "fire_passage"},
        {"text": "灭火器", "type": "number", "at_least": "2", "unit": "具"},
        {"text": "哪里没登记", "type": "note", "when": "card:no"},
    ]
    answer = client.post(f"/checklists/{draft.pk}/edit/", form(items, place_kinds=["entertainment"]))
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    draft.refresh_from_db()
    card, way, count, note = checklists.parse(draft.items)
    assert [(each.text, each.share) for each in way.options] == [("畅通", 100), ("半堵", 50), ("堵死", 0)]
    assert (count.at_least, count.unit, note.when_item, note.when_answer, note.weight) == (2, "具", "card", "no", 0)
    assert client.post(f"/checklists/{draft.pk}/move/", {"to": "adopted"}).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, draft.adopted_by.username, draft.valid_from.isoformat()) == ("adopted", "county", "2026-12-01")
    assert "实名登记" in read(client, who["cadre"], f"/checklists/{draft.pk}/")


def test_what_is_wrong_in_the_form_is_said_and_nothing_is_stored(client, who, draft):
    client.force_login(who["county"])
    wrong = [
        ([{"text": ""}], "这个字段是必填项"), ([{"text": "甲", "type": "choice", "options": "好"}], "第1行要写成"),
        ([{"text": "甲", "when": "later:yes"}], "只能取决于它前面"), ([{"text": "联系13912345678"}], "像是个人号码"),
        ([{"text": "甲", "type": "number", "at_least": 5, "at_most": 1}], "不能小于"),
        ([{"key": "a", "text": "甲"}, {"key": "a", "text": "乙"}], "出现了两次"),
    ]  # fmt: skip
    for items, said in wrong:
        answer = client.post(f"/checklists/{draft.pk}/edit/", form(items))
        assert answer.status_code == 422 and said in answer.content.decode(), said
    assert client.post(f"/checklists/{draft.pk}/edit/", {"title": "x"}).status_code == 422
    draft.refresh_from_db()
    assert draft.items == []
    answer = client.post(f"/checklists/{draft.pk}/move/", {"to": "adopted"})
    assert answer.status_code == 422 and "还没有检查项" in answer.content.decode()


def test_one_more_row_keeps_what_was_typed(client, who, draft):
    client.force_login(who["county"])
    answer = client.post(f"/checklists/{draft.pk}/edit/", form([{"text": "甲"}], more="1"))
    page = answer.content.decode()
    assert answer.status_code == 200 and 'value="甲"' in page and "第2项" in page and "form-2-" not in page


def test_an_adopted_version_is_never_edited_a_change_is_a_new_one(client, who):
    client.force_login(who["county"])
    known = i.default()
    assert client.get(f"/checklists/{known.pk}/edit/").status_code == 403
    assert client.post(f"/checklists/{known.pk}/version/").status_code == 302
    newer = Checklist.objects.get(code="compound", division=cast.COUNTY)
    assert client.post(f"/checklists/{known.pk}/version/").url == f"/checklists/{newer.pk}/edit/"
    assert (newer.version, newer.state, newer.is_own_assumption) == (2, "draft", False)
    page = client.get(f"/checklists/{newer.pk}/edit/").content.decode()
    assert "无人值守=0" in page
    checklist_versions.move(newer, "adopted", by=who["county"], now=NOW)
    with pytest.raises(checklist_versions.ChecklistRefused):
        checklist_versions.write(newer, title="改", place_kinds=[], valid_from=NOW.date(), items=[], by=who["county"])


def test_options_that_stay_keep_their_value(client, who):
    newer = checklist_versions.next_version(i.default(), by=who["county"], now=NOW)
    client.force_login(who["county"])
    lines = "门卫室空着=0\n有人值守并登记=100\n无人值守=0"
    client.post(f"/checklists/{newer.pk}/edit/", form([{"key": "gate", "text": "门岗值守", "type": "choice", "options": lines}]))
    newer.refresh_from_db()
    [gate] = checklists.parse(newer.items)
    assert [(each.value, each.text) for each in gate.options] == [("o4", "门卫室空着"), ("o1", "有人值守并登记"), ("o3", "无人值守")]
    assert gate.text_en == "Guard at the gate"


def test_only_the_countys_officers_write_checklists_and_drafts_are_theirs(client, who, draft):
    for name in ("west", "cadre", "planner"):
        read(client, who[name], f"/checklists/{draft.pk}/", 404)
        assert client.post("/checklists/", {"layer": "zones", "title": "表"}).status_code == 403
        assert client.post(f"/checklists/{i.default().pk}/version/").status_code == 403
        assert client.post(f"/checklists/{i.default().pk}/move/", {"to": "retired", "why": "x"}).status_code == 403
    with pytest.raises(PermissionDenied):
        checklist_versions.move(i.default(), "retired", by=who["county"], now=NOW, why="默认的不归县里停用")


# Agreement


def look(key, person, days, score=100.0, unit=cast.WEST, place=1, **answers) -> Look:
    return Look(key, ("compounds", place), "compound", NOW + days * DAY, person, unit, answers, score)


def test_only_different_people_near_in_time_are_compared():
    looks = [look(1, 7, 0, a="yes"), look(2, 7, 1, a="no"), look(3, 8, 3, 80.0, a="yes", b="yes"), look(4, 7, 60, a="no")]
    [pair] = spread.pairs(looks, within=30 * DAY)
    assert (pair.first.key, pair.second.key, pair.compared, pair.differing) == (2, 3, ("a",), ("a",))
    assert (pair.score_difference, pair.agreement) == (20.0, 0.0)


def test_fewer_than_five_pairs_are_not_told():
    units = (cast.WEST, cast.EAST)
    looks = [look(2 * n + each, each, each, unit=units[each], place=n, a="yes") for n in range(5) for each in (0, 1)]
    few, enough = (spread.by_unit(spread.pairs(looks[: 2 * n], within=DAY)) for n in (4, 5))
    assert [(each.count, each.agreement) for each in few] == [(4, None)] * 2
    assert [(each.count, each.agreement, each.score_difference) for each in enough] == [(5, 1.0, 0.0)] * 2


def test_the_spread_page_names_places_and_items_and_no_person(client, who, made):
    device, _token = i.phone(who["west"])
    later = i.inspected(device, cast.Compound.objects.everywhere("a test").get(pk=made.place_pk), now=NOW + 3 * DAY)
    page = read(client, who["county"], "/inspections/spread/")
    main = page[page.index("<main") :]
    assert "共1对" in main and "单元门、门禁完好" in main and f"/inspections/{later.pk}/" in main and "&lt;5" in main
    assert "cadre" not in main
    assert "还没有两个人" in read(client, who["east"], "/inspections/spread/?days=junk")
    read(client, who["cadre"], "/inspections/spread/", 403)
    read(client, who["planner"], "/inspections/spread/", 403)


# The list as a file, and the newest result of each place on the one map


def rows_of(answer) -> list[list[str]]:
    body = b"".join(answer.streaming_content)
    if "csv" in answer["Content-Type"]:
        return list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(body)).active.iter_rows()]


@pytest.fixture
def several(who, made):
    """A compound beside it where nothing was found, and one of another town."""
    cadre, _token = i.phone(who["west"])
    east, _token = i.phone(who["east"])
    later = i.inspected(cadre, cast.compound("西园小区", 105.621, 37.482, cast.WEST_SOUTH))
    return {"made": made, "later": later, "east": i.inspected(east, cast.east_compound())}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_list_goes_out_as_it_is_filtered_and_no_further_than_the_readers_territory(client, who, several, form):
    client.force_login(who["county"])
    head, *rows = rows_of(client.get(f"/inspections/file.{form}"))
    assert head[:3] == ["地点", "地点类型", "结果"] and len(rows) == 3
    _head, *rows = rows_of(client.get(f"/inspections/file.{form}?result=findings"))
    assert len(rows) == 1 and rows[0][:3] == ["西苑小区", "居民小区", "发现问题"]
    client.force_login(who["east"])
    _head, *rows = rows_of(client.get(f"/inspections/file.{form}"))
    assert [row[0] for row in rows] == ["东苑小区"]
    client.force_login(who["auditor"])
    assert client.get(f"/inspections/file.{form}").status_code == 403


def test_a_place_that_nobody_knows_is_in_the_table_and_not_among_the_points_and_no_cell_is_a_formula(client, who, made):
    device, _token = i.phone(who["west"])
    said = i.content(cast.east_compound()) | {"place": {"layer": "compounds", "id": 10**9, "name": '=HYPERLINK("x")'}}
    receipt = intake.receive(device=device, raw=json.dumps(i.body(said)).encode(), now=NOW)
    assert inspections.make(receipt.receipt_no, now=NOW).place_pk is None
    client.force_login(who["west"])
    head, *rows = rows_of(client.get("/inspections/file.csv"))
    told = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert {name[:1] for name in told} == {"西", "'"}
    assert told['\'=HYPERLINK("x")']["经度"] == "" and told["西苑小区"]["经度"].startswith("105.6")
    geojson = json.loads(b"".join(client.get("/inspections/file.geojson").streaming_content))
    assert [each["properties"]["地点"] for each in geojson["features"]] == ["西苑小区"]
    assert geojson["features"][0]["geometry"]["type"] == "Point"
    for row in rows_of(client.get("/inspections/file.xlsx"))[1:]:
        assert not str(row[0]).startswith("=")
    assert client.get("/inspections/file.pdf").status_code == 404


def test_the_map_shows_the_newest_result_of_each_place_to_those_who_read_it(client, who, made):
    def marks(user, z=14):
        client.force_login(user)
        tile = decode(client.get(reverse("layer_tile", args=["inspections", *address(*r.SPOT, z)])).content)
        return [each["properties"] for part in tile.values() for each in part["features"]]

    assert [each["k"] for each in marks(who["county"])] == ["findings"]
    device, _token = i.phone(who["west"])
    newer = i.inspected(device, Compound.objects.everywhere("test").get(pk=made.place_pk), answers=i.FINE, finished_at=i.NOW_MS)
    assert marks(who["county"]) == [{"k": "nothing", "name": "西苑小区"}] == marks(who["west"])
    assert [each["n"] for each in marks(who["county"], 5)] == [1]
    assert marks(who["east"]) == [] == marks(who["east"], 5)
    client.force_login(who["county"])
    assert client.get(reverse("map_legend")).json()["inspections"] == {"nothing": 1}
    card = client.get(reverse("map_details", args=["inspections", newer.pk])).json()
    assert card["class"]["mark"] == "无" and card["sections"][0]["url"] == f"/inspections/{newer.pk}/"
    assert client.get(reverse("map_details", args=["inspections", made.pk])).status_code == 404
    assert "西苑小区" in client.get(reverse("object_list", args=["inspections"])).content.decode()


def test_promise_18_the_database_holds_inspections_back_behind_their_views(who, several):
    for model in (InspectedPlace, InspectionRecord):
        with walls.of(who["east"]):
            assert {each.division_id[:9] for each in QuerySet(model)} == {cast.EAST}
        with walls.raised(walls.Wall()):
            assert not QuerySet(model).exists()


def test_a_tile_of_inspections_asks_the_places_own_indexes(who, made):
    values = {"z": 14, "x": 1, "y": 1, "layer": "inspections", "scope": "", "versions": []}
    with walls.of(who["county"]), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + tiles._text(tiles.POINTS, registry["inspections"], named=True), values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "inspection_by_place" in plan and len(re.findall(r"Index Cond: \(.*geom_3857\)?(?:::geometry)? && ", plan)) == 3, plan
