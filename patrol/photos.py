"""Photos in pieces (the core of tus 1.0.0): begun, continued at the offset that is there, whole only when every byte is right."""

import base64
import hashlib
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from geo import pictures, pii
from patrol.envelope import Unacceptable, refuse
from patrol.models import Device, Photo

BYTES_AT_MOST = 20 * 1024 * 1024
PIECE_AT_MOST = 2 * 1024 * 1024
WAITING_BYTES_AT_MOST = 400 * 1024 * 1024
FOLDER = "patrol"


class WrongOffset(ValueError):
    """What is here ends elsewhere."""

    def __init__(self, offset: int):
        self.offset = offset
        super().__init__(str(offset))


class WrongChecksum(ValueError):
    """The piece is not what its checksum says."""


@dataclass(frozen=True)
class Told:
    """What a phone says of a photo before it sends it."""

    id: UUID
    submission_id: UUID
    name: str
    sha256: str
    byte_count: int


def read_metadata(text: str, length: str) -> Told:
    """`Upload-Metadata` of tus: `name base64, name base64`. Raises envelope.Unacceptable."""
    found = {}
    for pair in text.split(",") if text else ():
        name, _space, value = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(value, validate=True).decode("utf-8")
        except ValueError as wrong:
            raise refuse("Upload-Metadata", _("格式不对。")) from wrong
    try:
        told = Told(UUID(found["id"]), UUID(found["submission_id"]), found.get("name", "")[:255], found["sha256"].lower(), int(length))
    except (KeyError, ValueError) as wrong:
        raise refuse("Upload-Metadata", _("缺少 id、submission_id、sha256 或 Upload-Length，或格式不对。")) from wrong
    if len(told.sha256) != 64 or set(told.sha256) - set("0123456789abcdef"):
        raise refuse("sha256", _("格式或范围不对。"))
    if not 1 <= told.byte_count <= BYTES_AT_MOST:
        raise refuse("Upload-Length", _("照片最大20 MB。"))
    if "\x00" in told.name or pii.find(told.name):
        raise refuse("name", _("文件名里有个人号码或不能保存的字符，请改名。"))
    return told


def begin(told: Told, *, device: Device, now: datetime) -> tuple[Photo, bool]:
    """The photo and whether it is new. The same number with other particulars is refused."""
    waiting = device.photos.filter(completed_at=None).aggregate(sum=Sum("byte_count"))["sum"] or 0
    fresh = {
        "device": device, "submission_id": told.submission_id, "name": told.name, "sha256": told.sha256,
        "byte_count": told.byte_count, "created_at": now,
    }  # fmt: skip
    known = Photo.objects.select_related("device").filter(pk=told.id).first()
    if known is None and waiting + told.byte_count > WAITING_BYTES_AT_MOST:
        raise refuse("Upload-Length", _("没有传完的照片太多，请先传完。"))
    photo, is_new = (known, False) if known else Photo.objects.get_or_create(pk=told.id, defaults=fresh)
    if (photo.device.user_id, photo.sha256, photo.byte_count) != (device.user_id, told.sha256, told.byte_count):
        raise refuse("id", _("这个编号已被使用。"))
    # Every byte came and the process ended before it had looked at the whole: a phone has nothing left to send.
    if photo.offset == photo.byte_count and not photo.completed_at:
        photo = complete(photo.pk, now=now)
    return photo, is_new


def add(pk: UUID, piece: bytes, *, offset: int, checksum: bytes | None, device: Device, now: datetime) -> Photo:
    """Write a piece. Raises Photo.DoesNotExist, WrongOffset, WrongChecksum, envelope.Unacceptable (the whole is no picture)."""
    if checksum is not None and hashlib.sha256(piece).digest() != checksum:
        raise WrongChecksum
    with transaction.atomic():
        photo = Photo.objects.select_for_update(of=("self",)).get(pk=pk, device__user=device.user_id)
        if photo.completed_at or offset != photo.offset or offset + len(piece) > photo.byte_count:
            raise WrongOffset(photo.offset)
        _write(part_of(photo), piece, offset, is_last=offset + len(piece) == photo.byte_count)
        photo.offset = offset + len(piece)
        photo.save(update_fields=["offset"])
    return complete(photo.pk, now=now) if photo.offset == photo.byte_count else photo


def complete(pk: UUID, *, now: datetime) -> Photo:
    """Check the whole and draw the copy that people see. A wrong whole starts again from nothing, with the reason.

    Whoever was killed in the middle of it is followed by the next one, who finds the bytes where that one left them.
    """
    with transaction.atomic():
        photo = Photo.objects.select_for_update(of=("self",)).get(pk=pk)
        if photo.completed_at or photo.offset < photo.byte_count:
            return photo
        if refusal := _look_at(photo, now):
            part_of(photo).unlink(missing_ok=True)
            photo.offset, photo.problem = 0, refusal.detail[0]["message"]
        photo.save(update_fields=["offset", "problem", "original", "stored", "completed_at"])
    if refusal:
        raise refusal
    return photo


def _look_at(photo: Photo, now: datetime) -> Unacceptable | None:
    part, original = part_of(photo), f"{FOLDER}/originals/{photo.pk}"
    content = next((path.read_bytes() for path in (part, _path(original)) if path.exists()), b"")
    if hashlib.sha256(content).hexdigest() != photo.sha256:
        return refuse("sha256", _("收到的照片与手机上的不一致，请重新发送。"))
    try:
        kind, drawn = pictures.redrawn(content)
    except pictures.PictureTooLarge:
        return refuse("photo", _("照片超过5000万像素，请缩小后再发。"))
    except pictures.NoPicture:
        return refuse("photo", _("不是完好的 JPG 或 PNG 照片。"))
    stored = f"{FOLDER}/photos/{photo.pk}{'.jpg' if kind == pictures.JPEG else '.png'}"
    _write(_path(stored), drawn, 0, is_last=True)
    if part.exists():
        _move(part, _path(original))
    photo.original, photo.stored, photo.completed_at, photo.problem = original, stored, now, ""
    return None


def forget_unfinished(*, now: datetime, kept_days: int) -> int:
    """Photos that were begun and never finished: their bytes go, after a stated time."""
    old = Photo.objects.filter(completed_at=None, created_at__lt=now - timedelta(days=kept_days))
    count = 0
    for photo in old:
        part_of(photo).unlink(missing_ok=True)
        photo.delete()
        count += 1
    return count


def part_of(photo: Photo) -> Path:
    return _path(f"{FOLDER}/incoming/{photo.pk}")


def original_of(photo: Photo) -> Path:
    """Where the whole bytes lie once they are there, before the row says so, too."""
    return _path(photo.original or f"{FOLDER}/originals/{photo.pk}")


def stored_of(photo: Photo) -> Path:
    return _path(photo.stored)


def _path(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name


def _write(path: Path, content: bytes, offset: int, *, is_last: bool) -> None:
    """On the disk when it returns: what is acknowledged is not lost with the power.

    Only the last piece cuts off what is behind it. A process that lost its database, and so its lock, and comes late may
    write the same bytes again, but must not take away what another one has added since.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o640)
    try:
        written = 0
        while written < len(content):  # a disk that fills up takes a part, and refuses only the next one
            written += os.pwrite(descriptor, memoryview(content)[written:], offset + written)
        if is_last:
            os.ftruncate(descriptor, offset + len(content))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _move(path: Path, to: Path) -> None:
    """The new name is on the disk, too, before anybody is told of it."""
    to.parent.mkdir(parents=True, exist_ok=True)
    path.replace(to)
    descriptor = os.open(to.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
