"""What must hold of what phones handed in (geo/invariants.py says what that is for)."""

import hashlib
from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext as _

from geo import pictures
from geo.invariants import Held
from patrol import photos
from patrol.models import Photo, Submission
from patrol.sql import SUBMISSIONS_WITHOUT_CHUNK


def examine() -> Iterator[Held]:
    yield Held(_("回执：每条日志有且只有一条记录，每段轨迹有段号"), list(_submissions()))
    yield Held(_("照片：收齐的原件与摘要一致，显示件能打开"), list(_photos()))


def _submissions() -> Iterator[str]:
    for number in Submission.objects.filter(kind="log", entry=None).values_list("receipt_no", flat=True):
        yield f"Submission {number}"
    with connection.cursor() as cursor:
        cursor.execute(SUBMISSIONS_WITHOUT_CHUNK)
        yield from (f"Submission {number}" for (number,) in cursor.fetchall())


def _photos() -> Iterator[str]:
    for photo in Photo.objects.iterator():
        if photo.completed_at is None:
            part = photos.part_of(photo)
            if photo.offset and (not part.exists() or part.stat().st_size < photo.offset):
                # Every byte was here and the original stands in its place already: the next word of the phone completes it.
                if photo.offset < photo.byte_count or not photos.original_of(photo).exists():
                    yield f"Photo {photo.pk}"
        elif not _is_whole(photo):
            yield f"Photo {photo.pk}"


def _is_whole(photo: Photo) -> bool:
    original, stored = photos.original_of(photo), photos.stored_of(photo)
    if not original.exists() or hashlib.sha256(original.read_bytes()).hexdigest() != photo.sha256 or not stored.exists():
        return False
    try:
        pictures.redrawn(stored.read_bytes())
    except (pictures.NoPicture, pictures.PictureTooLarge):
        return False
    return True
