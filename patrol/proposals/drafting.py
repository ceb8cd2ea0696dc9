"""The verbs of a proposal: draft and accept. A planner may draft; into the roster it goes by an officer who may plan there."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from geo.models import User
from patrol import planning, roster
from patrol.models import Beat, PlanProposal, ProposalStandard, ShiftKind, Team
from patrol.planning import PlanRefused, Stale
from patrol.proposals import reading
from patrol.proposals.proposing import Settings, propose

SEED = 20
READERS = (User.Role.COUNTY_OFFICER, User.Role.TOWN_OFFICER, User.Role.PLANNER)
NOTE_AT_MOST = 200


def may_draft(user: User, team: Team) -> bool:
    return user.role in READERS and team.division_id.startswith(user.division_id)


def draft(
    team: Team, *, week: date, kind: str, staff_hours: int, crew_count: int, block_hours: int, stop_from_minutes: int,
    stop_to_minutes: int, seed: int, by: User, now: datetime, is_invented: bool = False,
) -> PlanProposal:  # fmt: skip
    if not may_draft(by, team):
        raise PermissionDenied
    standard = ProposalStandard.objects.in_force(roster.day_of(now))
    frozen = reading.gather(team, week, standard=standard, by=by, now=now)
    settings = Settings(staff_hours, crew_count, block_hours, stop_from_minutes, stop_to_minutes, standard.travel_minutes, seed)
    return PlanProposal.objects.create(
        team=team, division_id=team.division_id, week=week, kind=kind, standard=standard, staff_hours=staff_hours,
        crew_count=crew_count, block_hours=block_hours, stop_from_minutes=stop_from_minutes, stop_to_minutes=stop_to_minutes,
        seed=seed, frozen=frozen, result=propose(frozen, settings), is_invented=is_invented, created_at=now, created_by=by,
    )  # fmt: skip


@transaction.atomic
def accept(proposal: PlanProposal, chosen: Iterable[int], *, by: User, now: datetime) -> int:
    """Plans the chosen shifts, all of them or none, without people: whom to send is the officer's. Once only."""
    planning.insist(by, proposal.division_id)
    shifts = proposal.result["shifts"]
    wanted = sorted(set(chosen) & set(range(len(shifts))))
    if not wanted:
        raise PlanRefused(_("请至少勾选一个班次。"))
    rows = PlanProposal.objects.in_division(proposal.division_id).filter(pk=proposal.pk, accepted_at=None)
    if not rows.update(accepted_at=now, accepted_by=by):
        raise Stale(_("这份建议已经采用过了，班次在排班表里。"))
    beats = Beat.objects.in_division(proposal.division_id).in_bulk([each["pk"] for each in proposal.frozen["beats"]])
    for number in wanted:
        each = shifts[number]
        beat = beats.get(proposal.frozen["beats"][each["beat"]]["pk"])
        if beat is None:
            raise PlanRefused(_("建议里的巡区已经不在了，请重新生成建议。"))
        start = starts_at(proposal, each)
        planning.plan(
            proposal.team, starts_at=start, ends_at=start + timedelta(hours=each["hours"]), kind=ShiftKind(proposal.kind),
            needed_count=proposal.crew_count, beat=beat, note=note(proposal, each), by=by, now=now,
        )  # fmt: skip
    return len(wanted)


def starts_at(proposal: PlanProposal, shift: dict) -> datetime:
    return roster.midnight(proposal.week) + timedelta(hours=shift["start"])


def note(proposal: PlanProposal, shift: dict) -> str:
    """The stops in their random order, as far as a shift's note reaches."""
    spots, told = proposal.frozen["beats"][shift["beat"]]["spots"], _("停留：")
    for each in shift["stops"]:
        part = f"{spot_name(spots[each['spot']])}{each['minutes']}；"
        if len(told) + len(part) > NOTE_AT_MOST:
            break
        told += part
    return told.rstrip("；") if shift["stops"] else ""


def spot_name(spot: dict) -> str:
    return spot["name"] or f"{spot['lon']:.4f},{spot['lat']:.4f}"
