"""Files handed in as evidence: checked, pictures re-encoded, kept outside what is served, given out through rights alone."""
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from geo import pictures
from geo.models import User
from geo.pictures import JPEG, PNG, NoPicture, PictureTooLarge
from zones import campaigns
from zones.campaigns import CampaignRefused
from zones.models import Candidate, EvidenceFile
from zones.models.handed_in import HandedIn

BYTES_AT_MOST = 8 * 1024 * 1024
FILES_AT_MOST = 5
PDF = "application/pdf"
SUFFIX = {JPEG: ".jpg", PNG: ".png", PDF: ".pdf"}
# What a PDF can do beyond being read. Names inside compressed objects are not seen: such a file is only ever given out as a download.
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)\b")
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Cleaned:
    name: str
    content_type: str
    content: bytes


def clean(upload: UploadedFile) -> Cleaned:
    """The file as it may be kept. Raises CampaignRefused with the reason."""
    name = _NOT_IN_NAMES.sub("_", PurePath(upload.name.replace("\\", "/")).name).strip(". ") or "file"
    name = campaigns.guarded(name[-120:], 120, _("文件名"))
    if upload.size > BYTES_AT_MOST:
        raise CampaignRefused(_("文件“%(name)s”超过%(mb)d MB。") % {"name": name, "mb": BYTES_AT_MOST // 1024**2})
    content = upload.read(BYTES_AT_MOST + 1)
    if content.startswith(b"%PDF-"):
        return Cleaned(name, PDF, _pdf(content, name))
    return Cleaned(name, *_picture(content, name))


def _pdf(content: bytes, name: str) -> bytes:
    end = content.rfind(b"%%EOF")
    if end < 0 or content[end + 5 :].strip(b"\r\n\x00 "):
        raise CampaignRefused(_("PDF“%(name)s”不完整或末尾带有其他内容，请重新导出。") % {"name": name})
    if _ACTIVE.search(content):
        raise CampaignRefused(_("PDF“%(name)s”含有脚本、附件或表单程序，请另存为普通PDF。") % {"name": name})
    return content


def _picture(content: bytes, name: str) -> tuple[str, bytes]:
    try:
        return pictures.redrawn(content)
    except PictureTooLarge as wrong:
        raise CampaignRefused(_("图片“%(name)s”超过5000万像素，请缩小后再传。") % {"name": name}) from wrong
    except NoPicture as wrong:
        raise CampaignRefused(_("“%(name)s”不是完好的 JPG、PNG 或 PDF 文件。") % {"name": name}) from wrong


def fill(kept: HandedIn, cleaned: Cleaned) -> None:
    """The row with what is known of the file, which is written under a name of ours. Saving the row is the caller's."""
    kept.name, kept.content_type, kept.byte_count = cleaned.name, cleaned.content_type, len(cleaned.content)
    kept.sha256 = hashlib.sha256(cleaned.content).hexdigest()
    kept.file.save(uuid4().hex + SUFFIX[cleaned.content_type], ContentFile(cleaned.content), save=False)


def add(candidate: Candidate, item: str, upload: UploadedFile, *, by: User, now: datetime) -> EvidenceFile:
    """Keep a file for an item of the self-check."""
    cleaned = clean(upload)
    with transaction.atomic():
        campaigns.hold(candidate, Candidate.State.NOMINATED, campaigns.writers, by)
        if item not in {each.key for each in campaigns.criteria_of(candidate.campaign).items}:
            raise CampaignRefused(_("标准里没有这个条目。"))
        if candidate.files.filter(item=item).count() >= FILES_AT_MOST:
            raise CampaignRefused(_("每个条目最多%(count)d个文件。") % {"count": FILES_AT_MOST})
        kept = EvidenceFile(candidate=candidate, item=item, added_by=by, added_at=now)
        fill(kept, cleaned)
        try:
            kept.save()
        except BaseException:
            kept.file.delete(save=False)
            raise
    return kept


def remove(kept: EvidenceFile, *, by: User) -> None:
    with transaction.atomic():
        campaigns.hold(kept.candidate, Candidate.State.NOMINATED, campaigns.writers, by)
        kept.delete()
        transaction.on_commit(lambda: kept.file.delete(save=False))
