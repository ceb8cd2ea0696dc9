"""Search as its users know it, beside a plain reading of its rules."""
import random
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection, connections

from geo import importing
from geo.layers import registry
from geo.models import Compound, Division, SearchEntry, SearchMark, Station
from geo.search import Tier, filling, layers_of, search
from geo.search.filling import mark_everything, searched, settle, waiting
from geo.search.words import HAN, fold, reading, slips, spell
from tests import cast

pytestmark = pytest.mark.django_db

WHY = "a test looks at all"
NOW = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
NAMES = ("振兴小区", "振兴小区二期", "新振兴家园", "振华苑", "长滩小区", "Ａ座（东区）公寓", "12号院")


@pytest.fixture
def town():
    cast.territory()
    for number, name in enumerate(NAMES):
        cast.compound(name, 105.61 + number * 0.004, 37.48, cast.WEST_SOUTH, source_key=f"NX-{number:04d}")
    return cast.county_officer()


def names(user, text: str, **options) -> list[str]:
    return [hit.found.name for hit in search(user, text, **{"limit": 20, **options})]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("振兴小区", ["振兴小区", "振兴小区二期"]),
        ("振兴", ["振兴小区", "振兴小区二期", "新振兴家园"]),
        ("兴家", ["新振兴家园"]),
        ("zxxq", ["振兴小区", "振兴小区二期"]),
        ("zhenxingxiaoqu", ["振兴小区", "振兴小区二期"]),
        ("zhenxingxiaoqi", ["振兴小区"]),
        ("振心小区", ["振兴小区"]),
        ("振小区", ["振兴小区"]),
        ("振振兴小区", ["振兴小区"]),
        ("NX-0003", ["振华苑"]),
        ("nx0003", ["振华苑"]),
        ("a座东区", ["Ａ座（东区）公寓"]),
        ("12号", ["12号院"]),
        ("西南社区", ["西南社区"]),
        (cast.WEST, ["西镇", "西南社区", "西北村"]),
        ("没有这样的地方", []),
        ("（）", []),
    ],
)
def test_officer_finds(town, text, found):
    assert names(town, text) == found


def test_a_town_finds_nothing_of_its_neighbour(town):
    cast.compound("振兴东苑", 105.68, 37.48, cast.EAST_SOUTH, source_key="NX-9999")
    west, east = cast.west_officer(), cast.east_officer()
    for text in ("振兴", "振兴东苑", "zxdy", "nx9999", "振兴东院", "zhenxingdongyuan", "兴东", "东南社区", cast.EAST_SOUTH):
        assert not {"振兴东苑", "东南社区", "东镇"} & set(names(west, text)), text
        assert not set(NAMES) & set(names(east, text)), text
    assert names(town, "振兴东苑") == ["振兴东苑"]
    assert names(west, "振兴", division=cast.EAST) == names(west, "振兴")  # a foreign code narrows nothing and opens nothing


def test_an_administrator_finds_divisions_only(town):
    admin = cast.auditor()
    assert names(admin, "振兴小区") == [] and names(admin, "西镇") == ["西镇"]


def test_it_narrows_by_layer_and_town(town):
    north = {"division_id": cast.WEST_NORTH, "geom": cast.point(105.62, 37.52)}
    Station.objects.create(name="振兴警务室", source_key="S1", kind="police_room", **north)
    assert names(town, "振兴", layers=["stations"]) == ["振兴警务室"]
    assert names(town, "振兴", division=cast.WEST_NORTH) == ["振兴警务室"]
    assert names(town, "西", layers=[""]) == ["西镇", "西北村", "西南社区"]


def test_a_single_edit_is_found_at_once_and_a_deleted_place_no_more(town):
    assert names(town, "振华苑") == ["振华苑"]
    Compound.objects.everywhere(WHY).filter(name="振华苑").update(name="金阳苑")
    assert names(town, "金阳苑") == ["金阳苑"] and names(town, "zhy") == [] and names(town, "jyy") == ["金阳苑"]
    Compound.objects.everywhere(WHY).filter(name="金阳苑").delete()
    assert names(town, "金阳苑") == []
    assert waiting() == (0, 0)


def test_an_import_and_its_reversal_are_followed(town, tmp_path):
    file = tmp_path / "小学.csv"
    file.write_text("编号,名称,类别,经度,纬度\nP1,银杏小学,学校,105.61,37.48\nP2,白杨小学,学校,105.62,37.48\n", encoding="utf-8")
    report = importing.run("premises", file, datum="wgs84", now=NOW, commit=True)
    assert names(town, "yxxx") == ["银杏小学"] and names(town, "小学") == ["白杨小学", "银杏小学"]
    importing.revert(report.batch, by=None, now=NOW)
    assert names(town, "yxxx") == [] and not SearchEntry.objects.everywhere(WHY).filter(layer="premises").exists()


def test_many_rows_of_one_statement_make_one_mark_and_are_filled_in_pieces(town, monkeypatch):
    settle()
    monkeypatch.setattr(filling, "ROWS_AT_ONCE", 250)
    Station.objects.bulk_create(
        Station(name=f"岗亭{i}号", source_key=f"S{i}", kind="kiosk", geom=cast.point(105.62, 37.48), division_id=cast.WEST_SOUTH)
        for i in range(700)
    )
    assert SearchMark.objects.count() == 1 and waiting()[1] == 700
    assert names(town, "岗亭") == []  # too many to be written while somebody waits
    assert settle() == 700 and waiting() == (0, 0)
    assert names(town, "岗亭", limit=700)[:2] == ["岗亭0号", "岗亭1号"]
    assert SearchEntry.objects.everywhere(WHY).filter(layer="stations").count() == 700


def test_only_one_fills_at_a_time_and_the_marks_wait_for_it(town):
    with connections["owner"].cursor() as other:
        other.execute("SELECT pg_advisory_lock(hashtext('geo.search'))")
        assert settle() == 0 and waiting()[0] >= len(NAMES)
        other.execute("SELECT pg_advisory_unlock(hashtext('geo.search'))")
    assert settle() >= len(NAMES) and waiting() == (0, 0)


@pytest.mark.parametrize("many", [1, 1000])
def test_a_code_that_very_many_share_is_found_in_the_own_village_alone(town, monkeypatch, many):
    settle()
    monkeypatch.setattr("geo.search.MANY_KEYS", many)
    assert names(cast.village_cadre(), "nx-00") == list(NAMES)
    assert names(cast.east_officer(), "nx-00") == []


def test_a_layer_that_shows_a_reader_nothing_is_not_searched_for_them(town, monkeypatch):
    manager = Compound.objects
    Station.objects.create(
        name="振兴警务室", source_key="S1", kind="police_room", division_id=cast.WEST_SOUTH, geom=cast.point(105.62, 37.48)
    )
    assert names(town, "振兴", limit=1) == ["振兴小区"]
    monkeypatch.setattr(type(manager.all()), "visible_to", closed_to_compounds(type(manager.all()).visible_to))
    assert names(town, "振兴", limit=1) == ["振兴警务室"] and "居民小区" not in [str(layer.title) for layer in layers_of(town)]


def closed_to_compounds(visible_to):
    return lambda rows, user: rows._with_scope().none() if rows.model is Compound else visible_to(rows, user)


def test_everything_can_be_written_anew(town):
    settle()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM geo_searchentry")
    assert names(town, "振兴") == []
    call_command("index_search", "--all")
    assert names(town, "振兴") == ["振兴小区", "振兴小区二期", "新振兴家园"]


def test_the_local_reading_of_a_name_goes_before_the_dictionary(town):
    assert names(town, "ztxq") == ["长滩小区"]
    Division.objects.filter(pk=cast.WEST_NORTH).update(name="长滩村", pinyin="Changtancun")
    assert names(town, "changtancun") == ["长滩村"] and names(town, "ctc") == ["长滩村"]
    cast.compound("长滩村大院", 105.61, 37.52, cast.WEST_NORTH)
    assert names(town, "ctcdy") == ["长滩村大院"]


def test_readings_fit_the_letters():
    assert reading("长滩村", "Changtancun") == ("chang", "tan", "cun")
    assert reading("新堡镇", "Xinpuzhen") == ("xin", "pu", "zhen")
    assert reading("西镇", "nonsense") == ()
    assert spell(fold("绿洲（Ｂ区）3号")).pinyin == "lvzhoubqu3hao"


# A plain reading of the rules, name by name.
def distance(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row, before = [i], row
        for j, b in enumerate(other, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b)))
    return row[-1]


def tier(text: str, name: str, key: str) -> tuple[Tier, int, str] | None:
    folded, key, spelt = fold(name), fold(key), spell(fold(name))
    latin = not HAN.search(text)
    answers = []
    for one, allowed in ((folded, True), (key, latin)):
        if allowed and one.startswith(text):
            answers.append((Tier.WHOLE if one == text else Tier.BEGINS, len(one), one))
    if len(text) > 1 and text in folded and not folded.startswith(text):
        answers.append((Tier.INSIDE, len(folded), folded))
    if latin:
        answers += [(Tier.SPELT, len(one), one) for one in (spelt.initials, spelt.pinyin) if one.startswith(text)]
    return min(answers, default=None)


def slipped(text: str, name: str) -> tuple[Tier, int, str] | None:
    one = fold(name) if HAN.search(text) else spell(fold(name)).pinyin
    return (Tier.SLIP, len(one), one) if len(text) >= (3 if HAN.search(text) else 5) and distance(text, one) == 1 else None


def plainly(text: str, places: list[tuple[str, str]]) -> list[str]:
    text = fold(text)
    ranked = {(name, key): found for name, key in places if (found := tier(text, name, key))}
    if len(ranked) < 5 and Tier.WHOLE not in {found[0] for found in ranked.values()}:
        ranked |= {(name, key): found for name, key in places if (name, key) not in ranked and (found := slipped(text, name))}
    return [key for (_name, key), _found in sorted(ranked.items(), key=lambda item: (item[1], item[0][1]))]


def test_the_ranking_is_that_of_a_plain_reading():
    dice = random.Random(4)
    cast.territory()
    brands, ends = ("振兴", "振华", "新兴", "兴华", "长安", "安长", "永安", "安"), ("小区", "家园", "苑", "小区二期", "a座", "12号院")
    places = [(dice.choice(brands) + dice.choice(("", *brands)) + dice.choice(ends), f"K{number:04d}") for number in range(150)]
    for name, key in places:
        Station.objects.create(name=name, source_key=key, kind="kiosk", division_id=cast.WEST_SOUTH, geom=cast.point(105.62, 37.48))
    settle()
    texts = {dice.choice(places)[0] for _ in range(12)}
    texts |= {"振兴", "安", "小区", "兴小", "zx", "xq", "zhenxing", "changan", "k00", "K0007", "12", "a"}
    texts |= {name[:1] + name[2:] for name, _key in places[:12]} | {name[:2] + "错" + name[3:] for name, _key in places[:12]}
    texts |= {spell(fold(name)).pinyin.replace("i", "e", 1) for name, _key in places[:12]}
    user = cast.county_officer()
    for text in sorted(texts):
        hits = search(user, text, limit=500, layers=["stations"])
        assert [hit.found.source_key for hit in hits] == plainly(text, places), text


def test_slips_cover_every_text_at_distance_one_and_no_other():
    dice = random.Random(2)
    for _ in range(300):
        text = "".join(dice.choices("ab振兴", k=dice.randint(3, 6)))
        other = "".join(dice.choices("ab振兴", k=dice.randint(2, 7)))
        probes = [probe for probe in slips(text) if len(other) == probe.length]
        inside = [p for p in probes if p.low <= (other[::-1] if p.backward else other) < p.high]
        found = any(all(sign in ("_", mine) for sign, mine in zip(p.pattern, other, strict=True)) for p in inside)
        # A pattern's free place may also hold the right character: then the texts are equal.
        assert found == (distance(text, other) <= 1 and text != other or text == other and found), (text, other)


def test_every_named_layer_is_marked_by_the_database():
    """A new layer of places needs `search_triggers` in its migration."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'search_mark_insert'")
        marked = {table for (table,) in cursor.fetchall()}
    assert marked == {layer.model._meta.db_table for layer in registry if searched(layer)}


def test_the_page_works_without_a_script(client, town):
    client.force_login(town)
    page = client.get("/search/", {"q": "振兴"}).content.decode()
    assert "找到3处" in page and page.index("振兴小区</strong>") < page.index("新振兴家园</strong>")
    assert "西镇 · 西南社区" in page and "#map=16/37.48000/105.61000&amp;on=compounds" in page
    empty = client.get("/search/", {"q": "没有这样的地方"}).content.decode()
    assert "您的辖区内没有" in empty
    assert client.get("/search/", {"q": "x\x00" * 5000, "page": "-3", "layer": "no", "town": "%"}).status_code == 200


def test_the_page_lists_at_most_two_hundred_and_says_so(client, town):
    Station.objects.bulk_create(
        Station(name=f"岗亭{i}号", source_key=f"S{i}", kind="kiosk", geom=cast.point(105.62, 37.48), division_id=cast.WEST_SOUTH)
        for i in range(230)
    )
    settle()
    client.force_login(town)
    page = client.get("/search/", {"q": "岗亭", "page": 10}).content.decode()
    assert "超过200处" in page and "10 / 10" in page


def test_a_small_search_asks_the_database_few_times(town, django_assert_max_num_queries):
    settle()
    names(town, "振兴小区")
    with django_assert_max_num_queries(8):
        names(town, "振兴小区")


def test_marking_everything_marks_each_layer_once(town):
    settle()
    mark_everything()
    assert set(SearchMark.objects.exclude(layer="").values_list("layer", flat=True)) == {"compounds"}
