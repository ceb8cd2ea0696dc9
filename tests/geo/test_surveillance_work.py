"""Checks and exports: one by one, from files, by two persons; and no network address by any door."""

from datetime import date, timedelta
from io import BytesIO

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from geo import importing
from geo.models import Decision, SurveillanceCheck, SurveillanceExport, SurveillancePoint, SurveillanceRead
from geo.surveillance import exports
from geo.surveillance.checks import CheckRefused, note_check
from geo.workflow import MoveRefused
from tests import cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def camera():
    cast.territory()
    cast.camera("V-9", 105.66, 37.49, cast.EAST_SOUTH)
    return cast.camera("V-1", 105.62, 37.48, cast.WEST_SOUTH, working="unknown")


def upload(client, text: str, name: str = "检查.csv"):
    return client.post("/surveillance/checks/", {"file": SimpleUploadedFile(name, text.encode("utf-8"))})


def state(name: str = "V-1") -> tuple:
    return SurveillancePoint.objects.everywhere("test").filter(name=name).values_list("working", "checked_on").get()


def test_the_point_follows_its_newest_check(camera):
    officer, now = cast.west_officer(), timezone.now()
    note_check(camera, checked_on=date(2026, 9, 1), result="working", note="", by=officer, now=now)
    assert state() == ("working", date(2026, 9, 1))
    note_check(camera, checked_on=date(2026, 10, 1), result="faulty", note="黑屏", by=officer, now=now)
    note_check(camera, checked_on=date(2026, 9, 15), result="working", note="", by=officer, now=now)
    assert state() == ("faulty", date(2026, 10, 1))


def test_an_older_check_does_not_overwrite_what_a_file_brought_later(camera):
    SurveillancePoint.objects.everywhere("test").filter(pk=camera.pk).update(working="working", checked_on=date(2026, 10, 10))
    note_check(camera, checked_on=date(2026, 9, 1), result="faulty", note="", by=cast.west_officer(), now=timezone.now())
    assert state() == ("working", date(2026, 10, 10))


@pytest.mark.parametrize(
    "wrong",
    [{"checked_on": date(2999, 1, 1)}, {"result": "unknown"}, {"note": "13800138000"}, {"note": "见 http://x.cn"}, {"note": "长" * 201}],
)
def test_a_wrong_check_is_refused_and_nothing_is_written(camera, wrong):
    given = {"checked_on": date(2026, 9, 1), "result": "faulty", "note": "", **wrong}
    with pytest.raises(CheckRefused):
        note_check(camera, **given, by=cast.west_officer(), now=timezone.now())
    assert not SurveillanceCheck.objects.everywhere("test").exists() and state() == ("unknown", None)


def test_a_second_check_of_the_day_is_refused(camera):
    officer = cast.west_officer()
    for _ in range(2):
        last = lambda: note_check(camera, checked_on=date(2026, 9, 1), result="faulty", note="", by=officer, now=timezone.now())  # noqa: E731
        if not SurveillanceCheck.objects.everywhere("test").exists():
            last()
    with pytest.raises(CheckRefused):
        last()


def test_officer_checks_a_point_in_a_form_and_keeps_what_was_typed_on_a_mistake(client, camera):
    client.force_login(cast.with_purpose(cast.west_officer()))
    path = f"/surveillance/{camera.pk}/check/"
    body = client.post(path, {"checked_on": "昨天", "result": "faulty", "note": "镜头松动"}).content.decode()
    assert "请填写检查日期" in body and "镜头松动" in body
    assert client.post(path, {"checked_on": "2026-09-01", "result": "faulty", "note": "镜头松动"}).status_code == 302
    assert state() == ("faulty", date(2026, 9, 1))
    other = SurveillancePoint.objects.everywhere("test").get(name="V-9")
    assert client.post(f"/surveillance/{other.pk}/check/", {"checked_on": "2026-09-01", "result": "faulty"}).status_code == 404


def test_checks_from_a_file_are_written_all_at_once_and_twice_changes_nothing(client, camera):
    cast.camera("V-2", 105.63, 37.48, cast.WEST_SOUTH)
    client.force_login(cast.west_officer())
    text = "编号,检查日期,结果,备注\nV-1,2026/9/3,故障,黑屏\nV-1,2026-09-01,正常,\nV-2,2026年9月2日,在线,\n"
    assert upload(client, text).status_code == 302
    assert (state(), state("V-2")) == (("faulty", date(2026, 9, 3)), ("working", date(2026, 9, 2)))
    assert upload(client, text).status_code == 302
    assert SurveillanceCheck.objects.everywhere("test").count() == 3


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("V-9,2026-09-01,正常,", "本辖区内没有这个编号的监控点"),
        ("V-404,2026-09-01,正常,", "本辖区内没有这个编号的监控点"),
        ("V-1,昨天,正常,", "不是日期"),
        ("V-1,2199-01-01,正常,", "检查日期不能晚于今天"),
        ("V-1,2026-09-02,大概,", "不在可选值之内"),
        ("V-1,2026-09-02,正常,电话13800138000", "像是手机号"),
        ("V-1,2026-09-02,正常,rtsp://10.1.1.2/1", "视频流地址"),
        ("V-1,2026-09-01,故障,", "多次"),
        (",2026-09-02,正常,", "必填"),
    ],
)
def test_one_wrong_line_and_nothing_is_written_and_the_line_is_named(client, camera, row, said):
    client.force_login(cast.west_officer())
    answer = upload(client, f"监控点编号,检查日期,结果,备注\nV-1,2026-09-01,正常,\n{row}\n")
    body = answer.content.decode()
    assert answer.status_code == 400 and said in body and '<td class="number">3</td>' in body
    assert "13800138000" not in body
    assert not SurveillanceCheck.objects.everywhere("test").exists() and state() == ("unknown", None)


def test_a_file_that_contradicts_a_check_of_the_same_day_is_refused(client, camera):
    client.force_login(cast.west_officer())
    upload(client, "编号,检查日期,结果\nV-1,2026-09-01,正常\n")
    assert "当天已有检查记录，结果不同" in upload(client, "编号,检查日期,结果\nV-1,2026-09-01,故障\n").content.decode()


@pytest.mark.parametrize(
    ("text", "name"), [("", "x.csv"), ("甲,乙\n1,2\n", "x.csv"), ("\x00\x01PK", "x.xlsx"), ("编号,检查日期,结果\n", "x.csv")]
)
def test_a_file_that_is_none_gets_a_sentence(client, camera, text, name):
    client.force_login(cast.west_officer())
    answer = upload(client, text, name)
    assert answer.status_code == 400 and 'role="alert"' in answer.content.decode()


def test_only_officers_write_checks(client, camera):
    for role in ("village_cadre", "planner", "patrol_member", "auditor"):
        client.force_login(cast.user(f"no-{role}", role))
        assert client.get("/surveillance/checks/").status_code == 403
        assert upload(client, "编号,检查日期,结果\nV-1,2026-09-01,正常\n").status_code == 403


def wish(by) -> SurveillanceExport:
    return exports.ask(why="年度核对", by=by, now=timezone.now())


def test_export_is_approved_by_another_and_downloaded_once(client, camera):
    asking, other = cast.with_purpose(cast.west_officer()), cast.user("west2", "town_officer", cast.WEST)
    client.force_login(asking)
    assert client.post("/surveillance/exports/", {"why": "年度核对"}).status_code == 302
    mine = SurveillanceExport.objects.everywhere("test").get()
    assert client.post(f"/surveillance/exports/{mine.pk}/decision/", {"decision": "approve"}).status_code == 404
    assert client.post("/surveillance/exports/file/").status_code == 302
    client.force_login(other)
    assert client.post(f"/surveillance/exports/{mine.pk}/decision/", {"decision": "approve"}).status_code == 302
    assert client.post("/surveillance/exports/file/").url.startswith("/surveillance/purpose/")
    client.force_login(asking)
    answer = client.post("/surveillance/exports/file/")
    book = openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content)))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert [row[0] for row in rows[1:]] == ["V-1"] and rows[1][-2:] == (105.62, 37.48)
    assert client.post("/surveillance/exports/file/").status_code == 302
    assert [(d.from_state, d.to_state, d.decided_by) for d in Decision.objects.all()] == [
        ("asked", "approved", other),
        ("approved", "used", asking),
    ]
    assert list(SurveillanceRead.objects.filter(door="export").values_list("object_count", flat=True)) == [1]


def test_nobody_approves_the_own_wish_whatever_the_door(camera):
    officer = cast.county_officer()
    mine = wish(officer)
    with pytest.raises(MoveRefused):
        exports.decide(mine, approve=True, why="", by=officer, now=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        SurveillanceExport.objects.everywhere("test").filter(pk=mine.pk).update(
            state="approved", decided_by=officer, decided_at=timezone.now(), valid_until=timezone.now()
        )


def test_a_town_does_not_approve_for_the_county_nor_for_another_town(camera):
    county, west = wish(cast.county_officer()), cast.west_officer()
    with pytest.raises(PermissionDenied):
        exports.decide(county, approve=True, why="", by=west, now=timezone.now())
    with pytest.raises(PermissionDenied):
        exports.decide(wish(cast.east_officer()), approve=True, why="", by=west, now=timezone.now())


def test_an_approval_ends_after_a_day_and_a_refusal_needs_a_reason(client, camera):
    asking, other, now = cast.with_purpose(cast.west_officer()), cast.county_officer(), timezone.now()
    mine = wish(asking)
    with pytest.raises(MoveRefused):
        exports.decide(mine, approve=False, why=" ", by=other, now=now)
    exports.decide(mine, approve=True, why="", by=other, now=now - timedelta(hours=25))
    client.force_login(asking)
    assert client.post("/surveillance/exports/file/").url == "/surveillance/exports/"
    assert not SurveillanceRead.objects.filter(door="export").exists()
    with pytest.raises(exports.ExportRefused):
        exports.claim(asking, now=now, count=1)


def test_a_wish_needs_a_purpose_without_a_persons_number(camera):
    officer = cast.west_officer()
    for why in ("", "   ", "交给13800138000", "长" * 201):
        with pytest.raises(exports.ExportRefused):
            exports.ask(why=why, by=officer, now=timezone.now())
    wish(officer)
    with pytest.raises(exports.ExportRefused):
        wish(officer)


@pytest.mark.parametrize(
    "address",
    ["rtsp://10.0.0.8/live", "ｒｔｓｐ：／／10.0.0.8", "http://nvr.example.cn/1", "192.168.1.64", "202.100.5.6:554", "sip:34020@3402"],
)
@pytest.mark.parametrize("column", ["名称", "用途", "建设管理单位", "备案号"])
def test_an_import_refuses_network_addresses_in_every_text(tmp_path, address, column):
    cast.territory()
    values = {
        "名称": "枪机",
        "编号": "V-7",
        "用途": "治安",
        "建设管理单位": "单位",
        "备案号": "备-1",
        "经度": "105.62",
        "纬度": "37.48",
    } | {column: address}
    path = tmp_path / "v.csv"
    path.write_text(",".join(values) + "\n" + ",".join(values.values()) + "\n", encoding="utf-8")
    report = importing.run("surveillance", path, datum="wgs84", now=timezone.now())
    assert (report.new_count, report.rejected_count) == (0, 1)
    assert "取流地址" in "".join(report.sentences())
