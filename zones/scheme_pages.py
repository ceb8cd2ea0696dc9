"""What the pages of criteria show: the versions, one version in plain words and against another, and what a trial found."""
import io
from datetime import datetime

from django.utils.translation import gettext as _

from geo import workflow
from geo.models import Job, User
from geo.workbooks import write_workbook
from zones import criteria_words as words
from zones import scheme_versions as verbs
from zones.criteria import parse_criteria
from zones.jobs import TRY_CRITERIA
from zones.models import FourFree, Grade, RatingRound, RatingScheme
from zones.periods import day_of
from zones.rating import Reason
from zones.schemes import in_force
from zones.sentences import sentence

S = RatingScheme.State
CHANGES_SHOWN = 50


def listing(user: User, *, now: datetime) -> dict:
    rows = verbs.readable(user).exclude(state=S.DROPPED).select_related("division", "copied_from").order_by("-valid_from", "-pk")
    return {"rows": rows, "current": in_force(day_of(now)), "writes": verbs.writers(user)}


def version(found: RatingScheme, user: User, *, against: str, now: datetime) -> dict:
    """One version in words, beside what differs from another one (the one it was copied from, unless asked otherwise)."""
    criteria = parse_criteria(found.criteria)
    others = verbs.readable(user).exclude(pk=found.pk).exclude(state=S.DROPPED).order_by("-valid_from", "-pk")
    other = next((each for each in others if str(each.pk) == against), None) or found.copied_from
    return {
        "scheme": found, "rows": words.rows(criteria), "others": others, "other": other,
        "differences": words.differences(parse_criteria(other.criteria), criteria) if other else [],
        "is_in_force": in_force(day_of(now)) == found, "steps": workflow.open_moves(found, by=user),
        "edits": verbs.writers(user, found) and found.state == S.DRAFT, "writes": verbs.writers(user),
        "copies": verbs.writers(user) and found.state == S.ADOPTED,
        "timeline": workflow.history(found).select_related("decided_by__division"), "trial": last_trial(found, user),
    }  # fmt: skip


def preview(document: dict) -> list[words.Row]:
    return words.rows(parse_criteria(document))


def trials(scheme: RatingScheme, user: User):
    """Trials of this version by people of the same county, the newest first."""
    return Job.objects.filter(task=TRY_CRITERIA, arguments__scheme=scheme.pk, created_by__division=user.division_id)


def last_trial(scheme: RatingScheme, user: User) -> Job | None:
    return trials(scheme, user).first()


def what_if(found: RatingScheme, user: User) -> dict:
    """The newest trial, told round by round; `stale` when the draft was written anew since."""
    job = last_trial(found, user)
    rounds = RatingRound.objects.computed()
    done = job is not None and job.state == Job.State.DONE
    return {
        "scheme": found, "job": job, "rounds": rounds, "waits": job is not None and job.state in (Job.State.WAITING, Job.State.RUNNING),
        "asked": job.arguments["periods"] if job else [each.period for each in rounds[:1]],
        "stale": done and found.edited_at is not None and found.edited_at > job.created_at,
        "told": [_told(each) for each in job.result["rounds"]] if done else [],
    }  # fmt: skip


def _told(found: dict) -> dict:
    before, after = found["colours"]
    old, new = found["titles"]
    return found | {
        "colours": [(value, label, before[value], after[value], after[value] - before[value]) for value, label in Grade.Colour.choices],
        "titles": [(label, old.get(value, 0), new.get(value, 0)) for value, label in FourFree.choices],
        "towns": [_town(each) for each in found["towns"]],
        "shown": [_change(each) for each in found["changes"][:CHANGES_SHOWN]], "shown_at_most": CHANGES_SHOWN,
    }  # fmt: skip


def _town(found: dict) -> dict:
    pairs = [(label, found["before"].get(value, 0), found["after"].get(value, 0)) for value, label in Grade.Colour.choices]
    return {"name": found["name"], "pairs": pairs, "changed": found["changed"]}


def _change(found: dict) -> dict:
    return found | {
        "before_label": Grade.Colour(found["before"]).label, "after_label": Grade.Colour(found["after"]).label,
        "gone": [sentence(Reason(**each)) for each in found["gone"]], "new": [sentence(Reason(**each)) for each in found["new"]],
    }  # fmt: skip


def workbook(found: RatingScheme, job: Job) -> bytes:
    """Every round of a trial: the sums by town, and the compounds that would change with the reasons that differ."""
    out = io.BytesIO()
    note = [_("按登记册现在的数据，两套标准都重新计算；没有写入任何等级。"), _("试算的标准：%(scheme)s") % {"scheme": found}]
    sheets = []
    for each in job.result["rounds"]:
        sides = _("%(colour)s：原"), _("%(colour)s：新")
        heads = [_("乡镇"), *(side % {"colour": label} for side in sides for label in Grade.Colour.labels)]
        rows = [
            [town["name"], *(town[side].get(value, 0) for side in ("before", "after") for value in Grade.Colour.values), town["changed"]]
            for town in each["towns"]
        ]
        sheets.append((f"{each['period']} {_('乡镇')}", [*heads, _("改变")], rows, note))
        changes = [
            (one["name"], one["town"], one["before_label"], one["after_label"], " ".join(one["gone"]), " ".join(one["new"]))
            for one in map(_change, each["changes"])
        ]
        heads = (_("小区"), _("乡镇代码"), _("原等级"), _("新等级"), _("原来的理由"), _("新的理由"))
        sheets.append((f"{each['period']} {_('小区')}", heads, changes, note))
    write_workbook(out, sheets)
    return out.getvalue()
