"""Files handed in as evidence: pictures drawn anew, PDFs looked at, given out through rights alone."""
import io
import os

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests import cast
from tests.zones.test_campaigns import NOW, answered, campaign_of, school
from zones import campaigns, evidence
from zones.campaigns import CampaignRefused
from zones.models import EvidenceFile

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.fixture
def west(db):
    cast.territory()
    return cast.west_officer()


@pytest.fixture
def candidate(west):
    made = campaign_of("school", cast.county_officer())
    return campaigns.nominate(made, premises=school("西镇中学", 105.62, cast.WEST_SOUTH), by=west, now=NOW)


def png(size=(40, 30)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#3366aa").save(out, "PNG")
    return out.getvalue()


def add(candidate, west, content: bytes, name: str = "照片.png", item: str = "fence") -> EvidenceFile:
    return evidence.add(candidate, item, SimpleUploadedFile(name, content), by=west, now=NOW)


def test_a_file_is_kept_outside_what_is_served_and_read_by_the_own_territory_only(candidate, west, client, media, settings):
    kept = add(candidate, west, png())
    assert str(media) in kept.file.path and str(settings.STATIC_ROOT) not in kept.file.path
    address = reverse("evidence_file", args=[kept.pk])
    assert client.get(address).status_code == 404
    client.force_login(cast.east_officer())
    assert client.get(address).status_code == 404
    client.force_login(west)
    answer = client.get(address)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert Image.open(io.BytesIO(b"".join(answer.streaming_content))).size == (40, 30)
    client.force_login(cast.auditor())
    assert client.get(address).status_code == 404


def test_a_picture_loses_all_that_is_not_picture(candidate, west, shared):
    for name in ("exif_gps.jpg", "polyglot_html.jpg"):
        kept = add(candidate, west, (shared / "payloads/img" / name).read_bytes(), name)
        content = kept.file.read()
        assert Image.open(io.BytesIO(content)).getexif() == {}
        assert not [word for word in (b"<script", b"GPS", b"Exif", b"xpacket", b"http://") if word in content], name
        assert kept.content_type == "image/jpeg"


@pytest.mark.parametrize("name", ["svg_script.svg", "svg_as.jpg", "pixel_bomb.png"])
def test_hostile_pictures_are_refused_with_a_reason(candidate, west, shared, name, media):
    with pytest.raises(CampaignRefused, match="不是完好的|5000万像素"):
        add(candidate, west, (shared / "payloads/img" / name).read_bytes(), name)
    assert not EvidenceFile.objects.exists() and not list(media.rglob("*.*"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "不是完好的"),
        (b"GIF89a" + bytes(50), "不是完好的"),
        (png()[:60], "不是完好的"),
        (PDF + b"<script>alert(1)</script>", "末尾带有其他内容"),
        (PDF.replace(b"/Type", b"/OpenAction<</S/JavaScript/JS(x)>>/Type"), "含有脚本"),
        (PDF.replace(b"%%EOF", b""), "不完整"),
        (b"%PDF-" + bytes(evidence.BYTES_AT_MOST), "超过8 MB"),
    ],
    ids=["empty", "gif", "cut off", "tail", "script", "no end", "large"],
)
def test_what_is_no_good_file_is_refused(candidate, west, content, reason):
    with pytest.raises(CampaignRefused, match=reason):
        add(candidate, west, content)


def test_a_pdf_is_given_out_as_a_download(candidate, west, client):
    kept = add(candidate, west, PDF, "制度.pdf")
    client.force_login(west)
    answer = client.get(reverse("evidence_file", args=[kept.pk]))
    assert answer.headers["Content-Disposition"].startswith("attachment") and b"".join(answer.streaming_content) == PDF


@pytest.mark.parametrize("name", ["../../etc/passwd", 'a"\r\nX-Evil: 1.png', "C:\\x\\y.png", "\u202egnp.exe", "长" * 300, "."])
def test_names_are_only_text(candidate, west, client, name, media):
    upload = SimpleUploadedFile("x.png", png())
    upload._name = name
    kept = evidence.add(candidate, "fence", upload, by=west, now=NOW)
    assert os.path.dirname(kept.file.path) == str(media / "campaigns") and len(kept.name) <= 120
    client.force_login(west)
    answer = client.get(reverse("evidence_file", args=[kept.pk]))
    assert answer.status_code == 200 and "X-Evil" not in answer.headers


def test_a_number_in_a_files_name_is_refused(candidate, west):
    with pytest.raises(CampaignRefused, match="13812345678”像是个人号码"):
        add(candidate, west, png(), "门卫13812345678.png")


def test_files_come_and_go_only_during_the_self_check(candidate, west, client, media, django_capture_on_commit_callbacks):
    kept = add(candidate, west, png())
    client.force_login(west)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("evidence_remove", args=[kept.pk]))
    assert not EvidenceFile.objects.exists() and not list(media.rglob("*.png"))
    answered(candidate, west)
    campaigns.move(candidate, "reported", by=west, now=NOW)
    with pytest.raises(CampaignRefused, match="状态"):
        add(candidate, west, png())
    stays = candidate.files.first()
    client.post(reverse("evidence_remove", args=[stays.pk]))
    assert candidate.files.filter(pk=stays.pk).exists()


def test_one_bad_file_and_nothing_of_the_form_is_kept(candidate, west, client, media):
    client.force_login(west)
    files = {"duty-file": [SimpleUploadedFile("a.png", png())], "fence-file": [SimpleUploadedFile("b.png", b"no picture")]}
    answer = client.post(reverse("candidate_answers", args=[candidate.pk]), {"duty-claimed": "20", "duty-text": "两班", **files})
    assert answer.status_code == 422 and "“b.png”不是完好的" in answer.content.decode() and "两班" in answer.content.decode()
    assert not candidate.answers.exists() and not EvidenceFile.objects.exists() and not list(media.rglob("*.png"))


def test_no_more_than_five_files_an_item(candidate, west):
    for _ in range(evidence.FILES_AT_MOST):
        add(candidate, west, png())
    with pytest.raises(CampaignRefused, match="最多5个文件"):
        add(candidate, west, png())
    with pytest.raises(CampaignRefused, match="没有这个条目"):
        add(candidate, west, png(), item="nothing")
