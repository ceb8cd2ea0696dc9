"""What the pages of proposals show."""

from datetime import datetime, timedelta

import numpy as np

from geo.models import User
from patrol import plan_grid, planning, roster
from patrol.models import PlanProposal, Team
from patrol.plan_pages import teams_of
from patrol.proposals import words
from patrol.proposals.drafting import may_draft, note, spot_name, starts_at
from patrol.proposals.forms import ProposalForm
from patrol.proposals.proposing import DAY, expected, thin

SHOWN_AT_MOST = 60
CELL, ROW, LEFT = 26, 24, 46
STEPS = 5


def listing(user: User, team: Team | None, *, now: datetime, form: ProposalForm | None = None) -> dict:
    rows = PlanProposal.objects.visible_to(user).select_related("team", "created_by").defer("frozen")
    today = roster.day_of(now)
    teams = [each for each in teams_of(user) if (each.dissolved_on is None or each.dissolved_on > today) and may_draft(user, each)]
    return {
        "proposals": (rows.filter(team=team) if team else rows)[:SHOWN_AT_MOST], "teams": teams, "team": team,
        "form": form or (ProposalForm(None, team=team, now=now) if team else None),
    }  # fmt: skip


def one(proposal: PlanProposal, user: User, *, now: datetime) -> dict:
    frozen, result = proposal.frozen, proposal.result
    shifts = [_shift(proposal, number, each, now) for number, each in enumerate(result["shifts"])]
    days = [
        {"date": proposal.week + timedelta(days=day), "weekday": name, "shifts": [each for each in shifts if each["day"] == day]}
        for day, name in enumerate(plan_grid.WEEKDAYS)
    ]
    return {
        "proposal": proposal, "team": proposal.team, "days": days, "count": len(shifts), "optimal": result["optimal"],
        "notes": [words.reason(each["code"], each["numbers"]) for each in result["notes"]], "expected": result["expected"],
        "last_day": proposal.week + timedelta(days=6), "grid": grid(proposal), "standard": proposal.standard,
        "may_accept": proposal.accepted_at is None and shifts and planning.may_plan(user, proposal.division_id),
        "week_text": plan_grid.iso(proposal.week), "changed": _changed(proposal), "beats": len(frozen["beats"]),
    }  # fmt: skip


def _changed(proposal: PlanProposal) -> bool:
    by = proposal.standard
    return (proposal.stop_from_minutes, proposal.stop_to_minutes) != (by.stop_from_minutes, by.stop_to_minutes)


def _shift(proposal: PlanProposal, number: int, shift: dict, now: datetime) -> dict:
    beat, start = proposal.frozen["beats"][shift["beat"]], starts_at(proposal, shift)
    return {
        "number": number, "day": shift["start"] // DAY, "beat": beat["name"], "pk": beat["pk"], "start": start,
        "end": start + timedelta(hours=shift["hours"]), "expected": shift["expected"], "is_past": start <= now,
        "reasons": [words.reason(each["code"], each["numbers"]) for each in shift["reasons"]],
        "stops": [
            {"name": spot_name(beat["spots"][each["spot"]]), "at": start + timedelta(minutes=each["at"]), "minutes": each["minutes"]}
            for each in shift["stops"]
        ],
        "note": note(proposal, shift),
    }  # fmt: skip


def grid(proposal: PlanProposal) -> dict:
    """Days by hours: the need of the beat that has most (five steps, told as a number), and where a shift is proposed."""
    frozen = proposal.frozen
    weeks = frozen["months"] * 365.25 / 12 / 7
    need = np.zeros(7 * DAY)
    for each in frozen["beats"]:
        row = expected(each["incidents"], weeks) * thin(each)
        row[each["planned"]] = 0
        need = np.maximum(need, row)
    proposed = {hour for each in proposal.result["shifts"] for hour in range(each["start"], each["start"] + each["hours"])}
    top = need.max()
    step = np.ceil(need / top * STEPS).astype(int) if top else np.zeros(7 * DAY, int)
    return {
        "width": LEFT + DAY * CELL + 2, "height": ROW * 7 + 22, "cell": CELL - 2, "row": ROW - 2, "base": ROW * 7 + 16,
        "rows": [
            {
                "name": name, "text_y": day * ROW + 16,
                "cells": [
                    {"x": LEFT + hour * CELL, "y": day * ROW, "step": int(step[day * DAY + hour]), "hour": hour,
                     "proposed": day * DAY + hour in proposed, "dot_x": LEFT + hour * CELL + CELL / 2 - 1, "dot_y": day * ROW + ROW / 2 - 1}
                    for hour in range(DAY)
                ],
            }
            for day, name in enumerate(plan_grid.WEEKDAYS)
        ],
        "hours": [{"x": LEFT + hour * CELL, "hour": hour} for hour in range(0, DAY, 3)],
    }  # fmt: skip
