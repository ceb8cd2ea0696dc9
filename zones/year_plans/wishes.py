"""What a scenario weighs and demands, as its document keeps it: `opinions`, `demands`, `bonus`, `draws`, `spread`, `alternatives`.

The document is written by the forms; here it is held against what there is now, since indicators and zones come and go.
"""
from collections.abc import Collection, Sequence

from django.utils.translation import gettext as _

from zones.planning.demands import OF_ZONES
from zones.planning.findings import Unfit
from zones.planning.weights import AHP, DIRECT
from zones.year_plans.opinions import opinion_of
from zones.year_plans.refusals import PlanRefused
from zones.year_plans.words import finding_words, headed, listed

SPREADS = ("around", "between", "anywhere")
BEGINNING = {"opinions": [], "demands": [], "bonus": 0.0, "draws": 10_000, "spread": "around", "alternatives": 10}


def beginning(criteria) -> dict:
    """A new scenario: our default points as the one opinion, five zones at most."""
    points = {each.key: each.points for each in criteria.indicators}
    opinion = {"stakeholder": _("系统默认权重"), "method": DIRECT, "voice": 1.0, "points": points}
    return BEGINNING | {"opinions": [opinion], "demands": [{"code": "count_most", "limit": 5, "about": []}]}


def read_wishes(document: dict, keys: Sequence[str], zones: Collection[int]) -> dict:
    """The document's parts, complete. Raises PlanRefused in words where it names what is no longer there or cannot be reckoned with."""
    said = BEGINNING | {name: value for name, value in document.items() if name in BEGINNING}
    if not said["opinions"]:
        raise PlanRefused(_("请先在权重页填写至少一方的权重。"))
    for each in said["opinions"]:
        refuse_opinion(each, keys)
    gone = [str(pk) for each in said["demands"] if each["code"] in OF_ZONES for pk in each["about"] if pk not in zones]
    if gone:
        raise PlanRefused(_("要求中的区域（编号%(zones)s）已不在候选范围，请修改要求。") % {"zones": listed(gone)})
    return said


def refuse_opinion(said: dict, keys: Sequence[str]) -> None:
    """Raises PlanRefused where this opinion gives no weights."""
    if said["method"] == AHP and (unknown := {key for pair in said["pairs"] for key in pair[:2]} - set(keys)):
        told = {"who": said["stakeholder"], "keys": listed(sorted(unknown))}
        raise PlanRefused(_("“%(who)s”的比较中有已删除的指标：%(keys)s。") % told)
    try:
        opinion_of(said, keys)
    except Unfit as unfit:
        raise PlanRefused(headed(said["stakeholder"], finding_words(unfit.code, unfit.numbers))) from unfit
