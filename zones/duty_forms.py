"""What people type into a duty's page, as it came, and how it is stored."""
from collections.abc import Mapping
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from geo.models import User
from zones import duties
from zones.duties import Counts, DutyRefused
from zones.models import Duty
from zones.register_forms import photos_of


class ReportTyped:
    """The report that a duty is done; `words` is what the page shows again after a refusal."""

    def __init__(self, request: HttpRequest):
        self.words = {name: request.POST.get(name, "") for name in ("note", "found", "settled")}
        self.request = request

    def store(self, duty: Duty, *, by: User, now: datetime) -> None:
        counts = Counts(_number(self.words["found"]), _number(self.words["settled"]))
        duties.finish(duty, note=self.words["note"], counts=counts, photos=photos_of(self.request), by=by, now=now)


class ReasonTyped:
    def __init__(self, data: Mapping[str, str]):
        self.words = {"reason": data.get("reason", "")}

    def store(self, duty: Duty, *, by: User, now: datetime) -> None:
        duties.explain(duty, reason=self.words["reason"], by=by, now=now)


class TakeBackTyped:
    def __init__(self, data: Mapping[str, str]):
        self.words = {"why": data.get("why", "")}

    def store(self, duty: Duty, *, by: User, now: datetime) -> None:
        duties.take_back(duty, why=self.words["why"], by=by, now=now)


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise DutyRefused(_("数量应为0以上的整数。"))
    return int(text)
