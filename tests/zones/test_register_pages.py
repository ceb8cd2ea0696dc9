"""The register in the browser: each page for whoever may see it, each step by a form, files in and out."""
import io
import json
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests import cast
from tests.patrol import patrolling as p
from tests.zones import registering as r
from zones import hazards, register_changes
from zones.models import Issue, IssueFile, IssuePhoto, Notice


def now_there(issue: Issue) -> Issue:
    return Issue.objects.everywhere("a test").get(pk=issue.pk)


def step(client, issue, to: str, **data):
    seen = data.pop("seen", None) or now_there(issue).state
    return client.post(reverse("issue_move", args=[issue.pk]), {"to": to, "seen": seen, **data})


def test_the_whole_way_by_forms(client, people, issue):
    client.force_login(people["west"])
    page = client.get(reverse("issue", args=[issue.pk])).content.decode()
    assert "西镇挂〔2026〕1号" in page and "交办" in page and "西南社区" in page
    assert step(client, issue, "assigned", unit=cast.WEST_SOUTH, due_on="2099-12-31").status_code == 422  # more than a year
    due_on = r.rules_at(r.NOW).on.replace(year=2027, month=6)
    assert step(client, issue, "assigned", unit=cast.WEST_SOUTH, due_on=due_on.isoformat()).status_code == 302
    client.force_login(people["cadre"])
    assert step(client, issue, "rectifying").status_code == 302
    refused = step(client, issue, "reported_fixed", why="已清理")
    assert refused.status_code == 409 and "请先上传整改后的照片" in refused.content.decode() and "已清理" in refused.content.decode()
    assert step(client, issue, "reported_fixed", why="已清理", photos=[r.jpeg(), r.jpeg()]).status_code == 302
    assert step(client, issue, "closed", photos=[r.jpeg()]).status_code == 403  # a cadre does not close
    client.force_login(people["west"])
    far = step(client, issue, "closed", lon="105.7", lat="37.5", accuracy="10")
    assert far.status_code == 409 and "米，超过100米" in far.content.decode()
    assert step(client, issue, "closed", lon="105.6201", lat="37.4801", accuracy="10").status_code == 302
    assert now_there(issue).state == "closed"
    page = client.get(reverse("issue", args=[issue.pk])).content.decode()
    assert "距问题位置约14米，精度10米" in page and "✓" not in page and "已销号" in page
    assert "105.6201" not in page.replace("105.62,", ""), "where the officer stood is not kept"


def test_promise_3_a_page_that_is_behind_is_refused_and_changes_nothing(client, people, issue):
    r.assigned(issue, people["west"])
    client.force_login(people["county"])
    behind = step(client, issue, "withdrawn", seen="registered", why="重复")
    assert behind.status_code == 409 and "别人刚刚办理过" in behind.content.decode()
    assert now_there(issue).state == "assigned"


PAPER = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def attach(client, issue, *files):
    return client.post(reverse("issue_change", args=[issue.pk]), {"what": "files", "files": files})


def test_papers_are_attached_read_and_told_in_the_timeline(client, people, issue):
    client.force_login(people["cadre"])
    assert attach(client, issue, SimpleUploadedFile("整改通知书.pdf", PAPER), r.jpeg()).status_code == 302
    paper, picture = now_there(issue).files.all()
    page = client.get(reverse("issue", args=[issue.pk])).content.decode()
    assert page.count("整改通知书.pdf") == 2, "in the list and in the timeline"
    given = client.get(reverse("issue_attachment", args=[paper.pk]))
    assert b"".join(given.streaming_content) == PAPER and given["Content-Disposition"].startswith("attachment;")
    assert client.get(reverse("issue_attachment", args=[picture.pk]))["Content-Type"] == "image/jpeg"


def test_of_papers_that_are_refused_nothing_is_kept_and_the_reason_is_told(client, people, issue, settings):
    client.force_login(people["cadre"])
    for wrong, why in (
        (SimpleUploadedFile("a.pdf", PAPER.replace(b"<<>>", b"<</JS (x)>>", 1)), "含有脚本"),
        (SimpleUploadedFile("a.pdf", PAPER[:-6]), "不完整"),
        (SimpleUploadedFile("a.docx", b"PK"), "不是完好的"),
    ):
        refused = attach(client, issue, SimpleUploadedFile("good.pdf", PAPER), wrong)
        assert refused.status_code == 422 and why in refused.content.decode()
    assert attach(client, issue, *(SimpleUploadedFile(f"{n}.pdf", PAPER) for n in range(11))).status_code == 422
    assert attach(client, issue).status_code == 422
    assert not now_there(issue).files.exists() and not list(Path(settings.MEDIA_ROOT).glob("issue_files/*"))


def test_promise_16_other_territory_is_not_there(client, people, issue):
    photo = IssuePhoto.objects.create(issue=issue, stage="before", byte_count=1, added_at=r.NOW, added_by=people["cadre"])
    paths = [reverse(name, args=[issue.pk]) for name in ("issue", "issue_sheet", "issue_sheet_file", "issue_patrol_photo")]
    paths.append(reverse("issue_photo", args=[photo.pk]))
    told = {"byte_count": 1, "added_at": r.NOW, "added_by": people["cadre"]}
    paths.append(reverse("issue_attachment", args=[IssueFile.objects.create(issue=issue, name="a.pdf", **told).pk]))
    posts = [reverse(name, args=[issue.pk]) for name in ("issue_move", "issue_change", "issue_watch")]
    for who in ("east", "north", "auditor"):
        client.force_login(people[who])
        assert {client.get(path).status_code for path in paths} == {404}
        assert {client.post(path, {"what": "comment", "text": "x", "to": "assigned"}).status_code for path in posts} == {404}
        listing = client.get(reverse("issues"))
        assert listing.status_code == (403 if who == "auditor" else 200) and "西镇挂" not in listing.content.decode()
    client.force_login(people["east"])
    assert json.loads(client.get(reverse("issue_points")).content)["features"] == []
    assert json.loads(client.get(reverse("issue_points"), {"only": issue.pk}).content)["features"] == []
    spot = {"lon": 105.62, "lat": 37.48, "category": "fire_passage"}
    assert json.loads(client.get(reverse("issue_similar"), spot).content)["similar"] == []


def test_an_edge_street_is_shared_by_name_and_then_worked_on_by_both(client, people, issue):
    client.force_login(people["west"])
    told = client.post(reverse("issue_change", args=[issue.pk]), {"what": "share", "unit": cast.EAST}, follow=True).content.decode()
    assert "已增加协办单位东镇" in told
    again = client.post(reverse("issue_change", args=[issue.pk]), {"what": "share", "unit": cast.EAST})
    assert again.status_code == 422 and "已经是" in again.content.decode()
    r.assigned(now_there(issue), people["west"])
    client.force_login(people["east"])
    assert client.get(reverse("issue", args=[issue.pk])).status_code == 200
    assert "西镇挂〔2026〕1号" in client.get(reverse("issues")).content.decode()
    assert step(client, issue, "rectifying").status_code == 302
    assert Notice.objects.filter(user=people["east"], kind="assigned").exists()


def new_form(**fields) -> dict:
    key = "5f1f2f3e-0000-4000-8000-000000000001"
    return {"category": "fire_passage", "text": "杂物堵门", "lon": 105.62, "lat": 37.48, "key": key, **fields}


def test_registering_by_the_form_shows_likely_duplicates_first(client, people, issue):
    client.force_login(people["cadre"])
    assert "附近的对象" in client.get(reverse("issue_new")).content.decode()
    first = client.post(reverse("issue_new"), new_form(photos=[r.jpeg()]))
    assert first.status_code == 422 and "附近可能已有同样的问题" in first.content.decode() and issue.number in first.content.decode()
    done = client.post(reverse("issue_new"), new_form(seen=str(issue.pk), photos=[r.jpeg()]))
    made = Issue.objects.everywhere("a test").latest("pk")
    assert done.status_code == 302 and made.pk != issue.pk and made.photos.filter(stage="before").count() == 1
    again = client.post(reverse("issue_new"), new_form(seen=str(issue.pk)))
    assert again.url == reverse("issue", args=[made.pk])
    # Another group of categories, or far away, is no duplicate.
    key = "5f1f2f3e-0000-4000-8000-00000000000"
    assert client.post(reverse("issue_new"), new_form(category="order_other", key=key + "2")).status_code == 302
    assert client.post(reverse("issue_new"), new_form(lat=37.49, key=key + "3")).status_code == 302
    assert client.post(reverse("issue_new"), new_form(lat="", lon="", key=key + "4")).status_code == 422


def test_an_object_near_the_point_can_be_named(client, people):
    compound = cast.west_compound()
    client.force_login(people["cadre"])
    found = json.loads(client.get(reverse("issue_similar"), {"lon": 105.62, "lat": 37.48, "category": "x\x00"}).content)
    assert found["places"] == [{"value": f"compounds:{compound.pk}", "text": "西苑小区（居民小区）", "m": 0}]
    done = client.post(reverse("issue_new"), new_form(lon="", lat="", place=f"compounds:{compound.pk}"))
    made = Issue.objects.everywhere("a test").get()
    assert done.status_code == 302 and (made.place_layer, made.place_pk, made.place_name) == ("compounds", compound.pk, "西苑小区")
    other = cast.east_compound()
    refused = client.post(reverse("issue_new"), new_form(place=f"compounds:{other.pk}", key="5f1f2f3e-0000-4000-8000-000000000009"))
    assert refused.status_code == 422 and "不在您的辖区内" in refused.content.decode()


@pytest.mark.parametrize("name", ["polyglot_html.jpg", "pixel_bomb.png", "svg_as.jpg", "svg_script.svg"])
def test_promise_26_hostile_photos_are_refused_or_harmless(client, people, issue, shared, media, name):
    content = (shared / "payloads/img" / name).read_bytes()
    client.force_login(people["cadre"])
    upload = SimpleUploadedFile(name, content)
    address = reverse("issue_change", args=[issue.pk])
    answer = client.post(address, {"what": "photos", "stage": "before", "photos": [r.jpeg(), upload]})
    if answer.status_code == 422:  # all or nothing: the good one beside it is not kept either
        assert not issue.photos.exists() and not list(media.rglob("*.*"))
    else:
        stored = issue.photos.latest("pk").file.read()
        assert b"<script" not in stored and stored[-2:] == b"\xff\xd9"


def test_promise_26_what_is_served_carries_no_position_and_is_sandboxed(client, people, issue, shared):
    client.force_login(people["cadre"])
    content = (shared / "payloads/img/exif_gps.jpg").read_bytes()
    client.post(reverse("issue_change", args=[issue.pk]), {
        "what": "photos", "stage": "before", "photos": [SimpleUploadedFile("a.jpg", content)],
    })  # fmt: skip
    answer = client.get(reverse("issue_photo", args=[issue.photos.get().pk]))
    assert answer.headers["Content-Security-Policy"].startswith("sandbox") and answer.headers["X-Content-Type-Options"] == "nosniff"
    shown = Image.open(io.BytesIO(b"".join(answer.streaming_content)))
    assert not shown.getexif() and "comment" not in shown.info
    cut = SimpleUploadedFile("b.jpg", r.jpeg((400, 300)).read()[:-200])
    refused = client.post(reverse("issue_change", args=[issue.pk]), {"what": "photos", "stage": "before", "photos": [cut]})
    assert refused.status_code == 422 and "不是完好的" in refused.content.decode()


def test_photos_of_the_patrol_are_shown_with_the_issue_also_when_they_come_later(client, people, media):
    walker = p.member()
    own = p.device(walker)
    entry = p.entry(p.patrol(walker, own), own)
    made = hazards.register(entry.pk, now=p.NOW)
    client.force_login(people["west"])
    assert "巡逻照片" not in client.get(reverse("issue", args=[made.pk])).content.decode()
    (media / "patrol/photos").mkdir(parents=True)
    (media / "patrol/photos/x.jpg").write_bytes(r.jpeg().read())
    photo = own.photos.create(
        id=entry.public_id, submission_id=entry.submission.submission_id, sha256="0" * 64, byte_count=1, offset=1,
        stored="patrol/photos/x.jpg", completed_at=p.NOW,
    )  # fmt: skip
    assert "巡逻照片" in client.get(reverse("issue", args=[made.pk])).content.decode()
    assert client.get(reverse("issue_patrol_photo", args=[made.pk]), {"photo": photo.pk}).status_code == 200
    assert client.get(reverse("issue_patrol_photo", args=[made.pk]), {"photo": "../x"}).status_code == 404
    assert client.get(reverse("issue_sheet_file", args=[made.pk])).content.startswith(b"%PDF")


def test_list_filters_sorts_pages_and_remembers(client, people):
    made = [r.issue(people["cadre"], text=f"第{number}处") for number in range(55)]
    lamp = r.issue(people["west"], category="facility_lamp", text="路灯不亮")
    client.force_login(people["west"])
    numbers = lambda **query: [row["pk"] for row in client.get(reverse("issues"), query).context["rows"]]  # noqa: E731
    assert numbers(category="facility") == numbers(category="facility_lamp") == numbers(q="路灯") == [lamp.pk]
    assert numbers(q="〕7号") == [made[6].pk]
    assert numbers(sort="-due_on")[0] == lamp.pk and len(numbers()) == 50
    second = numbers(sort="-number", after=numbers(sort="-number")[-1])
    assert len(second) == 6 and not set(second) & set(numbers(sort="-number"))
    assert numbers(sort="-number", before=second[0]) == numbers(sort="-number")
    assert numbers(handled_by=cast.WEST, state="registered", category="fire") and not numbers(state="closed")
    assert numbers(mine="registered") == [lamp.pk] and numbers(handled_by=cast.WEST_NORTH) == []
    assert numbers(level="town") == [lamp.pk] and numbers(due_on_from="2026-11-25", due_on_to="2026-11-25") == [lamp.pk]
    r.closed(r.reported(r.assigned(lamp, people["west"]), people["cadre"]), people["west"])
    assert lamp.pk not in numbers(category="facility") and numbers(category="facility", time="all") == numbers(q="路灯") == [lamp.pk]
    assert numbers(state="closed") == [lamp.pk]
    assert client.get(reverse("issues"), {"category": "nonsense"}).context["rows"] == []
    client.post(reverse("issue_view_save") + "?category=facility", {"name": "设施"})
    page = client.get(reverse("issues")).content.decode()
    assert "设施</a>" in page and "category=facility" in page
    for name in ("issue_board", "issue_map", "issue_rules", "notices"):
        assert client.get(reverse(name)).status_code == 200


def test_promise_27_files_hold_no_formula(client, people):
    r.issue(people["cadre"], text="=HYPERLINK(\"http://x\")".replace("http://x", "A1"))
    client.force_login(people["cadre"])
    text = b"".join(client.get(reverse("issue_file", args=["csv"])).streaming_content).decode("utf-8-sig")
    assert text.startswith("编号,状态,") and "'=HYPERLINK" in text and "西镇挂〔2026〕1号" in text
    book = openpyxl.load_workbook(io.BytesIO(b"".join(client.get(reverse("issue_file", args=["xlsx"])).streaming_content)))
    cells = [cell for row in book.active.iter_rows() for cell in row if "HYPERLINK" in str(cell.value)]
    assert [cell.data_type for cell in cells] == ["s"]
    assert client.get(reverse("issue_file", args=["exe"])).status_code == 404


def test_bulk_is_all_or_nothing(client, people):
    mine = [r.issue(people["cadre"]) for _ in range(3)]
    closed = r.closed(r.reported(r.assigned(mine[0], people["west"]), people["cadre"]), people["west"])
    client.force_login(people["west"])
    address, keys = reverse("issue_bulk"), {"pk": [each.pk for each in mine], "step": "apply"}
    refused = client.post(address, {**keys, "action": "assign"})
    assert refused.status_code == 422 and f"{closed.number}：" in refused.content.decode()
    assert [now_there(each).state for each in mine] == ["closed", "registered", "registered"]
    keys["pk"] = keys["pk"][1:]
    assert "批量办理" in client.post(address, {"pk": keys["pk"]}).content.decode()
    assert client.post(address, {**keys, "action": "assign"}).status_code == 302
    assert [now_there(each).state for each in mine] == ["closed", "assigned", "assigned"]
    assert client.post(address, {**keys, "action": "deadline", "due_on": "2020-01-01", "why": "x"}).status_code == 422
    assert client.post(address, {**keys, "action": "watch"}).status_code == 302
    assert mine[1].watches.filter(user=people["west"]).exists()
    client.force_login(people["east"])  # keys of another territory are not there
    assert client.post(address, {**keys, "action": "watch"}, follow=True).status_code == 200
    assert not mine[1].watches.filter(user=people["east"]).exists()


def test_bell_counts_what_is_unread_and_the_issues_page_reads_it(client, people, issue):
    client.force_login(people["west"])
    assert client.get(reverse("issues")).context["bell"] == {"count": 0}  # the village's own turn
    register_changes.watch(issue, by=people["west"])
    register_changes.comment(issue, "请抓紧", by=people["cadre"], now=r.NOW)
    assert client.get(reverse("issues")).context["bell"] == {"count": 1}
    assert "有新留言" in client.get(reverse("notices")).content.decode()
    client.get(reverse("issue", args=[issue.pk]))
    assert client.get(reverse("notices")).context["bell"] == {"count": 0}
    client.force_login(people["auditor"])
    assert client.get(reverse("notices")).status_code == 403


def test_one_map_leads_to_the_issue(client, people, issue):
    client.force_login(people["west"])
    found = client.get(reverse("map_details", args=["issues", issue.pk]))
    section = json.loads(found.content)["sections"][0]
    assert section["url"] == reverse("issue", args=[issue.pk]) and "责任单位" in section["lines"][1]
    assert json.loads(client.get(reverse("map_legend")).content)["issues"] == {"registered": 1}
    client.force_login(people["east"])
    assert client.get(reverse("map_details", args=["issues", issue.pk])).status_code == 404
