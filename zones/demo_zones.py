"""Invented ways of some of the demo's zones: a proposal, one at work, one that waits for acceptance, one accepted, one delisted."""
import io
from datetime import datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from geo.models import User
from zones import zone_cases as cases
from zones.models import RectificationZone
from zones.periods import day_of

TOWN = "640521100"
# How far each of the town's first zones comes; they begin as proposals.
ENDS = ("proposed", "listed", "rectifying", "reported", "accepted", "delisted")
DAYS_BACK = 230
S = RectificationZone.Status


def load(*, now: datetime) -> int:
    """Returns how many zones got a history. Runs inside the demo's own transaction."""
    town, county = (User.objects.get_by_natural_key(name) for name in ("town_ningan", "county"))
    rows = RectificationZone.objects.visible_to(town).order_by("source_key")
    chosen = list(rows[: len(ENDS)])
    blank = {"listed_on": None, "target_on": None, "delisted_on": None, "lead_unit": _("宁安镇政府"), "status": S.PROPOSED}
    blank |= {"created_at": now - timedelta(days=DAYS_BACK)}
    rows.filter(pk__in=[each.pk for each in chosen]).update(**blank)
    for zone, end in zip(chosen, ENDS, strict=False):
        zone.refresh_from_db()
        _bring(zone, end, town, county, now)
    return len(chosen)


def _bring(zone: RectificationZone, end: str, town: User, county: User, now: datetime) -> None:
    start = now - timedelta(days=DAYS_BACK)
    at = lambda days: start + timedelta(days=days)  # noqa: E731
    note = _("演示：现场核查。")
    cases.add_photos(zone, [_picture(False)], stage="before", by=town, now=start)
    cases.find(zone, {each.key: (each.key != "rising_incidents", note) for each in cases.items_for(zone)}, by=town, now=start)
    if end == S.PROPOSED:
        return
    cases.move(zone, S.LISTED, by=county, now=at(5), why=_("演示：符合挂牌标准。"), target_on=day_of(at(190)))
    if end == S.LISTED:
        return
    cases.move(zone, S.RECTIFYING, by=town, now=at(12))
    if end == S.RECTIFYING:
        return
    cases.add_photos(zone, [_picture(True)], stage="after", by=town, now=at(80))
    cases.move(zone, S.REPORTED, by=town, now=at(82), why=_("演示：照明和门禁改造完成。"))
    if end == S.REPORTED:
        return
    for to, day, why in ((S.ACCEPTED, 95, _("演示：验收标准全部符合。")), (S.DELISTED, 200, _("演示：巩固期内没有反弹。"))):
        cases.find(zone, {each.key: (True, note) for each in cases.items_for(zone)}, by=county, now=at(day))
        cases.move(zone, to, by=county, now=at(day), why=why)
        if end == to:
            return


def _picture(is_mended: bool) -> SimpleUploadedFile:
    """A lane with a lamp, dark or lit: drawn, so that nobody takes it for a photograph."""
    picture = Image.new("RGB", (480, 360), "#dbe6ec" if is_mended else "#9aa5ad")
    pen = ImageDraw.Draw(picture)
    pen.polygon(((200, 200), (280, 200), (470, 360), (10, 360)), fill="#b7bdb9" if is_mended else "#7f7a70")
    pen.rectangle((0, 120, 190, 260), fill="#a59a8a")
    pen.rectangle((290, 120, 480, 260), fill="#a59a8a")
    pen.rectangle((236, 70, 244, 210), fill="#3d4a53")
    pen.ellipse((218, 44, 262, 82), fill="#f5d469" if is_mended else "#5f686e")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return SimpleUploadedFile("demo.jpg", out.getvalue())
