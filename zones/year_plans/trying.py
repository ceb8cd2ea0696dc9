"""Weights tried with the sliders of a run, kept as a scenario: one opinion, the demands of the run's scenario."""
import math
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from geo.models import User
from zones.models import Scenario, ScenarioRun
from zones.planning.weights import DIRECT
from zones.year_plans import plans
from zones.year_plans.refusals import PlanRefused


def open_tried(run: ScenarioRun, said: Mapping[str, str], *, by: User, now: datetime) -> Scenario:
    """Raises PermissionDenied or PlanRefused; then nothing is kept."""
    keys = [each["key"] for each in run.frozen["indicators"]]
    points = {key: _points(said.get(f"w-{key}", "")) for key in keys}
    opinion = {"stakeholder": _("试调的权重"), "method": DIRECT, "voice": 1.0, "points": points}
    with transaction.atomic():
        made = plans.open_scenario(run.scenario.plan, name=said.get("name", ""), by=by, now=now, like=run.scenario)
        made.document = made.document | {"opinions": []}
        made.save(update_fields=["document"])
        plans.write_opinion(made, opinion, place=None, keys=keys, by=by, now=now)
    return made


def _points(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100:
        raise PlanRefused(_("权重应在0到100之间。"))
    return value
