"""The decision on a year's demonstration zones: drafted on a run, checked by another, signed by a third; signing designates the zones.

Moves and their history are those of geo.workflow; the plan's own state follows the decision's in the same transaction.
"""
import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.models import Decision, User
from geo.workflow import Move
from zones.bulletins import words as papers
from zones.models import Demonstration, PlanDecision, RectificationZone, ScenarioRun, YearPlan
from zones.periods import day_of
from zones.register_words import guarded
from zones.year_plans import decision_public, rights
from zones.year_plans.refusals import PlanRefused

S = PlanDecision.State
TEXT_AT_MOST, WHY_AT_MOST, PEOPLE_AT_MOST = 2000, 500, 10_000
HEAD = {"title": (120, gettext_lazy("标题")), "issuer": (60, gettext_lazy("发文机关")), "addressees": (200, gettext_lazy("主送"))}
TEXTS = {"reasons": gettext_lazy("选定理由"), "minority": gettext_lazy("不同意见")}


# Rights


def drafters(user: User, found: PlanDecision) -> bool:
    return rights.writers(user, found)


def officers(user: User, found: PlanDecision) -> bool:
    return user.role == User.Role.COUNTY_OFFICER and found.division_id == user.division_id


# What must hold before a move


def digest(run: ScenarioRun) -> str:
    """The same for the same inputs and result."""
    text = json.dumps([run.frozen, run.result], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _is_whole(found: PlanDecision, by: User) -> str:
    if by.pk in (found.drafted_by_id, found.edited_by_id):
        return _("起草或修改的人不能审核，请由另一人审核。")
    if found.met_on is None or found.people_count is None:
        return _("请先填写会议日期和参会人数。")
    if not found.reasons:
        return _("请先填写选定理由。")
    return _holds(found)


def _may_be_signed(found: PlanDecision, by: User) -> str:
    if by.pk == found.checked_by_id:
        return _("审核的人不能签发，请由另一人签发。")
    if by.pk in (found.drafted_by_id, found.edited_by_id):
        return _("起草或修改的人不能签发，请由另一人签发。")
    return _holds(found)


def _holds(found: PlanDecision) -> str:
    """Whether what it rests on is still so."""
    if digest(found.run) != found.run_sha256:
        return _("所依据的计算已经不是起草时的内容，请重新选择。")
    there = RectificationZone.objects.in_division(found.division_id).filter(pk__in=found.chosen).count()
    if there != len(found.chosen):
        return _("有选定的区域已从台账中删除，请重新计算和选择。")
    twice = Demonstration.objects.in_division(found.division_id).of_year(found.plan.year).filter(zone__in=found.chosen)
    return _("有选定的区域已是这一年度的示范区。") if twice.exists() else ""


workflow.register(
    PlanDecision,
    Move(S.DRAFT, S.CHECKED, gettext_lazy("审核通过"), may=officers, check=_is_whole),
    Move(S.CHECKED, S.SIGNED, gettext_lazy("签发"), may=officers, check=_may_be_signed),
    Move(S.CHECKED, S.DRAFT, gettext_lazy("退回修改"), may=officers, needs_reason=True),
)


# Reading


def choices(run: ScenarioRun) -> list[dict]:
    """What can be decided on: the best choice, those that are equal to it, and the near ones. `kind`: best, tie, alternative."""
    result = run.result
    if not result or not result["chosen"]:
        return []
    best = {"kind": "best", "chosen": result["chosen"], "loss": 0, "joined": [], "left": [], "cost": result["cost"]}
    ties = [{"kind": "tie", **each} for each in result["ties"]]
    return [best, *ties, *({"kind": "alternative", **each} for each in result["alternatives"])]


def of_plan(plan: YearPlan) -> PlanDecision | None:
    rows = PlanDecision.objects.everywhere("of a plan that was fetched through rights")
    return rows.filter(plan=plan).select_related("plan__division", "run__scenario").first()


# Doing


def draft(plan: YearPlan, run: ScenarioRun, number: int, *, by: User, now: datetime) -> PlanDecision:
    """A decision on one choice of a run; on a plan that has a draft already, the draft's choice in place of its former one."""
    if not rights.writers(by, plan):
        raise PermissionDenied
    if run.scenario.plan_id != plan.pk:
        raise PlanRefused(_("请选择这一年度的计算。"))
    if not run.scenario.is_shared:
        raise PlanRefused(_("请先共享这个方案：审核和签发的人要能看到它。"))
    found = choices(run)
    if not 0 <= number < len(found):
        raise PlanRefused(_("请选择一个组合。没有选出区域的计算不能作决定的依据。"))
    basis = {"run": run, "run_sha256": digest(run), "alternative": number, "chosen": found[number]["chosen"]}
    with transaction.atomic():
        held = PlanDecision.objects.everywhere("one of a plan").select_for_update(of=("self",)).filter(plan=plan).first()
        if held is None:
            try:
                with transaction.atomic():
                    return PlanDecision.objects.create(plan=plan, **basis, **_head(plan), drafted_at=now, drafted_by=by)
            except IntegrityError as faster:
                raise PlanRefused(_("别人刚刚起草过，请刷新页面。")) from faster
        _insist_draft(held)
        _save(held, **basis, edited_at=now, edited_by=by)
    return held


def _head(plan: YearPlan) -> dict:
    with translation.override(settings.LANGUAGE_CODE):
        name, code = plan.division.name, plan.division_id
        return {
            "title": f"{name}{plan.year}年度治安综合整治示范区决定", "issuer": papers.issuer(name, code),
            "addressees": papers.addressees(code), "is_invented": plan.is_invented,
        }  # fmt: skip


def edit(found: PlanDecision, typed: Mapping[str, str], *, met_on: date | None, people: int | None, by: User, now: datetime) -> bool:
    """Head, meeting, reasons and minority opinion, all or nothing. Gives whether anything is different now."""
    clean = {name: guarded(typed.get(name, ""), most, str(what), needed=True) for name, (most, what) in HEAD.items()}
    clean |= {name: guarded(typed.get(name, ""), TEXT_AT_MOST, str(what)) for name, what in TEXTS.items()}
    if met_on is not None and not (found.run.started_at.year <= met_on.year and met_on <= day_of(now)):
        raise PlanRefused(_("会议日期应是今天或以前、计算当年或以后的一天。"))
    if people is not None and not 1 <= people <= PEOPLE_AT_MOST:
        raise PlanRefused(_("参会人数应为1到%(most)d的整数，不登记姓名。") % {"most": PEOPLE_AT_MOST})
    clean |= {"met_on": met_on, "people_count": people}
    if not drafters(by, found):
        raise PermissionDenied
    with transaction.atomic():
        held = PlanDecision.objects.everywhere("fetched through rights before").select_for_update(of=("self",)).get(pk=found.pk)
        _insist_draft(held)
        changed = {name: value for name, value in clean.items() if getattr(held, name) != value}
        if changed:
            _save(held, **changed, edited_at=now, edited_by=by)
    found.refresh_from_db()
    return bool(changed)


def _insist_draft(held: PlanDecision) -> None:
    if held.state != S.DRAFT:
        raise PlanRefused(_("已审核或已签发的决定不能再改，请刷新页面。"))


def _save(held: PlanDecision, **fields) -> None:
    for name, value in fields.items():
        setattr(held, name, value)
    held.save(update_fields=list(fields))


def move(found: PlanDecision, to: str, *, by: User, now: datetime, why: str = "") -> Decision:
    """One step. Raises PermissionDenied, workflow.MoveRefused or PlanRefused. Signing designates the zones and tells the public."""
    why = guarded(why, WHY_AT_MOST, _("理由"))
    facts = {"checked_at": None, "checked_by": None} if to == S.DRAFT else {f"{to}_at": now, f"{to}_by": by}
    with transaction.atomic():
        done = workflow.move(found, to, by=by, now=now, why=why, **facts)
        YearPlan.objects.everywhere("the decision's own plan").filter(pk=found.plan_id).update(state=to)
        if to == S.SIGNED:
            _designate(found, now)
            decision_public.publish(found, now=now)
    return done


def _designate(found: PlanDecision, now: datetime) -> None:
    costs = {zone["pk"]: zone["cost"] for zone in found.run.frozen["zones"]}
    Demonstration.objects.bulk_create(
        Demonstration(
            zone_id=zone, year=found.plan.year, designated_on=day_of(now), budget=costs[zone], decision=found, is_invented=found.is_invented
        )
        for zone in found.chosen
    )
