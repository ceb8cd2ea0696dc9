"""R6: how a key-rectification zone moves: the town proposes and reports, the county lists, accepts, delists and lists again.

Moves and their history are those of geo.workflow, on the zone's own `status`; what was found of each criterion is kept by listing.
"""
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import uuid4

from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from geo import workflow
from geo.models import Decision, User
from geo.pictures import JPEG
from geo.workflow import Move
from zones import zone_figures
from zones.issue_photos import redrawn
from zones.models import RectificationZone, ZoneCriteria, ZoneFinding, ZonePhoto
from zones.periods import day_of
from zones.register_words import RegisterRefused, guarded
from zones.zone_criteria import Item, parse

S = RectificationZone.Status
STAGE_OF_STATUS = {S.PROPOSED: "listing", S.REPORTED: "acceptance", S.ACCEPTED: "delisting"}
WHY_AT_MOST, NOTE_AT_MOST, PHOTOS_AT_MOST = 500, 300, 12


class ZoneRefused(RegisterRefused):
    """Why something is not done, in words for the person; `faults` by item key where single findings are meant."""

    def __init__(self, text: str, faults: Mapping[str, str] | None = None):
        super().__init__(text)
        self.faults = dict(faults or {})


# Rights


def county_officers(user: User, zone: RectificationZone) -> bool:
    return user.role == User.Role.COUNTY_OFFICER and zone.division_id.startswith(user.division_id)


def town_officers(user: User, zone: RectificationZone) -> bool:
    return user.role == User.Role.TOWN_OFFICER and zone.division_id.startswith(user.division_id)


def writers(user: User, zone: RectificationZone) -> bool:
    return user.writes_business_data and zone.division_id.startswith(user.division_id)


def finders(user: User, zone: RectificationZone) -> bool:
    """Whoever may say now what is met: the territory's officers before listing, the county's after."""
    if zone.status == S.PROPOSED:
        return writers(user, zone)
    return zone.status in (S.REPORTED, S.ACCEPTED) and county_officers(user, zone) and not reported_it(zone, user)


# What must hold before a move


def criteria_of(zone: RectificationZone) -> ZoneCriteria:
    """A listing is judged to its end by the version that its first finding named; before that, by the newest.

    Raises DoesNotExist where none is loaded.
    """
    first = zone.findings.filter(round=round_of(zone)).select_related("criteria").first()
    return first.criteria if first else ZoneCriteria.objects.latest("valid_from", "pk")


def round_of(zone: RectificationZone) -> int:
    """1 for the first listing, one more for each time it was listed again."""
    return 1 + workflow.history(zone).filter(to_state=S.RELISTED).count()


def reported_it(zone: RectificationZone, user: User) -> bool:
    """Whether this person reported the work finished, the last time that somebody did."""
    last = workflow.history(zone).filter(to_state=S.REPORTED).last()
    return last is not None and last.decided_by_id == user.pk


def items_for(zone: RectificationZone) -> list[Item]:
    stage = STAGE_OF_STATUS.get(zone.status, "")
    return [each for each in parse(criteria_of(zone).items) if each.stage == stage]


def _unmet(zone: RectificationZone, stage: str) -> list[str]:
    found = dict(zone.findings.filter(round=round_of(zone)).values_list("item", "is_met"))
    return [shown(each) for each in parse(criteria_of(zone).items) if each.stage == stage and not found.get(each.key)]


def shown(item: Item) -> str:
    return item.text_en if item.text_en and (get_language() or "").startswith("en") else item.text


def _may_be_listed(zone: RectificationZone, _by: User) -> str:
    met = zone.findings.filter(round=round_of(zone), is_met=True).count()
    least = criteria_of(zone).listing_at_least
    if met < least:
        return _("挂牌至少要符合%(least)d条标准，现在%(met)d条。") % {"least": least, "met": met}
    return "" if zone.lead_unit else _("请先填写牵头单位。")


def _work_is_shown(zone: RectificationZone, _by: User) -> str:
    there = zone.photos.filter(round=round_of(zone), stage=ZonePhoto.Stage.AFTER).exists()
    return "" if there else _("请先上传整治后的照片。")


def _accepted_by_another(zone: RectificationZone, by: User) -> str:
    if reported_it(zone, by):
        return _("报告完工的人不能验收，请由另一人验收。")
    unmet = _unmet(zone, "acceptance")
    return _("验收标准还没有全部符合：%(items)s。") % {"items": "；".join(unmet)} if unmet else ""


def _may_be_delisted(zone: RectificationZone, by: User) -> str:
    unmet = _unmet(zone, "delisting")
    return _("摘牌标准还没有全部符合：%(items)s。") % {"items": "；".join(unmet)} if unmet else ""


workflow.register(
    RectificationZone,
    Move(S.PROPOSED, S.LISTED, gettext_lazy("挂牌"), may=county_officers, needs_reason=True, check=_may_be_listed),
    Move(S.PROPOSED, S.REFUSED, gettext_lazy("不予挂牌"), may=county_officers, needs_reason=True),
    Move(S.REFUSED, S.PROPOSED, gettext_lazy("重新提出"), may=writers, needs_reason=True),
    Move(S.LISTED, S.RECTIFYING, gettext_lazy("开始整治"), may=writers),
    Move(S.RELISTED, S.RECTIFYING, gettext_lazy("开始整治"), may=writers),
    Move(S.RECTIFYING, S.REPORTED, gettext_lazy("报告完工"), may=writers, needs_reason=True, check=_work_is_shown),
    Move(S.REPORTED, S.ACCEPTED, gettext_lazy("验收通过"), may=county_officers, needs_reason=True, check=_accepted_by_another),
    Move(S.REPORTED, S.RECTIFYING, gettext_lazy("退回整治"), may=county_officers, needs_reason=True),
    Move(S.ACCEPTED, S.DELISTED, gettext_lazy("摘牌"), may=county_officers, needs_reason=True, check=_may_be_delisted),
    Move(S.ACCEPTED, S.RELISTED, gettext_lazy("重新挂牌"), may=county_officers, needs_reason=True),
    Move(S.DELISTED, S.RELISTED, gettext_lazy("重新挂牌"), may=county_officers, needs_reason=True),
    field="status",
)
LISTING = (S.LISTED, S.RELISTED)


# Doing


def move(zone: RectificationZone, to: str, *, by: User, now: datetime, why: str = "", target_on: date | None = None) -> Decision:
    """One step. Raises PermissionDenied, workflow.MoveRefused or ZoneRefused with the reason. Listing needs its target day."""
    why, today = guarded(why, WHY_AT_MOST, _("理由")), day_of(now)
    facts: dict[str, object] = {"updated_at": now}
    if to in LISTING:
        if target_on is None or target_on <= today:
            raise ZoneRefused(_("请填写今天以后的整治期限。"))
        facts |= {"listed_on": today, "target_on": target_on, "delisted_on": None}
    if to == S.DELISTED:
        facts |= {"delisted_on": today}
    return workflow.move(zone, to, by=by, now=now, why=why, **facts)


def find(zone: RectificationZone, given: Mapping[str, tuple[bool | None, str]], *, by: User, now: datetime) -> int:
    """Store what was found of the stage's criteria, by item: met or not, and a note. All or nothing; None leaves an item as it is.

    Whoever says other than the system counted has to say why. Raises PermissionDenied or ZoneRefused.
    """
    if not finders(by, zone):
        raise PermissionDenied
    number = round_of(zone)
    items = {each.key: each for each in items_for(zone)}
    counted, criteria = zone_figures.measures(zone, now=now, round_number=number), criteria_of(zone)
    clean, faults = {}, {}
    for key, (is_met, note) in given.items():
        if key in items and is_met is not None:
            try:
                clean[key] = (is_met, _note(items[key], counted, is_met, note))
            except RegisterRefused as refused:
                faults[key] = str(refused)
    if faults:
        raise ZoneRefused(_("有条目没有填对，什么也没有保存。"), faults)
    with transaction.atomic():
        _hold(zone)
        for key, (is_met, note) in clean.items():
            facts = {"is_met": is_met, "note": note, "measured": counted.get(items[key].measure), "criteria": criteria}
            ZoneFinding.objects.update_or_create(
                zone=zone, round=number, item=key, defaults={**facts, "found_by": by, "found_at": now}
            )
    return len(clean)


def _note(item: Item, counted: Mapping[str, float | None], is_met: bool, note: str) -> str:
    note = guarded(note, NOTE_AT_MOST, _("说明"))
    if item.reached(counted.get(item.measure)) not in (None, is_met) and not note:
        raise ZoneRefused(_("与系统统计不一致，请说明理由。"))
    return note


def _hold(zone: RectificationZone) -> None:
    """Lock the zone for this transaction; refuse if it has moved on meanwhile."""
    held = RectificationZone.objects.everywhere("fetched through rights before").select_for_update().filter(pk=zone.pk, status=zone.status)
    if not held.exists():
        raise ZoneRefused(_("现在的状态不能这样办理，请刷新页面。"))


def add_photos(zone: RectificationZone, uploads: Sequence[UploadedFile], *, stage: str, by: User, now: datetime) -> int:
    """Keep pictures of before or after, drawn anew. All or none. Raises PermissionDenied or ZoneRefused."""
    if not writers(by, zone):
        raise PermissionDenied
    if stage not in ZonePhoto.Stage.values or not uploads:
        raise ZoneRefused(_("请选择照片和阶段。"))
    number, drawn, kept = round_of(zone), [redrawn(each) for each in uploads], []
    try:
        with transaction.atomic():
            _hold(zone)
            if zone.photos.filter(round=number, stage=stage).count() + len(drawn) > PHOTOS_AT_MOST:
                raise ZoneRefused(_("每个阶段最多%(count)d张照片。") % {"count": PHOTOS_AT_MOST})
            for content_type, content in drawn:
                photo = ZonePhoto(zone=zone, round=number, stage=stage, content_type=content_type, added_by=by, added_at=now)
                photo.byte_count, photo.sha256 = len(content), hashlib.sha256(content).hexdigest()
                photo.file.save(uuid4().hex + (".jpg" if content_type == JPEG else ".png"), ContentFile(content), save=False)
                kept.append(photo)
                photo.save()
        return len(drawn)
    except BaseException:
        for each in kept:
            each.file.delete(save=False)
        raise
