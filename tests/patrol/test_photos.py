"""Promise 9, 26: photos come in pieces, are whole only when every byte is right, and are shown re-encoded."""

import base64
import hashlib
import io
import uuid
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from PIL import Image

from patrol import photos
from patrol.models import Photo
from tests import cast
from tests.patrol import squad

UPLOADS = "/api/field/v1/uploads"
SUBMISSION = str(uuid.UUID(int=7))


@pytest.fixture
def sender(db, monkeypatch, settings, tmp_path):
    cast.territory()
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(timezone, "now", lambda: squad.NOW)
    _device, token = squad.phone(squad.member())
    return Sender(token)


class Sender:
    def __init__(self, token):
        self.client, self.auth = Client(), {"Authorization": f"Bearer {token}"}

    def begin(self, content, pk=None, **fields):
        told = {"id": str(pk or uuid.uuid4()), "submission_id": str(uuid.uuid4()), "name": "现场.jpg", "sha256": sha(content)} | fields
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())
        headers = self.auth | {"Upload-Length": str(len(content)), "Upload-Metadata": metadata}
        return told["id"], self.client.post(UPLOADS, headers=headers)

    def piece(self, pk, content, offset, **headers):
        headers = self.auth | {"Upload-Offset": str(offset)} | headers
        return self.client.patch(f"{UPLOADS}/{pk}", content, content_type="application/offset+octet-stream", headers=headers)

    def offset(self, pk):
        return int(self.client.head(f"{UPLOADS}/{pk}", headers=self.auth).headers["Upload-Offset"])


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def jpeg(side: int = 300) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize("cut", [1, 2, 1000, -1])
def test_promise_09_a_photo_cut_anywhere_goes_on_where_it_stopped(sender, settings, cut):
    content = jpeg()
    pk, begun = sender.begin(content)
    assert begun.status_code == 201
    assert sender.piece(pk, content[:cut], 0).status_code == 204
    there = sender.offset(pk)
    assert there == len(content[:cut])
    assert Photo.objects.get(pk=pk).completed_at is None
    assert sender.piece(pk, content[there:], there).status_code == 204
    kept = Photo.objects.get(pk=pk)
    assert kept.completed_at == squad.NOW
    assert sha(Path(settings.MEDIA_ROOT, kept.original).read_bytes()) == sha(content)
    assert Image.open(Path(settings.MEDIA_ROOT, kept.stored)).size == (300, 300)


def test_a_wrong_offset_is_answered_with_the_right_one(sender):
    content = jpeg()
    pk, _begun = sender.begin(content)
    sender.piece(pk, content[:100], 0)
    again = sender.piece(pk, content[:100], 0)
    assert (again.status_code, again.headers["Upload-Offset"]) == (409, "100")
    assert sender.piece(pk, content, 100).status_code == 409


def test_a_damaged_piece_is_not_taken(sender):
    content = jpeg()
    pk, _begun = sender.begin(content)
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    assert sender.piece(pk, content[:100], 0, **{"Upload-Checksum": f"sha256 {wrong}"}).status_code == 460
    assert sender.offset(pk) == 0


def test_a_truncated_picture_is_never_complete(sender):
    content = jpeg()[:-400]
    pk, _begun = sender.begin(content)
    assert sender.piece(pk, content, 0).status_code == 422
    kept = Photo.objects.get(pk=pk)
    assert (kept.completed_at, kept.stored, kept.offset) == (None, "", 0)
    assert kept.problem


def test_a_whole_that_is_not_what_was_told_begins_anew(sender):
    content = jpeg()
    pk, _begun = sender.begin(content, sha256=sha(b"other"))
    assert sender.piece(pk, content, 0).status_code == 422
    assert sender.offset(pk) == 0


def test_beginning_twice_tells_the_offset(sender):
    content, pk = jpeg(), uuid.uuid4()
    submission = str(uuid.uuid4())
    sender.begin(content, pk, submission_id=submission)
    sender.piece(pk, content[:50], 0)
    _pk, again = sender.begin(content, pk, submission_id=submission)
    assert (again.status_code, again.headers["Upload-Offset"]) == (200, "50")


def test_another_device_sees_nothing_of_a_photo(sender):
    content = jpeg()
    pk, _begun = sender.begin(content)
    stranger = Sender(squad.phone(squad.member("colleague"))[1])
    assert stranger.client.head(f"{UPLOADS}/{pk}", headers=stranger.auth).status_code == 404
    assert stranger.piece(pk, content, 0).status_code == 404
    assert stranger.begin(content, pk)[1].status_code == 422


@pytest.mark.parametrize(
    ("name", "status"),
    [("exif_gps.jpg", 204), ("polyglot_html.jpg", 204), ("svg_as.jpg", 422), ("svg_script.svg", 422), ("pixel_bomb.png", 422)],
)
def test_promise_26_hostile_pictures(sender, shared, settings, name, status):
    content = (shared / "payloads/img" / name).read_bytes()
    pk, _begun = sender.begin(content)
    assert sender.piece(pk, content, 0).status_code == status
    kept = Photo.objects.get(pk=pk)
    if status == 204:
        shown = Path(settings.MEDIA_ROOT, kept.stored).read_bytes()
        picture = Image.open(io.BytesIO(shown))
        assert not picture.getexif()
        assert "comment" not in picture.info
        assert b"<script" not in shown
    else:
        assert not kept.stored


def test_names_of_files_are_text_and_never_a_path(sender, shared, settings):
    content = jpeg(40)
    for name in (shared / "payloads/img/name_traversal.txt").read_text("utf-8", errors="replace").splitlines():
        pk, begun = sender.begin(content, name=name)
        if begun.status_code == 201:
            assert sender.piece(pk, content, 0).status_code == 204
    inside = Path(settings.MEDIA_ROOT).resolve()
    assert all(inside in path.resolve().parents for path in inside.rglob("*"))
    assert {len(path.stem) for path in (inside / "patrol/photos").iterdir()} == {36}


def test_promise_32_a_number_in_a_files_name_is_refused(sender):
    assert sender.begin(jpeg(40), name="13912345678.jpg")[1].status_code == 422


@pytest.mark.parametrize("moved", [False, True], ids=["before it looked", "after it moved the original"])
def test_promise_09_a_photo_whose_last_piece_met_a_killed_process_becomes_whole(sender, settings, monkeypatch, moved):
    content = jpeg()
    pk, _begun = sender.begin(content, submission_id=SUBMISSION)
    monkeypatch.setattr(photos, "complete", lambda pk, now: Photo.objects.get(pk=pk))
    sender.piece(pk, content, 0)
    monkeypatch.undo()
    if moved:
        Path(settings.MEDIA_ROOT, "patrol/originals").mkdir()
        photos.part_of(Photo.objects.get(pk=pk)).rename(Path(settings.MEDIA_ROOT, "patrol/originals", pk))
    _pk, again = sender.begin(content, pk, submission_id=SUBMISSION)
    assert (again.status_code, again.headers["Upload-Offset"]) == (200, str(len(content)))
    kept = Photo.objects.get(pk=pk)
    assert kept.completed_at
    assert sha(Path(settings.MEDIA_ROOT, kept.original).read_bytes()) == sha(content)
