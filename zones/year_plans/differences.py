"""What differs between two runs: the choice, what went in, and which figures changed. In words."""
from collections.abc import Mapping

from django.utils.translation import gettext as _

from zones.models import ScenarioRun
from zones.year_plans.words import Names, changes_words, demand_words, number

FIGURES_TOLD = 8


def differences(before: ScenarioRun, after: ScenarioRun) -> list[str]:
    """From the earlier run to the later one; says so where nothing differs."""
    old, new = before.frozen, after.frozen
    names = Names.of([*old["zones"], *new["zones"]], [*old["indicators"], *new["indicators"]])
    told = [_("选择：%(change)s") % {"change": _choice(before.result, after.result, names)}]
    told += _candidates(old, new, names) + _weights(before.result, after.result, names)
    told += _demands(old, new, names) + _figures(old, new, names)
    for name, label in (("bonus", _("往年示范区加分")), ("seed", _("随机种子")), ("draws", _("抽样次数"))):
        if old[name] != new[name]:
            told.append(_("%(what)s：%(old)s → %(new)s") % {"what": label, "old": number(old[name]), "new": number(new[name])})
    return told if len(told) > 1 else [*told, _("输入没有变化。")]


def _choice(old: Mapping, new: Mapping, names: Names) -> str:
    was, is_now = set(old["chosen"]), set(new["chosen"])
    return changes_words(sorted(is_now - was), sorted(was - is_now), names)


def _candidates(old: Mapping, new: Mapping, names: Names) -> list[str]:
    was, is_now = ({zone["pk"] for zone in each["zones"]} for each in (old, new))
    told = [_("新的候选区域：%(zones)s") % {"zones": names.listed(sorted(is_now - was))}] if is_now - was else []
    return told + ([_("不再是候选：%(zones)s") % {"zones": names.listed(sorted(was - is_now))}] if was - is_now else [])


def _weights(old: Mapping, new: Mapping, names: Names) -> list[str]:
    before, after = old["weights"]["common"], new["weights"]["common"]
    changed = [key for key in {**before, **after} if abs(before.get(key, 0) - after.get(key, 0)) >= 0.0005]
    return [
        _("权重“%(name)s”：%(old)s%% → %(new)s%%")
        % {"name": names.indicator(key), "old": number(100 * before.get(key, 0), 1), "new": number(100 * after.get(key, 0), 1)}
        for key in changed
    ]


def _demands(old: Mapping, new: Mapping, names: Names) -> list[str]:
    was, is_now = ([demand_words(each, names) for each in one["demands"]] for one in (old, new))
    told = [_("新要求：%(demand)s") % {"demand": each} for each in is_now if each not in was]
    return told + [_("去掉的要求：%(demand)s") % {"demand": each} for each in was if each not in is_now]


def _figures(old: Mapping, new: Mapping, names: Names) -> list[str]:
    """Figures of zones and indicators that both have."""
    was = {(zone["pk"], key["key"]): value for zone, row in zip(old["zones"], old["values"], strict=True)
           for key, value in zip(old["indicators"], row, strict=True)}
    changed = []
    for zone, row in zip(new["zones"], new["values"], strict=True):
        for declared, value in zip(new["indicators"], row, strict=True):
            place = zone["pk"], declared["key"]
            if place in was and was[place] != value:
                facts = {"zone": names.zone(zone["pk"]), "name": names.indicator(declared["key"])}
                facts |= {"old": number(was[place]), "new": number(value)}
                changed.append(_("%(zone)s的%(name)s：%(old)s → %(new)s") % facts)
    more = [_("还有%(count)d个数据变了。") % {"count": len(changed) - FIGURES_TOLD}] if len(changed) > FIGURES_TOLD else []
    return changed[:FIGURES_TOLD] + more
