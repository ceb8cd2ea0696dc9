"""Pictures of an issue before, after and at the check: drawn anew, kept outside what is served, given out through rights alone."""
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from geo import pictures
from geo.models import User
from geo.pictures import JPEG, NoPicture, PictureTooLarge
from zones.models import Issue, IssuePhoto, ReceivedPhoto
from zones.register_words import RegisterRefused

BYTES_AT_MOST = 20 * 1024 * 1024
PHOTOS_AT_MOST = 12


def redrawn(upload: UploadedFile) -> tuple[str, bytes]:
    """Media type and bytes as they may be kept. Raises RegisterRefused; the file's own name is neither kept nor told."""
    if upload.size > BYTES_AT_MOST:
        raise RegisterRefused(_("照片最大%(mb)d MB。") % {"mb": BYTES_AT_MOST // 1024**2})
    try:
        return pictures.redrawn(upload.read(BYTES_AT_MOST + 1))
    except PictureTooLarge as wrong:
        raise RegisterRefused(_("照片超过5000万像素，请缩小后再传。")) from wrong
    except NoPicture as wrong:
        raise RegisterRefused(_("不是完好的 JPG 或 PNG 照片。")) from wrong


@contextmanager
def keeping(uploads: Sequence[UploadedFile]) -> Iterator["Keeper"]:
    """Pictures are checked before anything is written; what fails takes the files that were written with it.

    Enter it outside the transaction: the files go when the transaction has failed.
    """
    with keeping_drawn([redrawn(each) for each in uploads]) as keeper:
        yield keeper


@contextmanager
def keeping_drawn(pictures: Sequence[tuple[str, bytes]]) -> Iterator["Keeper"]:
    """The same for pictures that have been drawn anew already."""
    keeper = Keeper(pictures)
    try:
        yield keeper
    except BaseException:
        for each in keeper.kept:
            each.file.delete(save=False)
        raise


class Keeper:
    def __init__(self, drawn: Sequence[tuple[str, bytes]]):
        self.drawn, self.kept = drawn, []

    def keep(self, issue: Issue, stage: str, *, by: User, now: datetime) -> int:
        """Rows and files for the pictures; how many. RegisterRefused beyond PHOTOS_AT_MOST of a stage."""
        if issue.photos.filter(stage=stage).count() + len(self.drawn) > PHOTOS_AT_MOST:
            raise RegisterRefused(_("每个阶段最多%(count)d张照片。") % {"count": PHOTOS_AT_MOST})
        for kind, content in self.drawn:
            self.write(IssuePhoto(issue=issue, stage=stage, added_by=by, added_at=now), kind, content)
        return len(self.drawn)

    def write(self, photo: IssuePhoto | ReceivedPhoto, kind: str, content: bytes) -> None:
        """The file under a name of ours, and the row."""
        photo.content_type, photo.byte_count, photo.sha256 = kind, len(content), hashlib.sha256(content).hexdigest()
        photo.file.save(uuid4().hex + (".jpg" if kind == JPEG else ".png"), ContentFile(content), save=False)
        self.kept.append(photo)
        photo.save()
