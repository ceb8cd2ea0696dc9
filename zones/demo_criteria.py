"""An invented draft of criteria for the demo county, with a trial: weights by severity, measures, the rule for residents' reports."""
import copy
from datetime import date, datetime

from geo.models import Job, User
from zones import scheme_versions
from zones.jobs import TRY_CRITERIA
from zones.models import RatingRound, RatingScheme
from zones.schemes import in_force
from zones.what_if import trial

WEIGHTS = {"serious": "2", "ordinary": "1", "minor": "0.5"}
MEASURES = [
    {"source": "access_control", "at_most": "yellow", "needed": False},
    {"source": "fire_lanes", "at_most": "yellow", "needed": False},
    {"source": "closed_issues", "direction": "below", "yellow": "0.5", "at_most": "yellow", "needed": False},
]
NOTE = "演示：按轻重加权，群众报警的轻微警情最高计到黄，并计门禁、消防通道和问题销号。"


def load(*, now: datetime) -> int:
    """Returns how many drafts there are. Runs inside the demo's own transaction, after its rounds."""
    by = User.objects.get_by_natural_key("county")
    made = scheme_versions.copy(in_force(date(2026, 7, 1)), by=by, now=now)
    criteria = copy.deepcopy(made.criteria) | {"format": 2, "measures": MEASURES, "reporting": {"resident_minor_at_most": "yellow"}}
    for each in criteria["per_100_households"].values():
        each["weights"] = WEIGHTS
    scheme_versions.write(
        made, title="居民小区红黄绿等级标准（演示草案）", valid_from=date(2027, 1, 1), change_note=NOTE, criteria=criteria, by=by, now=now
    )
    _try(made, by, now)
    return 1


def _try(scheme: RatingScheme, by: User, now: datetime) -> None:
    rounds = RatingRound.objects.computed().select_related("scheme")[:2]
    Job.objects.create(
        task=TRY_CRITERIA, arguments={"scheme": scheme.pk, "periods": [each.period for each in rounds]}, state=Job.State.DONE, done_share=1,
        result=trial(scheme, rounds, within=by.division_id), created_by=by, started_at=now, ended_at=now,
    )  # fmt: skip
