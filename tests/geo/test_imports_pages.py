"""A file through the pages: uploaded, set up, tried out, written, looked at, taken back. The background work is done at once."""
import csv
import datetime
import io
import json
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from geo.coords import wgs84_to_gcj02
from geo.importing import drafts
from geo.models import Batch, ColumnMemory, Compound, ImportDraft, Job, Premises, Station, User
from tests import cast

pytestmark = pytest.mark.django_db
WHY = "a test counts everything"
HEADER = "编号,单位名称,场所类型,经度,纬度,备注\n"
ONE, TWO = "P1,一中,学校,105.62,37.48,甲\n", "P2,二中,学校,105.68,37.48,乙\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT / "imports"


@pytest.fixture
def territory():
    return cast.territory()


@pytest.fixture
def officer(client, territory):
    user = cast.county_officer()
    client.force_login(user)
    return user


def work_off() -> list[Job]:
    """Do what waits, as the worker would; what is made meanwhile too."""
    done = []
    while job := Job.objects.filter(state=Job.State.WAITING).order_by("pk").first():
        current_app.loader.import_default_modules()
        current_app.tasks[job.task](job=job.pk, **job.arguments)
        job.refresh_from_db()
        assert job.state != Job.State.WAITING
        done.append(job)
    return done


def upload(client, *files):
    """Files are (name, content); gives where the page leads."""
    sent = [SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode()) for name, content in files]
    answer = client.post("/imports/", {"files": sent})
    assert answer.status_code == 302
    work_off()
    return answer["Location"]


def only_draft() -> ImportDraft:
    return ImportDraft.objects.everywhere(WHY).latest("pk")


def checked(client, *, datum="wgs84", **roles) -> ImportDraft:
    """The newest draft, tried out with the guessed columns unless `roles` (by column) say something else."""
    draft = only_draft()
    mapping = {**draft.mapping, **roles}
    fields = {f"column-{number}": mapping[name] for number, name in enumerate(draft.meta["columns"])}
    client.post(f"/imports/{draft.pk}/check/", {**fields, "datum": datum})
    work_off()
    draft.refresh_from_db()
    return draft


def applied(client, draft) -> Batch:
    client.post(f"/imports/{draft.pk}/apply/")
    work_off()
    draft.refresh_from_db()
    return draft.batch


def text(client, path) -> str:
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 200, path
    return answer.content.decode()


def refusal(client, path) -> str:
    """The page of a file of which nothing can go in."""
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 422, path
    return answer.content.decode()


def test_county_officer_brings_a_file_in_and_takes_it_back(client, officer, media):
    where = upload(client, ("重点场所.csv", HEADER + ONE + TWO))
    draft = only_draft()
    assert where == f"/imports/{draft.pk}/" and draft.layer == "premises"
    page = text(client, where)
    assert "一中" in page and "2个示例位置中，2个落在本辖区内" in page and "checked" not in page.split('name="datum"')[1][:80]
    assert draft.mapping == {"编号": "source_key", "单位名称": "name", "场所类型": "kind", "经度": "#x", "纬度": "#y", "备注": ""}

    draft = checked(client)
    assert (draft.state, draft.report["new"], draft.report["rejected"]) == ("checked", 2, 0)
    assert not Premises.objects.everywhere(WHY).exists()
    assert "确认入库：新增2，变更0" in text(client, where)

    batch = applied(client, draft)
    assert sorted(Premises.objects.everywhere(WHY).values_list("name", "batch")) == [("一中", batch.pk), ("二中", batch.pk)]
    assert (draft.state, batch.file_name, batch.applied_by, batch.sha256) == ("applied", "重点场所.csv", officer, draft.sha256)
    assert not drafts.source_path(draft).exists()
    page = text(client, f"/batches/{batch.pk}/")
    assert "#map=16.00/37.48000/105.62000&amp;on=premises" in page and "一中" in page

    assert "删除这个批次新增的2个对象" in text(client, f"/batches/{batch.pk}/revert/")
    client.post(f"/batches/{batch.pk}/revert/")
    work_off()
    assert not Premises.objects.everywhere(WHY).exists()
    assert "批次已撤回" in text(client, f"/batches/{batch.pk}/")


def test_second_file_of_a_source_shows_new_changed_and_gone(client, officer):
    upload(client, ("一月.csv", HEADER + ONE + TWO))
    applied(client, checked(client))
    upload(client, ("二月.csv", HEADER + "P1,第一中学,学校,105.62,37.481,甲\n" + "P3,三中,学校,105.63,37.48,\n"))
    draft = checked(client)
    assert (draft.report["new"], draft.report["changed"], draft.gone_count) == (1, 1, 1)
    batch = applied(client, draft)
    changed = text(client, f"/batches/{batch.pk}/?show=changed")
    assert "名称：<del>一中</del> → <ins>第一中学</ins>" in changed and "移动111米" in changed
    assert "二中" in text(client, f"/batches/{batch.pk}/?show=gone")
    assert Premises.objects.everywhere(WHY).filter(name="二中").exists()


def test_choice_of_columns_is_remembered_for_the_same_header(client, officer):
    upload(client, ("a.csv", "号,啥,种,东,北\n" + ONE.rsplit(",", 1)[0] + "\n"))
    page = text(client, f"/imports/{only_draft().pk}/")
    assert "没有读到坐标" in page
    roles = {"号": "source_key", "啥": "name", "种": "kind", "东": "#x", "北": "#y"}
    client.post(f"/imports/{only_draft().pk}/settings/", {"layer": "premises", "part": "", "encoding": ""})
    fields = {f"column-{number}": role for number, role in enumerate(roles.values())}
    client.post(f"/imports/{only_draft().pk}/check/", {**fields, "preview": "1"})
    work_off()
    assert "1个示例位置中，1个落在本辖区内" in text(client, f"/imports/{only_draft().pk}/")
    draft = checked(client, datum="gcj02", **roles)
    assert draft.report["new"] == 1
    assert ColumnMemory.objects.get().mapping == roles
    upload(client, ("b.csv", "号,啥,种,东,北\n" + TWO.rsplit(",", 1)[0] + "\n"))
    draft = only_draft()
    client.post(f"/imports/{draft.pk}/settings/", {"layer": "premises", "part": "", "encoding": ""})
    draft.refresh_from_db()
    assert draft.mapping == roles and draft.datum == "" and len(draft.positions) == 0
    client.post(f"/imports/{draft.pk}/check/", {**fields, "preview": "1"})
    work_off()
    draft.refresh_from_db()
    assert draft.mapping == roles and draft.positions == [[105.68, 37.48]]
    assert "上次选的是 GCJ-02" in text(client, f"/imports/{draft.pk}/")


def test_datum_is_never_chosen_for_the_person(client, officer):
    upload(client, ("a.csv", HEADER + ONE))
    draft = only_draft()
    for datum in ("", "mars", "other"):
        answer = client.post(f"/imports/{draft.pk}/check/", {"datum": datum}, follow=True)
        work_off()
        draft.refresh_from_db()
        assert draft.state == "uploaded", datum
    assert "坐标系" in answer.content.decode()


def test_gcj02_file_lands_where_it_belongs(client, officer):
    lon, lat = (float(value) for value in wgs84_to_gcj02(105.62, 37.48))
    upload(client, ("高德.csv", f"名称,类别,经度,纬度\n一中,学校,{lon},{lat}\n".encode("gb18030")))
    draft = only_draft()
    assert draft.meta["encoding"] == "GB18030"
    page = text(client, f"/imports/{draft.pk}/")
    assert page.count('data-reading="') == 3 and "比按WGS-84读平均移动" in page
    applied(client, checked(client, datum="gcj02"))
    place = Premises.objects.everywhere(WHY).get().geom
    assert abs(place.x - 105.62) < 1e-7 and abs(place.y - 37.48) < 1e-7


def test_projected_file_is_offered_the_zones_it_fits(client, officer):
    upload(client, ("投影.csv", "名称,类别,x,y\n一中,学校,35554837.2,4149993.6\n"))
    page = text(client, f"/imports/{only_draft().pk}/")
    assert 'value="epsg:4523"' in page and 'value="gcj02"' not in page
    draft = checked(client, datum="epsg:4523")
    assert draft.report["new"] == 1


def test_every_rejected_row_is_told_with_line_field_reason_and_value(client, officer):
    bad = "P1,一中,学校,20,5,\n" + "P2,=cmd,学校,105.62,37.48,\n"
    bad += "P3,电话13812345678,学校,105.62,37.48,\n" + "P4,四中,大楼,105.62,37.48,\n"
    upload(client, ("坏.csv", HEADER + bad))
    draft = checked(client)
    assert (draft.report["new"], draft.report["rejected"]) == (1, 3)
    page = text(client, f"/imports/{draft.pk}/")
    assert "不在任何行政区划的轮廓内" in page and "大楼" in page and "13812345678" not in page
    book = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(f"/imports/{draft.pk}/report.xlsx").streaming_content)))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[0] == ("处理", "行号", "字段", "原因", "值")
    assert {(row[1], row[2]) for row in rows[1:]} == {(2, "位置"), (4, "名称"), (5, "类别")}
    told = b"".join(client.get(f"/imports/{draft.pk}/report.csv").streaming_content).decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(told)))) == 4 and "13812345678" not in told


def test_formula_in_a_rejected_value_stays_text_in_both_files(client, officer):
    upload(client, ("重点场所公式.csv", HEADER + 'P1,一中,"=HYPERLINK(""报表"")",105.62,37.48,\n'))
    draft = checked(client)
    book = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(f"/imports/{draft.pk}/report.xlsx").streaming_content)))
    cell = book.active.cell(2, 5)
    assert cell.data_type == "s" and cell.value.startswith("'=HYPERLINK")
    assert "'=HYPERLINK" in b"".join(client.get(f"/imports/{draft.pk}/report.csv").streaming_content).decode()
    page = refusal(client, f"/imports/{draft.pk}/")
    assert "&quot;报表" in page and "&#x27;=HYPERLINK" not in page


def test_town_officer_writes_only_the_own_town(client, territory):
    client.force_login(cast.west_officer())
    upload(client, ("a.csv", HEADER + ONE + TWO))
    draft = checked(client)
    assert (draft.report["new"], draft.report["rejected"]) == (1, 1)
    applied(client, draft)
    assert list(Premises.objects.everywhere(WHY).values_list("name", flat=True)) == ["一中"]


def test_a_zones_state_comes_with_the_countys_file_only(client, territory):
    """A town's file would go round the county's decision: the column is not offered, and not taken when it is asked for."""
    zones = "编号,名称,类别,状态,WKT\nZ1,示例片区,老旧小区,已摘牌,\"POLYGON((105.61 37.47,105.63 37.47,105.63 37.49,105.61 37.47))\"\n"
    for who, is_offered in ((cast.west_officer(), False), (cast.county_officer(), True)):
        client.force_login(who)
        upload(client, ("zones.csv", zones))
        draft = only_draft()
        client.post(f"/imports/{draft.pk}/settings/", {"layer": "zones"})
        draft.refresh_from_db()
        assert draft.layer == "zones" and (draft.mapping["状态"] == "status") is is_offered
        assert ('<option value="status"' in text(client, f"/imports/{draft.pk}/")) is is_offered
        tried = checked(client, **{"状态": "status"})
        assert (tried.state == ImportDraft.State.CHECKED) is is_offered
    client.force_login(User.objects.get_by_natural_key("west"))
    client.post(f"/imports/{ImportDraft.objects.everywhere(WHY).earliest('pk').pk}/discard/")


def test_draft_and_batch_of_somebody_else_answer_404(client, territory):
    client.force_login(cast.west_officer())
    upload(client, ("a.csv", HEADER + ONE))
    draft = checked(client)
    batch = applied(client, draft)
    upload(client, ("b.csv", HEADER + ONE))
    other = only_draft()
    paths = [f"/imports/{other.pk}/", f"/imports/{draft.pk}/report.csv", f"/batches/{batch.pk}/", f"/batches/{batch.pk}/revert/"]
    posts = [f"/imports/{other.pk}/{verb}/" for verb in ("settings", "check", "apply", "discard")] + [f"/batches/{batch.pk}/revert/"]
    for actor in (cast.east_officer(), cast.village_cadre(), cast.auditor()):
        client.force_login(actor)
        assert {client.get(path).status_code for path in paths} == {404}
        assert {client.post(path).status_code for path in posts} == {404}
        assert client.get("/batches/").status_code == (200 if actor.writes_business_data else 403)
    assert "b.csv" not in text_or_refusal(client, "/batches/")
    client.force_login(cast.county_officer())
    assert "b.csv" in text(client, "/batches/") and text(client, f"/batches/{batch.pk}/")


def text_or_refusal(client, path) -> str:
    return client.get(path).content.decode()


def test_county_officer_reads_a_towns_draft_but_does_not_go_on_with_it(client, territory):
    client.force_login(cast.west_officer())
    upload(client, ("a.csv", HEADER + ONE))
    draft = checked(client)
    client.force_login(cast.county_officer())
    page = text(client, f"/imports/{draft.pk}/")
    assert "由 west 上传" in page and "确认入库" not in page
    assert {client.post(f"/imports/{draft.pk}/{verb}/").status_code for verb in ("settings", "check", "apply")} == {403}


def test_account_that_lost_its_right_writes_nothing(client, territory):
    officer = cast.west_officer()
    client.force_login(officer)
    upload(client, ("a.csv", HEADER + ONE))
    draft = checked(client)
    client.post(f"/imports/{draft.pk}/apply/")
    User.objects.filter(pk=officer.pk).update(role=User.Role.VILLAGE_CADRE)
    [job] = work_off()
    assert job.state == "failed" and "不再有导入的权限" in job.message
    assert not Premises.objects.everywhere(WHY).exists() and not Batch.objects.exists()


def test_same_file_again_is_pointed_out(client, officer):
    upload(client, ("a.csv", HEADER + ONE))
    applied(client, checked(client))
    upload(client, ("又一次.csv", HEADER + ONE))
    assert "同样内容的文件已在" in text(client, f"/imports/{only_draft().pk}/")
    draft = checked(client)
    assert "没有可以写入的行" in text(client, f"/imports/{draft.pk}/")


def test_whoever_may_not_write_leaves_no_file(client, territory, media):
    for actor in (cast.village_cadre(), cast.auditor()):
        client.force_login(actor)
        assert client.post("/imports/", {"files": [SimpleUploadedFile("a.csv", HEADER.encode())]}).status_code == 403
    assert not media.exists() and not ImportDraft.objects.everywhere(WHY).exists()


def test_archive_of_several_files_becomes_several_drafts(client, officer):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("资料/场所.csv", HEADER + ONE)
        archive.writestr("资料/更多.csv", HEADER + TWO)
        archive.writestr("资料/说明.docx", "x")
        archive.writestr("__MACOSX/资料/._场所.csv", "x")
    upload(client, ("资料.zip", box.getvalue()))
    found = ImportDraft.objects.everywhere(WHY).order_by("file_name")
    assert [(one.file_name, one.archive_name, one.layer) for one in found] == [
        ("场所.csv", "资料.zip", "premises"), ("更多.csv", "资料.zip", "premises"),
    ]  # fmt: skip
    assert "场所.csv" in text(client, "/batches/")


def test_several_files_at_once_are_several_drafts(client, officer):
    assert upload(client, ("a.csv", HEADER + ONE), ("b.csv", HEADER + TWO)) == "/batches/"
    assert ImportDraft.objects.everywhere(WHY).count() == 2


def test_file_that_cannot_be_read_says_why_and_can_be_given_up(client, officer, media):
    upload(client, ("a.csv", "<?xml version='1.0'?><VRT/>"))
    draft = only_draft()
    assert "内容却不是" in refusal(client, f"/imports/{draft.pk}/")
    client.post(f"/imports/{draft.pk}/discard/")
    draft.refresh_from_db()
    assert draft.state == "discarded" and not list(media.iterdir())


def test_file_name_with_a_personal_number_is_refused(client, officer, media):
    answer = client.post("/imports/", {"files": [SimpleUploadedFile("张三13812345678.csv", b"x")]}, follow=True)
    assert answer.status_code == 422 and "文件名里像是有" in answer.content.decode() and not ImportDraft.objects.everywhere(WHY).exists()


def test_upload_beyond_the_limit_is_refused_and_nothing_kept(client, officer, settings, media):
    settings.IMPORT_UPLOAD_BYTES = 1 << 20
    answer = client.post("/imports/", {"files": [SimpleUploadedFile("a.csv", b"x" * (2 << 20))]}, follow=True)
    assert answer.status_code == 422 and "超过上限1 MB" in answer.content.decode()
    assert not ImportDraft.objects.everywhere(WHY).exists() and not media.exists()


def test_full_disk_is_said_and_nothing_kept(client, officer, monkeypatch, media):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("geo.uploads.TemporaryFileUploadHandler.new_file", full)
    answer = client.post("/imports/", {"files": [SimpleUploadedFile("a.csv", b"x")]}, follow=True)
    assert answer.status_code == 422 and "磁盘满了" in answer.content.decode() and not ImportDraft.objects.everywhere(WHY).exists()


def test_file_that_fills_the_disk_while_it_is_kept_leaves_nothing(officer, media):
    def chunks():
        yield b"x"
        raise OSError(28, "No space left on device")

    with pytest.raises(drafts.ImportRefused, match="磁盘满了"):
        drafts.receive(name="a.csv", chunks=chunks(), by=officer)
    assert not list(media.iterdir()) and not ImportDraft.objects.everywhere(WHY).exists()


def test_layer_of_a_workbook_is_chosen_on_the_page(client, officer):
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["此表说明", "见下表"])
    book.active.append(["x", "y"])
    sheet = book.create_sheet("场所")
    for row in (["编号", "名称", "类别", "经度", "纬度"], ["P1", "一中", "学校", 105.62, 37.48]):
        sheet.append(row)
    kept = io.BytesIO()
    book.save(kept)
    upload(client, ("表.xlsx", kept.getvalue()))
    draft = only_draft()
    assert draft.parts == ["说明", "场所"]
    client.post(f"/imports/{draft.pk}/settings/", {"layer": "premises", "part": "1", "encoding": ""})
    work_off()
    assert checked(client).report["new"] == 1


def test_nobody_goes_on_with_a_draft_and_it_is_swept(client, officer, media, settings, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    upload(client, ("a.csv", HEADER + ONE))
    old = only_draft()
    upload(client, ("b.csv", HEADER + TWO))
    (media / "orphan").mkdir()
    now = timezone.now() + datetime.timedelta(hours=2)
    assert drafts.sweep(now=now) == 1 and not (media / "orphan").exists()
    late = timezone.now() + datetime.timedelta(days=settings.IMPORT_DRAFT_DAYS, hours=2)
    assert drafts.sweep(now=late) == 2
    old.refresh_from_db()
    assert old.state == "discarded" and not list(media.iterdir())


def test_personal_numbers_among_the_samples_are_masked(client, officer):
    upload(client, ("a.csv", "名称,类别,联系电话,经度,纬度\n一中,学校,13812345678,105.62,37.48\n"))
    draft = only_draft()
    assert "13812345678" not in str(draft.samples) and "13812345678" not in text(client, f"/imports/{draft.pk}/")


def test_kml_without_a_kind_gets_one_for_the_whole_file(client, officer):
    point = "<Placemark><name>{}</name><Point><coordinates>105.6{},37.48</coordinates></Point></Placemark>"
    body = point.format("鼓楼岗亭", 1) + point.format("车站岗亭", 2)
    upload(client, ("岗亭.kml", f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{body}</Document></kml>'))
    draft = only_draft()
    client.post(f"/imports/{draft.pk}/settings/", {"layer": "stations"})
    draft = checked(client)
    assert draft.state == "uploaded" and "缺少必填列：类别" in text(client, f"/imports/{draft.pk}/")
    fields = {f"column-{number}": draft.mapping[name] for number, name in enumerate(draft.meta["columns"])}
    client.post(f"/imports/{draft.pk}/check/", {**fields, "fixed-kind": "kiosk", "datum": "wgs84"})
    work_off()
    draft.refresh_from_db()
    applied(client, draft)
    stations = Station.objects.everywhere(WHY).values_list("name", "kind")
    assert sorted(stations) == [("车站岗亭", "kiosk"), ("鼓楼岗亭", "kiosk")]
    assert ColumnMemory.objects.get(layer="stations").mapping["=kind"] == "kiosk"


# What the page tells of each sample; a refusal of the whole file, or of its only feature.
HOSTILE = {
    "xml/xxe_param_oob.kml": "不允许的内容", "xml/deep_nesting.kml": "嵌套过深", "xml/xxe_file.gpx": "不支持",
    "zip/bomb_single.zip": "不完整", "zip/bomb_count.zip": "上限100个", "zip/traversal.zip": "不允许的路径",
    "zip/traversal_abs.zip": "不允许的路径", "zip/dupe_names.zip": "不完整", "gdal/vrt_http.vrt": "不支持",
    "gdal/vsicurl_string.geojson": "没有任何要素", "gdal/sqlite_virtual.gpkg": "损坏", "csv/nul_and_ctrl.csv": "空字符",
    "json/deep_array.json": "没有GeoJSON", "json/geom_swapped.json": "写反", "json/geom_nan.json": "NaN", "json/poly_200k.json": "顶点太多",
}  # fmt: skip


# What the manifest of the samples calls this door.
SURFACES = {
    "layer import", "kml upload", "shapefile zip", "csv import", "csv import then csv+xlsx export", "geojson import",
    "zone create / import",
}  # fmt: skip


def tried(client, path: Path) -> ImportDraft:
    """Uploaded, looked at and, where it can be read, tried out in a layer for its shapes."""
    upload(client, (path.name.removesuffix(".json") + ".geojson" if path.parent.name == "json" else path.name, path.read_bytes()))
    draft = only_draft()
    if not draft.problem:
        layer = "compounds" if b"Polygon" in path.read_bytes() else "stations"
        client.post(f"/imports/{draft.pk}/settings/", {"layer": layer})
        fixed = {"fixed-kind": "kiosk"} if layer == "stations" else {}
        roles = {f"column-{number}": only_draft().mapping.get(name, "") for number, name in enumerate(only_draft().meta["columns"])}
        client.post(f"/imports/{draft.pk}/check/", {**roles, **fixed, "datum": "wgs84"})
        work_off()
    return only_draft()


def test_hostile_samples_are_refused_with_a_reason_at_this_door_too(client, officer, shared, listener, canary):
    for name, reason in HOSTILE.items():
        path = shared / "payloads" / name
        page = text_or_refusal(client, f"/imports/{tried(client, path).pk}/")
        assert reason in page and "CANARY" not in page, name
    assert listener.count == 0 and not (canary.parent / "pwned.txt").exists()
    for model in (Premises, Station, Compound):
        assert not model.objects.everywhere(WHY).exists()


def test_each_hostile_sample_of_this_door_gives_the_status_of_its_manifest(client, officer, shared, listener, canary):
    samples = [one for one in json.loads((shared / "payloads" / "manifest.json").read_text()) if one["surface"] in SURFACES]
    assert len(samples) >= 20
    given = {}
    for sample in samples:
        draft = tried(client, shared / "payloads" / sample["file"])
        status = client.get(f"/imports/{draft.pk}/", headers={"accept": "text/html"}).status_code
        given[sample["file"]] = str({200: 201}.get(status, status))
    assert {name: status for name, status in given.items() if status not in expected_of(samples, name)} == {}
    assert listener.count == 0


def expected_of(samples: list[dict], name: str) -> list[str]:
    return next(str(one["expected_status"]) for one in samples if one["file"] == name).split("|")
