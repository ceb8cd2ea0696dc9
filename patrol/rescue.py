"""The file of a phone that could not send: each submission goes through the one door as its device, photos behind it."""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from geo.models import User
from patrol import devices, intake, photos
from patrol.envelope import NotJson, Unacceptable
from patrol.models import Device
from patrol.photos import Told

BYTES_AT_MOST = 60 * 1024 * 1024
ITEMS_AT_MOST = 5000


class RescueRefused(ValueError):
    """Not such a file, or not for this reader; nothing was taken."""


@dataclass
class Rescued:
    """What became of each item."""

    stored: int = 0
    there_already: int = 0
    photos: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def take(upload: UploadedFile | None, *, by: User, now: datetime) -> Rescued:
    """Raises RescueRefused. One item that will never be taken does not keep the others."""
    content = _content(upload)
    device = devices.seen_by(by).filter(pk=content["device_id"]).first()
    if device is None:
        raise RescueRefused(_("找不到这个文件所属的终端，或它不在您的辖区。"))
    told = Rescued()
    for item in sorted(content["items"], key=lambda one: one.get("kind") == "photo"):
        try:
            if item.get("kind") == "photo":
                _take_photo(item, device, now)
                told.photos += 1
            else:
                receipt = intake.receive(device=device, raw=item["body"].encode(), now=now)
                told.stored += receipt.is_new
                told.there_already += not receipt.is_new
        except (Unacceptable, NotJson, intake.Conflict) as refused:
            reasons = [one["message"] for one in refused.detail] if isinstance(refused, Unacceptable) else [_("内容不同或无法识别。")]
            told.refused.append((str(item.get("id", ""))[:40], "；".join(reasons)))
        except (KeyError, TypeError, ValueError, AttributeError):
            told.refused.append((str(item.get("id", ""))[:40], _("内容不完整。")))
    return told


def _content(upload: UploadedFile | None) -> dict:
    if upload is None:
        raise RescueRefused(_("请选择手机导出的文件。"))
    if upload.size > BYTES_AT_MOST:
        raise RescueRefused(_("文件超过%(mb)d MB。") % {"mb": BYTES_AT_MOST // 1024**2})
    try:
        content = orjson.loads(upload.read())
    except orjson.JSONDecodeError as fault:
        raise RescueRefused(_("不是手机页面导出的文件。")) from fault
    is_ours = isinstance(content, dict) and content.get("siwu_rescue") == 1 and isinstance(content.get("items"), list)
    if not is_ours or not isinstance(content.get("device_id"), int) or not all(isinstance(one, dict) for one in content["items"]):
        raise RescueRefused(_("不是手机页面导出的文件。"))
    if len(content["items"]) > ITEMS_AT_MOST:
        raise RescueRefused(_("一个文件最多%(count)d条。") % {"count": ITEMS_AT_MOST})
    return content


def _take_photo(item: dict, device: Device, now: datetime) -> None:
    try:
        data = base64.b64decode(item["data"], validate=True)
    except binascii.Error as fault:
        raise ValueError from fault
    told = Told(UUID(item["id"]), UUID(item["submission_id"]), str(item.get("name", ""))[:255], str(item["sha256"]), len(data))
    photo, _is_new = photos.begin(told, device=device, now=now)
    if photo.completed_at is None:
        photos.add(photo.pk, data[photo.offset :], offset=photo.offset, checksum=None, device=device, now=now)
