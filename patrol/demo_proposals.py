"""Invented: a proposed week for two teams of the demo, drafted by the planner and not accepted yet."""

from datetime import datetime

from geo.models import User
from patrol import roster
from patrol.models import PlanProposal, ProposalStandard, Team
from patrol.proposals import drafting

# Team's kind and hours of one person that may be used.
ASKED = (("motor", "motor", 64), ("township", "foot", 48))


def load(*, now: datetime) -> int:
    """Inside the demo's own transaction, after patrols, presence and incidents. The first week that the demo has not planned already."""
    by = User.objects.get_by_natural_key("planner_county")
    standard = ProposalStandard.objects.in_force(roster.day_of(now))
    week = roster.monday_of(roster.day_of(now)) + 3 * roster.WEEK
    for team_kind, kind, hours in ASKED:
        team = Team.objects.in_division(by.division_id).filter(kind=team_kind).order_by("division_id", "pk").first()
        drafting.draft(
            team, week=week, kind=kind, staff_hours=hours, crew_count=2, block_hours=standard.block_hours, seed=drafting.SEED,
            stop_from_minutes=standard.stop_from_minutes, stop_to_minutes=standard.stop_to_minutes, by=by, now=now, is_invented=True,
        )  # fmt: skip
    return PlanProposal.objects.in_division(by.division_id).count()
