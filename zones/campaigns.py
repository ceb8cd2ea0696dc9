"""R8: what people do in a campaign for safe schools, communities, offices and villages, and who may do it.

A town nominates and reports, the town's officers give their opinion, the county checks and decides. Moves, their reasons
and their history are those of geo.workflow.
"""
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction
from django.db.models.functions import Right
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import pii, workflow
from geo.models import Decision, Division, DivisionOutline, Premises, User
from geo.workflow import Move
from zones import campaign_criteria
from zones.campaign_criteria import Criteria, Item, Score
from zones.models import Answer, Campaign, CampaignCriteria, CampaignKind, Candidate
from zones.periods import day_of

NAME_AT_MOST, TEXT_AT_MOST, NOTE_AT_MOST, REASON_AT_MOST = 120, 2000, 300, 500
# The code of the default kind of premises that a safe-school campaign is about (fixtures/place_kinds.json).
SCHOOL_KIND = "school"
# GB/T 10114 as the statistics use it: the last three digits of a residents' committee and of a villagers' committee.
COMMITTEES = {CampaignKind.COMMUNITY: ("001", "199"), CampaignKind.VILLAGE: ("200", "399")}


class CampaignRefused(ValueError):
    """Why something is not done, in words for the person; `faults` by item key where single answers are meant."""

    def __init__(self, text: str, faults: Mapping[str, str] | None = None):
        super().__init__(text)
        self.faults = dict(faults or {})


@dataclass(frozen=True)
class Given:
    """One item of a self-check as it was typed."""

    claimed: int | None
    text: str = ""
    number: int | None = None


# Rights


def _inside(user: User, obj) -> bool:
    return obj.division_id.startswith(user.division_id)


def county_officers(user: User, obj) -> bool:
    return user.role == User.Role.COUNTY_OFFICER and _inside(user, obj)


def town_officers(user: User, candidate: Candidate) -> bool:
    return user.role == User.Role.TOWN_OFFICER and _inside(user, candidate)


def writers(user: User, candidate: Candidate) -> bool:
    return user.writes_business_data and _inside(user, candidate)


# What must hold before a move


def _campaign_runs(candidate: Candidate, _by: User) -> str:
    return "" if candidate.campaign.state == Campaign.State.OPEN else _("这次创建活动没有在进行，不能办理。")


def _self_check_is_whole(candidate: Candidate, by: User) -> str:
    if reason := _campaign_runs(candidate, by):
        return reason
    open_items = unanswered(candidate)
    return _("自查还缺：%(items)s。") % {"items": "；".join(item.text for item in open_items)} if open_items else ""


def _checked_by_another(candidate: Candidate, by: User) -> str:
    if reason := _campaign_runs(candidate, by):
        return reason
    if by.pk == candidate.nominated_by_id:
        return _("申报人不能核查自己申报的单位，请由另一人核查。")
    missing = found_score(candidate).missing
    return _("还有%(count)d个条目没有核查结果。") % {"count": len(missing)} if missing else ""


def _reaches_the_line(candidate: Candidate, by: User) -> str:
    if reason := _checked_by_another(candidate, by):
        return reason
    found, criteria = found_score(candidate), criteria_of(candidate.campaign)
    if found.below:
        return _("有条目低于最低要求：%(items)s。") % {"items": "；".join(item.text for item in found.below)}
    if not found.passes:
        return _("核查得分%(points)d分，不到%(line)d分，不能命名。") % {"points": found.points, "line": criteria.pass_points}
    return ""


def _nobody_waits(campaign: Campaign, _by: User) -> str:
    waiting = Candidate.objects.everywhere("a campaign is finished as a whole").filter(campaign=campaign, state__in=UNDECIDED).count()
    return _("还有%(count)d个单位没有办结，不能结束。") % {"count": waiting} if waiting else ""


S = Candidate.State
UNDECIDED = (S.NOMINATED, S.REPORTED, S.RECOMMENDED, S.CHECKED)
workflow.register(
    Campaign,
    Move("draft", "open", gettext_lazy("开始申报"), may=county_officers),
    Move("open", "finished", gettext_lazy("结束活动"), may=county_officers, check=_nobody_waits),
)
workflow.register(
    Candidate,
    Move(S.NOMINATED, S.REPORTED, gettext_lazy("上报乡镇审核"), may=writers, check=_self_check_is_whole),
    Move(S.REPORTED, S.RECOMMENDED, gettext_lazy("乡镇推荐"), may=town_officers, needs_reason=True, check=_campaign_runs),
    Move(S.REPORTED, S.NOMINATED, gettext_lazy("乡镇退回补充"), may=town_officers, needs_reason=True, check=_campaign_runs),
    Move(S.RECOMMENDED, S.CHECKED, gettext_lazy("核查完成"), may=county_officers, check=_checked_by_another),
    Move(S.RECOMMENDED, S.NOMINATED, gettext_lazy("县级退回补正"), may=county_officers, needs_reason=True, check=_campaign_runs),
    Move(S.CHECKED, S.AWARDED, gettext_lazy("命名"), may=county_officers, needs_reason=True, check=_reaches_the_line),
    Move(S.CHECKED, S.DECLINED, gettext_lazy("不予命名"), may=county_officers, needs_reason=True, check=_campaign_runs),
    *(Move(state, S.WITHDRAWN, gettext_lazy("撤回申报"), may=writers, needs_reason=True, check=_campaign_runs) for state in UNDECIDED[:3]),
    Move(S.AWARDED, S.REVOKED, gettext_lazy("撤销命名"), may=county_officers, needs_reason=True),
)


# Reading


def criteria_of(campaign: Campaign) -> Criteria:
    return campaign_criteria.parse(campaign.criteria.criteria)


def claimed_score(candidate: Candidate) -> Score:
    return campaign_criteria.score(criteria_of(candidate.campaign), {each.item: each.claimed for each in candidate.answers.all()})


def found_score(candidate: Candidate) -> Score:
    return campaign_criteria.score(criteria_of(candidate.campaign), {each.item: each.found for each in candidate.answers.all()})


def unanswered(candidate: Candidate) -> list[Item]:
    """Items without a value or without a piece of evidence that the criteria ask for."""
    answers = {each.item: each for each in candidate.answers.all()}
    with_file = set(candidate.files.values_list("item", flat=True))

    def is_whole(item: Item) -> bool:
        given = answers.get(item.key)
        there = {"text": given and given.text, "number": given and given.number is not None, "file": item.key in with_file}
        return given is not None and given.claimed is not None and all(there[kind] for kind in item.evidence)

    return [item for item in criteria_of(candidate.campaign).items if not is_whole(item)]


def is_late(campaign: Campaign, *, now: datetime) -> bool:
    return day_of(now) > campaign.closes_on


def next_award_number(candidate: Candidate) -> str:
    """A proposal: the county's officer may write another."""
    campaign = candidate.campaign
    given = Candidate.objects.everywhere("numbers run through the county").filter(campaign=campaign).exclude(award_number="").count()
    with translation.override(settings.LANGUAGE_CODE):  # a document's number, whatever language its writer reads
        return f"{campaign.division.name}{campaign.get_kind_display()}〔{campaign.year}〕{given + 1}号"


def may_be_nominated(campaign: Campaign, user: User):
    """Rows that a user can choose from: schools, or villages' committees of the kind; None where a name and point are typed."""
    taken = Candidate.objects.everywhere("nobody is nominated twice").filter(campaign=campaign)
    if campaign.kind == CampaignKind.SCHOOL:
        schools = Premises.objects.visible_to(user).in_division(campaign.division_id).filter(kind=SCHOOL_KIND)
        return schools.exclude(pk__in=taken.exclude(premises=None).values("premises")).order_by("division_id", "name")
    if campaign.kind in COMMITTEES:
        first, last = COMMITTEES[campaign.kind]
        villages = Division.objects.at_level(Division.Level.VILLAGE).in_division(campaign.division_id).in_division(user.division_id)
        villages = villages.annotate(number=Right("code", 3)).filter(number__range=(first, last))
        return villages.exclude(pk__in=taken.exclude(subject=None).values("subject"))
    return None


# Doing


def create(
    *, kind: str, year: int, closes_on: date, award_year_count: int, criteria: CampaignCriteria, by: User, is_invented: bool = False
) -> Campaign:
    if by.role != User.Role.COUNTY_OFFICER:
        raise CampaignRefused(_("创建活动由县级民警建立。"))
    if criteria.kind != kind:
        raise CampaignRefused(_("所选标准不是这一类的标准。"))
    if not date(year, 1, 1) <= closes_on <= date(year, 12, 31):
        raise CampaignRefused(_("申报截止日期应在%(year)d年内。") % {"year": year})
    try:
        with transaction.atomic():
            return Campaign.objects.create(
                kind=kind, year=year, closes_on=closes_on, award_year_count=award_year_count, criteria=criteria,
                division_id=by.division_id, created_by=by, is_invented=is_invented,
            )  # fmt: skip
    except IntegrityError as twice:
        raise CampaignRefused(_("%(year)d年度的这类活动已经建立。") % {"year": year}) from twice


def nominate(
    campaign: Campaign, *, premises: Premises | None = None, subject: Division | None = None, name: str = "", point: Point | None = None,
    by: User, now: datetime,
) -> Candidate:  # fmt: skip
    """The thing named lies in the nominator's territory: a school's row, a division, or an office's name and point (EPSG:4326)."""
    if not by.writes_business_data:
        raise CampaignRefused(_("只有县级和乡镇民警可以申报。"))
    if campaign.state != Campaign.State.OPEN:
        raise CampaignRefused(_("这次创建活动没有在进行，不能办理。"))
    _refuse_late(campaign, now)
    name, division_id, point = _thing(premises, subject, name, point, day_of(now))
    if not division_id.startswith(by.division_id) or not division_id.startswith(campaign.division_id):
        raise CampaignRefused(_("这个单位不在您的辖区内。"))
    try:
        with transaction.atomic():
            return Candidate.objects.create(
                campaign=campaign, name=name, division_id=division_id, premises=premises, subject=subject, geom=point,
                nominated_by=by, nominated_at=now,
            )  # fmt: skip
    except IntegrityError as twice:
        raise CampaignRefused(_("“%(name)s”已在本次活动中申报。") % {"name": name}) from twice


def _thing(premises: Premises | None, subject: Division | None, name: str, point: Point | None, on: date) -> tuple[str, str, Point]:
    if premises is not None:
        return premises.name, premises.division_id, premises.geom
    if subject is not None:
        outline = DivisionOutline.objects.in_force(on).filter(division=subject).first()
        place = subject.seat or (outline and outline.geom.point_on_surface)
        if place is None:
            raise CampaignRefused(_("“%(name)s”没有驻地坐标，也没有轮廓，不能上图。") % {"name": subject.name})
        return subject.name, subject.code, place
    name = guarded(name, NAME_AT_MOST, _("名称"))
    if not name or point is None:
        raise CampaignRefused(_("请填写单位名称和位置。"))
    place = Division.objects.covering(point, on=on).first()
    if place is None:
        raise CampaignRefused(_("这个位置不在任何行政区划内，请检查经度和纬度。"))
    return name, place.code, point


def _refuse_late(campaign: Campaign, now: datetime) -> None:
    if is_late(campaign, now=now):
        raise CampaignRefused(_("申报已于%(day)s截止，不再受理。") % {"day": campaign.closes_on.isoformat()})


def guarded(text: str, longest: int, what: str) -> str:
    """Free text as it is stored; refuses what is too long or looks like a person's number."""
    text = text.replace("\x00", "").strip()
    if len(text) > longest:
        raise CampaignRefused(_("%(what)s最多%(count)d个字。") % {"what": what, "count": longest})
    if found := pii.find(text):
        raise CampaignRefused(_("%(what)s中“%(text)s”像是个人号码，请删去。") % {"what": what, "text": text[found[0].start : found[0].end]})
    return text


def answer(candidate: Candidate, given: Mapping[str, Given], *, by: User, now: datetime) -> None:
    """Store a self-check, whole or in part. All or nothing; `faults` of the refusal say which items are wrong.

    An answer that changes loses what the county had found of it.
    """
    with transaction.atomic():
        hold(candidate, S.NOMINATED, writers, by)
        items = {item.key: item for item in criteria_of(candidate.campaign).items}
        clean, faults = {}, {}
        for key, one in given.items():
            try:
                clean[key] = _cleaned(items[key], one)
            except CampaignRefused as refused:
                faults[key] = str(refused)
        if faults:
            raise CampaignRefused(_("有条目没有填对，什么也没有保存。"), faults)
        before = {each.item: each for each in candidate.answers.all()}
        for key, one in clean.items():
            old = before.get(key)
            if old is None or Given(old.claimed, old.text, old.number) != one:
                values = {**vars(one), "answered_by": by, "answered_at": now, "found": None, "found_by": None, "found_at": None, "note": ""}
                Answer.objects.update_or_create(candidate=candidate, item=key, defaults=values)


def _cleaned(item: Item, one: Given) -> Given:
    _within(item, one.claimed)
    if one.number is not None and not 0 <= one.number <= 2_000_000_000:
        raise CampaignRefused(_("数量应为0以上的整数。"))
    return Given(one.claimed, guarded(one.text, TEXT_AT_MOST, _("说明")), one.number)


def _within(item: Item, value: int | None) -> None:
    if value is not None and not 0 <= value <= item.largest:
        raise CampaignRefused(_("应为0到%(largest)d的整数。") % {"largest": item.largest})


def check(candidate: Candidate, findings: Mapping[str, tuple[int | None, str]], *, by: User, now: datetime) -> None:
    """Store what the county found, by item: value and note. All or nothing; an item without a value is left as it is."""
    with transaction.atomic():
        hold(candidate, S.RECOMMENDED, county_officers, by)
        if by.pk == candidate.nominated_by_id:
            raise CampaignRefused(_("申报人不能核查自己申报的单位，请由另一人核查。"))
        items, faults = {item.key: item for item in criteria_of(candidate.campaign).items}, {}
        answers = {each.item: each for each in candidate.answers.all()}
        for key, (value, note) in findings.items():
            try:
                _within(items[key], value)
                note = guarded(note, NOTE_AT_MOST, _("核查说明"))
                if value is not None:
                    _find(answers.get(key), value, note, by, now)
            except CampaignRefused as refused:
                faults[key] = str(refused)
        if faults:
            raise CampaignRefused(_("有条目没有填对，什么也没有保存。"), faults)


def _find(one: Answer | None, value: int, note: str, by: User, now: datetime) -> None:
    if one is None:
        raise CampaignRefused(_("这个条目没有自查，不能核查。"))
    if one.answered_by_id == by.pk:
        raise CampaignRefused(_("填报人不能核查自己填的条目。"))
    one.found, one.note, one.found_by, one.found_at = value, note, by, now
    one.save(update_fields=["found", "note", "found_by", "found_at"])


def hold(candidate: Candidate, state: str, may, by: User) -> None:
    """Lock the candidate for this transaction; refuse if it has moved on or the person has no right."""
    held = Candidate.objects.everywhere("fetched through rights before").select_for_update().filter(pk=candidate.pk, state=state)
    if not held.exists():
        raise CampaignRefused(_("现在的状态不能这样办理，请刷新页面。"))
    if not may(by, candidate):
        raise CampaignRefused(_("您没有办理这一步的权限。"))
    if reason := _campaign_runs(candidate, by):
        raise CampaignRefused(reason)


def move(candidate: Candidate, to: str, *, by: User, now: datetime, why: str = "", award_number: str = "") -> Decision:
    """One step of a candidate. Raises PermissionDenied, workflow.MoveRefused or CampaignRefused with the reason."""
    why = guarded(why, REASON_AT_MOST, _("理由"))
    if to == S.REPORTED and not workflow.history(candidate).filter(to_state=S.REPORTED).exists():
        _refuse_late(candidate.campaign, now)
    facts = {}
    if to == S.AWARDED:
        number = guarded(award_number, 40, _("命名编号"))
        if not number:
            raise CampaignRefused(_("请填写命名编号。"))
        today, years = day_of(now), candidate.campaign.award_year_count
        facts = {"award_number": number, "awarded_on": today, "valid_until_year": candidate.campaign.year + years}
    try:
        with transaction.atomic():
            return workflow.move(candidate, to, by=by, now=now, why=why, **facts)
    except IntegrityError as twice:
        raise CampaignRefused(_("命名编号“%(number)s”已经用过。") % {"number": award_number}) from twice
