"""The public's doors: what comes in, what is refused with everything kept, what the holder of a receipt reads."""
import io
from datetime import timedelta

import pytest
from PIL import Image

from geo.models import User
from tests import cast
from tests.zones import rounding
from tests.zones.supervising import SAID, Citizen, picture, puzzle, receipt_of, text
from zones import manager_codes
from zones.models import Appeal, Feedback, Notice, ReceivedPhoto, ReinspectionRequest, RightOfReply, Standing


def all_of(model):
    return model.objects.everywhere("a test")


@pytest.fixture
def grade(rated, west):
    return rounding.publish().grades.get(public_id=west.public_id)


def test_a_citizen_without_an_account_gives_feedback_and_reads_its_status(county, citizen):
    page = citizen.client.get("/feedback/")
    assert page.status_code == 200 and not page.cookies and "no-store" in page.headers["Cache-Control"]
    answer = citizen.feedback()
    number, code = receipt_of(answer)
    assert not answer.cookies
    row = all_of(Feedback).get()
    assert (row.receipt, row.state, row.division_id, row.text) == (number, "new", cast.WEST, SAID)
    assert code not in row.code_hash and code.replace("-", "") not in row.code_hash
    assert "待审核" in citizen.asks((number, code))


def test_a_wrong_pair_is_answered_like_an_unknown_one(county, citizen):
    number, code = receipt_of(citizen.feedback())
    wrong, unknown = citizen.asks((number, "AAAAA-AAAAA")), citizen.asks(("F261024-AAAAAA", code))
    for typed in (number, code, "F261024-AAAAAA", "AAAAA-AAAAA"):
        wrong, unknown = wrong.replace(typed, ""), unknown.replace(typed, "")
    assert wrong == unknown and "没有这一对" in wrong
    assert "待审核" in citizen.asks((f" {number.lower()} ", code.replace("-", " ").lower()))
    for odd in ("", "\x00", "９" * 60, "F-é-123", "' or 1=1 --"):
        assert citizen.client.post("/receipts/", {"number": odd, "code": odd}).status_code == 422


def test_no_address_of_the_sender_is_kept_anywhere(county, citizen):
    receipt_of(citizen.feedback())
    row = all_of(Feedback).values().get()
    assert citizen.address.rpartition(".")[0] not in str(row)
    names = {field.name for model in (Feedback, Appeal, RightOfReply, ReinspectionRequest) for field in model._meta.get_fields()}
    assert not names & {"address", "ip", "name", "phone", "email", "user_agent", "session"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"text": ""}, "请填写内容"),
        ({"text": "字" * 1001}, "最多1000个字"),
        ({"text": "请找13800138000"}, "像是个人号码"),
        ({"place_name": "手机13800138000"}, "像是个人号码"),
        ({"category": ""}, "这个字段是必填项"),
        ({"category": "purple"}, "purple"),
        ({"town": ""}, "请选择乡镇"),
        ({"town": "999999999"}, "999999999"),
        ({"lon": "105.62"}, "经度和纬度要一起填"),
        ({"lon": "116.4", "lat": "39.9"}, "不在本县内"),
        ({"lon": "nan", "lat": "inf"}, "role=\"alert\""),
        ({"website": "http://spam"}, "请留空"),
    ],
)  # fmt: skip
def test_bad_input_is_told_and_everything_typed_stays(county, citizen, typed, said):
    answer = citizen.feedback(**{"place_name": "东门岗亭旁", **typed})
    page = text(answer)
    assert answer.status_code == 422 and said in page
    assert "东门岗亭旁" in page or "place_name" in typed
    assert typed.get("text", SAID) in page
    assert not all_of(Feedback).exists()


def test_a_refused_form_can_be_sent_again_as_it_is(county, citizen):
    token = citizen.token("/feedback/")
    assert citizen.feedback(token=token, text="打13800138000", photos=[picture()]).status_code == 422
    receipt_of(citizen.feedback(token=token))


def test_pressing_twice_gives_the_same_receipt_and_other_words_become_a_form_of_their_own(county, citizen):
    token = citizen.token("/feedback/")
    first = receipt_of(citizen.feedback(token=token))
    assert receipt_of(citizen.feedback(token=token)) == first
    other = citizen.feedback(token=token, text="另一件事")
    assert other.status_code == 422 and "已经交过一次" in text(other) and "另一件事" in text(other)
    assert all_of(Feedback).count() == 1


def test_a_form_that_lay_for_days_is_renewed_and_a_forged_one_is_not_taken(county, citizen):
    token = citizen.token("/feedback/")
    citizen.clock.wait(days=2)
    late = citizen.feedback(token=token)
    assert late.status_code == 422 and "打开得太久" in text(late)
    for forged in ("", "feedback.1.x:y", token.replace("feedback", "appeal", 1), token[:-1] + "x"):
        assert citizen.feedback(token=forged).status_code == 422
    assert citizen.feedback(seconds=1).status_code == 422  # the time trap
    assert not all_of(Feedback).exists()


def test_a_point_inside_the_county_finds_its_division(county, citizen):
    receipt_of(citizen.feedback(town="", lon="105.68", lat="37.48"))
    row = all_of(Feedback).get()
    assert (row.division_id, round(row.geom.x, 2)) == (cast.EAST_SOUTH, 105.68)


def test_feedback_about_a_published_compound_needs_no_town(grade, west, citizen):
    address = f"/feedback/?compound={west.public_id}"
    assert "西苑小区" in text(citizen.client.get(address))
    receipt_of(citizen.send(address, category="grade", text="等级贴在哪里", compound=str(west.public_id)))
    row = all_of(Feedback).get()
    assert (row.public_id, row.place_name, row.division_id) == (west.public_id, "西苑小区", cast.WEST_SOUTH)
    for odd in ("x", "\x00", "00000000-0000-4000-8000-000000000000"):
        assert citizen.client.get("/feedback/", {"compound": odd}).status_code == 200


def test_the_same_words_again_are_joined_to_the_first_and_tell_nobody_twice(county, clock):
    cast.west_officer()
    first, second = Citizen(clock), Citizen(clock)
    receipt_of(first.feedback())
    again = second.feedback(text=f" {SAID}。 ")
    assert "两件一起办理" in text(again)
    assert list(all_of(Feedback).order_by("pk").values_list("state", flat=True)) == ["new", "duplicate"]
    assert Notice.objects.filter(kind="feedback").count() == 1


# Pictures


def test_photos_are_drawn_anew_and_too_many_or_broken_ones_refused(county, citizen):
    assert "最多3张" in text(citizen.feedback(photos=[picture() for _ in range(4)]))
    broken = citizen.feedback(photos=[picture(), io.BytesIO(b"GIF89a not a picture")])
    assert broken.status_code == 422 and "照片要重新选择" in text(broken) and SAID in text(broken)
    assert not ReceivedPhoto.objects.exists()
    receipt_of(citizen.feedback(photos=[picture(), picture((1, 2, 3))]))
    assert ReceivedPhoto.objects.count() == 2


@pytest.mark.parametrize("name", ["exif_gps.jpg", "polyglot_html.jpg", "pixel_bomb.png", "svg_as.jpg", "svg_script.svg"])
def test_hostile_pictures_are_made_harmless_or_refused(county, citizen, shared, name):
    path = shared / "payloads" / "img" / name
    if not path.exists():
        pytest.skip("the shared samples are not here")
    with path.open("rb") as file:
        answer = citizen.feedback(photos=[file])
    if name in ("exif_gps.jpg", "polyglot_html.jpg"):
        receipt_of(answer)
        content = ReceivedPhoto.objects.get().file.open("rb").read()
        assert not Image.open(io.BytesIO(content)).getexif() and b"<script" not in content and b"Exif" not in content
    else:
        assert answer.status_code == 422 and not ReceivedPhoto.objects.exists()


# Grades


def test_a_resident_group_appeals_within_the_window_and_not_after_it(grade, west, citizen):
    address = f"/compounds/{west.public_id}/appeal/"
    receipt_of(citizen.send(address, appellant="resident_group", text="盗窃次数不对"))
    row = all_of(Appeal).get()
    assert (row.state, row.public_id, row.publication_id) == ("received", west.public_id, grade.publication_id)
    assert row.division_id == cast.WEST_SOUTH
    token = citizen.token(address)
    citizen.clock.now = grade.publication.published_at + timedelta(days=21)
    assert citizen.client.get(address).content.decode().count("提交申诉") == 1
    citizen.clock.now = grade.publication.published_at + timedelta(days=22)
    page = text(citizen.client.get(address))
    assert "已经过了" in page and "提交申诉" not in page
    assert citizen.send(address, token=token, appellant="resident_group", text="又一次").status_code == 422
    assert all_of(Appeal).count() == 1


def test_only_who_holds_the_code_speaks_for_the_manager(grade, west, citizen):
    _kept, code = manager_codes.issue(west, by=cast.west_officer(), now=citizen.clock.now)
    reply, appeal = (f"/compounds/{west.public_id}/{door}/" for door in ("reply", "appeal"))
    for wrong in ("", "AAAAA-AAAAA"):
        assert "验证码不对" in text(citizen.send(reply, text="已加装门禁", code=wrong))
        assert "验证码不对" in text(citizen.send(appeal, text="不对", appellant="manager", code=wrong))
    receipt_of(citizen.send(reply, text="已加装门禁", code=code.lower().replace("-", "")))
    receipt_of(citizen.send(appeal, text="不对", appellant="manager", code=code))
    manager_codes.issue(west, by=User.objects.get(username="west"), now=citizen.clock.now)
    assert "验证码不对" in text(citizen.send(reply, text="旧码", code=code))
    assert (all_of(RightOfReply).count(), all_of(Appeal).count(), Standing.objects.count()) == (1, 1, 0)


def test_another_towns_officer_gives_out_no_code(grade, west, client):
    client.force_login(cast.east_officer())
    assert client.post("/moderation/code/", {"compound": west.pk}).status_code == 404


def test_a_reinspection_is_asked_for(grade, west, citizen):
    receipt_of(citizen.send(f"/compounds/{west.public_id}/reinspection/", text="消防通道已画线", photos=[picture()]))
    assert all_of(ReinspectionRequest).get().photos.count() == 1


def test_what_was_never_published_has_no_doors(west, citizen):
    for door in ("appeal", "reply", "reinspection"):
        assert citizen.client.get(f"/compounds/{west.public_id}/{door}/").status_code == 404


def test_every_door_reads_in_english(grade, west, citizen):
    citizen.client.cookies["django_language"] = "en"
    for address in ("/feedback/", "/receipts/", "/supervision/", f"/compounds/{west.public_id}/appeal/"):
        assert '<html lang="en">' in text(citizen.client.get(address))


def test_figures_of_public_supervision_are_bands_of_whole_quarters(county, citizen):
    for number in range(3):
        receipt_of(citizen.feedback(text=f"第{number}件"))
    assert "收到 &lt;5" not in text(citizen.client.get("/supervision/"))
    citizen.clock.wait(days=90)
    page = text(citizen.client.get("/supervision/"))
    assert "收到 &lt;5，已答复 0" in page and "收到 3" not in page


def test_a_puzzle_that_is_solved_widens_the_budget(county, clock):
    plain, working = Citizen(clock), Citizen(clock, works=True)
    answers = [plain.feedback(text=f"第{number}件").status_code for number in range(8)]
    assert answers == [200] * 6 + [429] * 2
    held = plain.feedback(text="第九件", place_name="南门")
    assert held.status_code == 429 and "南门" in text(held) and "第九件" in text(held)
    assert [working.feedback(text=f"又{number}件").status_code for number in range(8)] == [200] * 8
    clock.wait(hours=1)
    assert plain.feedback(text="一小时后").status_code == 200
    assert puzzle("x", 8)


def test_town_and_county_are_told_once_until_they_look(county, clock, client):
    west, east = cast.west_officer(), cast.east_officer()
    for number in range(3):
        receipt_of(Citizen(clock).feedback(text=f"第{number}件"))
    assert Notice.objects.filter(user=west, kind="feedback").count() == 1
    assert not Notice.objects.filter(user=east).exists()
    client.force_login(west)
    assert "有新的群众反映" in text(client.get("/notices/")) and SAID not in text(client.get("/notices/"))
    client.get("/moderation/feedback/")
    assert not Notice.objects.filter(user=west, read_at=None).exists()


def test_a_flood_from_one_network_is_cut_before_it_is_read(county, clock, settings):
    flood = Citizen(clock)
    codes = [flood.client.post("/feedback/", {"text": "x"}).status_code for _ in range(125)]
    assert codes[:120] == [422] * 120 and codes[120:] == [429] * 5
    receipt_of(Citizen(clock).feedback())



