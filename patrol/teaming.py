"""The verbs on teams, their dated members, and the templates of shifts. Each is one transaction and asks who may."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from geo.editing.values import guard
from geo.models import Division, User
from patrol import roster
from patrol.models import Membership, Shift, ShiftTemplate, Team
from patrol.planning import PlanRefused, insist

# Who stands in a roster. Planners and administrators do not patrol.
CREW_ROLES = (User.Role.PATROL_MEMBER, User.Role.TOWN_OFFICER, User.Role.COUNTY_OFFICER, User.Role.VILLAGE_CADRE)


def people_for(team: Team) -> list[User]:
    """Accounts of the team's own territory that may become members."""
    return list(User.objects.filter(division__code__startswith=team.division_id, role__in=CREW_ROLES, is_active=True).order_by("username"))


def _clean(text: str) -> str:
    try:
        guard(text)
    except ValidationError as problem:
        raise PlanRefused(" ".join(problem.messages)) from problem
    if not text.strip():
        raise PlanRefused(_("请填写名称。"))
    return text.strip()


def form_team(
    *, name: str, kind: str, division: Division, is_round_the_clock: bool, formed_on: date, by: User, is_invented: bool = False
) -> Team:
    insist(by, division.pk)
    made = Team(
        name=_clean(name), kind=kind, division=division, is_round_the_clock=is_round_the_clock, formed_on=formed_on, is_invented=is_invented
    )  # fmt: skip
    return _saved_team(made)


def change_team(team: Team, *, name: str, is_round_the_clock: bool, dissolved_on: date | None, by: User) -> Team:
    """Kind, unit and first day stay: another unit's team is another team."""
    insist(by, team.division_id)
    if dissolved_on and dissolved_on <= team.formed_on:
        raise PlanRefused(_("撤销日期要晚于成立日期（%(day)s）。") % {"day": team.formed_on})
    if dissolved_on and _planned_after(team, dissolved_on):
        raise PlanRefused(_("%(day)s 以后还有排好的班次，请先取消这些班次再撤销。") % {"day": dissolved_on})
    team.name, team.is_round_the_clock, team.dissolved_on = _clean(name), is_round_the_clock, dissolved_on
    return _saved_team(team)


def _planned_after(team: Team, day: date) -> bool:
    rows = Shift.objects.everywhere("of a team that was fetched through rights").planned()
    return rows.filter(team=team, starts_at__gte=roster.midnight(day)).exists()


def _saved_team(team: Team) -> Team:
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as problem:
        raise PlanRefused(_("本单位已有名为“%(name)s”的队，请换一个名称。") % {"name": team.name}) from problem
    return team


@transaction.atomic
def join(team: Team, user: User, *, joined_on: date, is_leader: bool, by: User) -> Membership:
    insist(by, team.division_id)
    Team.objects.everywhere("fetched through the planner's rights").select_for_update(no_key=True).get(pk=team.pk)
    if user not in people_for(team):
        raise PlanRefused(_("账号 %(name)s 不属于本队辖区，或不是执勤人员，不能加入。") % {"name": user.username})
    if joined_on < team.formed_on or (team.dissolved_on and joined_on >= team.dissolved_on):
        raise PlanRefused(_("加入日期不在本队存续期间（%(day)s 起），请改日期。") % {"day": team.formed_on})
    for each in team.memberships.filter(user=user):
        if each.left_on is None or each.left_on > joined_on:
            raise PlanRefused(_("%(name)s 从 %(day)s 起已是队员，不必再加入。") % {"name": user.username, "day": each.joined_on})
    return Membership.objects.create(team=team, user=user, joined_on=joined_on, is_leader=is_leader)


@transaction.atomic
def leave(membership: Membership, *, left_on: date, by: User) -> Membership:
    """`left_on` is the first day outside. Shifts planned after it stay and are shown as a fault until somebody else takes them."""
    insist(by, membership.team.division_id)
    found = Membership.objects.select_for_update().select_related("team", "user").get(pk=membership.pk)
    if found.left_on is not None:
        raise PlanRefused(_("%(name)s 已于 %(day)s 退出。") % {"name": found.user.username, "day": found.left_on})
    if left_on <= found.joined_on:
        raise PlanRefused(_("退出日期要晚于加入日期（%(day)s），请改日期。") % {"day": found.joined_on})
    found.left_on = left_on
    found.save(update_fields=["left_on"])
    return found


def appoint(membership: Membership, *, is_leader: bool, by: User) -> Membership:
    insist(by, membership.team.division_id)
    membership.is_leader = is_leader
    membership.save(update_fields=["is_leader"])
    return membership


def make_template(*, division: Division, by: User, **values) -> ShiftTemplate:
    return change_template(ShiftTemplate(division=division), by=by, **values)


def change_template(template: ShiftTemplate, *, by: User, **values) -> ShiftTemplate:
    """Shifts that were made from it stay as they are."""
    insist(by, template.division_id)
    for name, value in values.items():
        setattr(template, name, _clean(value) if name == "name" else value)
    if not 30 <= template.minute_count <= 1440:
        raise PlanRefused(_("时长请填30到1440分钟。"))
    template.save()
    return template
