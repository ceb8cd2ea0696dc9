"""What people do with a year's plan: open it, bring own figures, keep scenarios with their weights and demands, share them."""
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from geo.models import User
from zones.models import OwnFigure, OwnIndicator, PlanCriteria, PlanDecision, Scenario, YearPlan
from zones.periods import day_of
from zones.register_words import guarded
from zones.year_plans import rights, wishes
from zones.year_plans.freezing import criteria_of
from zones.year_plans.refusals import PlanRefused

NAME_AT_MOST, SOURCE_AT_MOST, UNIT_AT_MOST = 30, 120, 10
OPINIONS_AT_MOST, DEMANDS_AT_MOST, OWN_AT_MOST, SCENARIOS_AT_MOST = 12, 200, 12, 40


def open_plan(*, year: int, by: User, now: datetime, is_invented: bool = False) -> YearPlan:
    """The year's plan of the planner's county, by the indicators in force."""
    if not rights.writers(by):
        raise PermissionDenied
    try:
        criteria = PlanCriteria.objects.in_force(day_of(now))
    except PlanCriteria.DoesNotExist as none:
        raise PlanRefused(_("还没有施行的遴选指标。")) from none
    try:
        with transaction.atomic():
            return YearPlan.objects.create(
                division_id=by.division_id, year=year, criteria=criteria, created_at=now, created_by=by, is_invented=is_invented
            )
    except IntegrityError as twice:
        raise PlanRefused(_("%(year)d年度的遴选已经建立。") % {"year": year}) from twice


def open_scenario(plan: YearPlan, *, name: str, by: User, now: datetime, like: Scenario | None = None) -> Scenario:
    """A new scenario: with our default weights, or with what another one says."""
    _may_write(plan, plan, by)
    name = guarded(name, NAME_AT_MOST, _("名称"), needed=True)
    if plan.scenarios.everywhere("counted only").count() >= SCENARIOS_AT_MOST:
        raise PlanRefused(_("一个年度最多%(count)d个方案。") % {"count": SCENARIOS_AT_MOST})
    document = like.document if like else wishes.beginning(criteria_of(plan))
    facts = {"seed": like.seed} if like else {}
    try:
        with transaction.atomic():
            return Scenario.objects.create(
                plan=plan, name=name, document=document, created_at=now, created_by=by, edited_at=now, **facts
            )
    except IntegrityError as twice:
        raise PlanRefused(_("已有同名的方案。")) from twice


def write_opinion(scenario: Scenario, said: dict, *, place: int | None, keys: Sequence[str], by: User, now: datetime) -> None:
    """One stakeholder's weights, new or in place of the one at `place`."""
    said = said | {"stakeholder": guarded(said["stakeholder"], NAME_AT_MOST, _("评价方"), needed=True)}
    wishes.refuse_opinion(said, keys)
    with _edited(scenario, by, now) as held:
        opinions = list(held.document["opinions"])
        others = [each["stakeholder"] for number, each in enumerate(opinions) if number != place]
        if said["stakeholder"] in others:
            raise PlanRefused(_("已有同名的评价方。"))
        if place is None:
            if len(opinions) >= OPINIONS_AT_MOST:
                raise PlanRefused(_("最多%(count)d个评价方。") % {"count": OPINIONS_AT_MOST})
            opinions.append(said)
        else:
            opinions[place] = said
        held.document = held.document | {"opinions": opinions}


def drop_opinion(scenario: Scenario, place: int, *, by: User, now: datetime) -> None:
    with _edited(scenario, by, now) as held:
        opinions = list(held.document["opinions"])
        if not 0 <= place < len(opinions):
            raise PlanRefused(_("这一评价方已经删除，请刷新页面。"))
        if len(opinions) == 1:
            raise PlanRefused(_("至少保留一个评价方。"))
        del opinions[place]
        held.document = held.document | {"opinions": opinions}


def write_limits(scenario: Scenario, said: Mapping, *, by: User, now: datetime) -> None:
    """What the demands' form says: `demands` without those about zones, and bonus, draws, spread, alternatives, seed."""
    with _edited(scenario, by, now) as held:
        about_zones = [each for each in held.document["demands"] if each["code"] in wishes.OF_ZONES]
        parts = {name: said[name] for name in ("bonus", "draws", "spread", "alternatives")}
        held.document = held.document | parts | {"demands": [*said["demands"], *about_zones]}
        held.seed = said["seed"]


def add_demand(scenario: Scenario, code: str, about: Sequence[int], *, by: User, now: datetime) -> None:
    """A demand about one zone or a pair."""
    if wishes.OF_ZONES.get(code) != len(about):
        raise PlanRefused(_("请选择要求和区域。"))
    if len(set(about)) < len(about):
        raise PlanRefused(_("一对区域应是两个不同的区域。"))
    demand = {"code": code, "limit": None, "about": list(about)}
    with _edited(scenario, by, now) as held:
        demands = held.document["demands"]
        if demand in demands:
            raise PlanRefused(_("已有这条要求。"))
        if len(demands) >= DEMANDS_AT_MOST:
            raise PlanRefused(_("最多%(count)d条要求。") % {"count": DEMANDS_AT_MOST})
        held.document = held.document | {"demands": [*demands, demand]}


def drop_demand(scenario: Scenario, demand: Mapping, *, by: User, now: datetime) -> None:
    with _edited(scenario, by, now) as held:
        kept = [each for each in held.document["demands"] if (each["code"], each["about"]) != (demand["code"], demand["about"])]
        held.document = held.document | {"demands": kept}


def rename(scenario: Scenario, name: str, *, by: User, now: datetime) -> None:
    name = guarded(name, NAME_AT_MOST, _("名称"), needed=True)
    try:
        with _edited(scenario, by, now) as held:
            _refuse_cited(held)
            held.name = name
    except IntegrityError as twice:
        raise PlanRefused(_("已有同名的方案。")) from twice


def drop_scenario(scenario: Scenario, *, by: User) -> None:
    """With everything that was computed for it; what a decision stands on is kept."""
    with transaction.atomic():
        held = _held(scenario, by)
        _refuse_cited(held)
        if held.runs.everywhere("of one scenario").computing().exists():
            raise PlanRefused(_("这个方案正在计算，请等它结束或先取消。"))
        held.delete()


def is_cited(scenario: Scenario) -> bool:
    """A decision, drafted or signed, stands on one of its runs and names it."""
    return PlanDecision.objects.everywhere("of a scenario that the reader may see").filter(run__scenario=scenario).exists()


def _refuse_cited(scenario: Scenario) -> None:
    if is_cited(scenario):
        raise PlanRefused(_("示范区决定以这个方案为依据，不能再改名或删除。"))


def share(scenario: Scenario, shared: bool, *, by: User, now: datetime) -> None:
    with _edited(scenario, by, now) as held:
        held.is_shared = shared


@contextmanager
def _edited(scenario: Scenario, by: User, now: datetime) -> Iterator[Scenario]:
    """The locked row, kept as it is changed."""
    with transaction.atomic():
        held = _held(scenario, by)
        yield held
        held.edited_at = now
        held.save(update_fields=["name", "document", "seed", "is_shared", "edited_at"])
    scenario.refresh_from_db()


def _held(scenario: Scenario, by: User) -> Scenario:
    """The locked row. Only its own planner edits a scenario."""
    _may_write(scenario, scenario.plan, by)
    if scenario.created_by_id != by.pk:
        raise PermissionDenied
    return Scenario.objects.everywhere("fetched through rights before").select_for_update().get(pk=scenario.pk)


def _may_write(obj, plan: YearPlan, by: User) -> None:
    if not rights.writers(by, obj):
        raise PermissionDenied
    if plan.state != YearPlan.State.DRAFT:
        raise PlanRefused(_("这一年度的遴选已经审核，不能再改。"))


def load_own(
    plan: YearPlan, *, key: str, name: str, unit: str, direction: str, low: float, high: float, source: str, as_of: date,
    figures: Mapping[int, float], by: User, now: datetime,
) -> OwnIndicator:  # fmt: skip
    """An own indicator with its figures by zone, whole: what it had before is replaced."""
    _may_write(plan, plan, by)
    facts = {
        "name": guarded(name, NAME_AT_MOST, _("名称"), needed=True), "unit": guarded(unit, UNIT_AT_MOST, _("单位")), "direction": direction,
        "low": low, "high": high, "source": guarded(source, SOURCE_AT_MOST, _("来源"), needed=True), "as_of": as_of, "loaded_at": now,
        "loaded_by": by,
    }  # fmt: skip
    if not low < high:
        raise PlanRefused(_("参考下限应小于上限。"), {"low": _("应小于参考上限。")})
    with transaction.atomic():
        YearPlan.objects.everywhere("fetched through rights before").select_for_update().get(pk=plan.pk)
        known = set(plan.own_indicators.values_list("key", flat=True))
        key = key or next(f"own{number}" for number in range(1, OWN_AT_MOST + 2) if f"own{number}" not in known)
        if key not in known and len(known) >= OWN_AT_MOST:
            raise PlanRefused(_("最多%(count)d个自有指标。") % {"count": OWN_AT_MOST})
        made, _is_new = OwnIndicator.objects.update_or_create(plan=plan, key=key, defaults=facts)
        made.figures.all().delete()
        OwnFigure.objects.bulk_create(OwnFigure(indicator=made, zone_id=zone, value=value) for zone, value in figures.items())
    return made


def drop_own(own: OwnIndicator, *, by: User) -> None:
    _may_write(own.plan, own.plan, by)
    own.delete()


