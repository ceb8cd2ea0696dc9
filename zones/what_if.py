"""What other criteria would change, before anybody adopts them. Both versions grade what the registers hold now; nothing is written."""
from collections import Counter
from collections.abc import Callable, Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from geo.models import Compound, Division
from zones import sql
from zones.criteria import Criteria, parse_criteria
from zones.grading import evidence_of, for_round
from zones.models import Grade, RatingRound, RatingScheme
from zones.periods import KIND_NAMES, KINDS, months_between
from zones.rating import Reason, grade

# Counts and towns are told whole; the compounds one by one up to here.
NAMED_AT_MOST = 2000
ROUNDS_AT_MOST = 4
MATTERS = ("yellow", "red", "missing")


class TrialRefused(ValueError):
    """Why there is nothing to compare, in words for the person."""


def trial(scheme: RatingScheme, rounds: Sequence[RatingRound], *, within: str, tell: Callable[[float], None] = lambda share: None) -> dict:
    """For each round: colours and titles before and after, towns, and the compounds that change with the reasons that differ.

    `within` is the code of the reader's division. What comes back is plain enough to be kept as JSON.
    """
    criteria, told = parse_criteria(scheme.criteria), []
    for number, rating_round in enumerate(rounds):
        if months_between(rating_round.starts_on, rating_round.ends_on) != KINDS[criteria.period]:
            names = {"kind": KIND_NAMES[criteria.period], "period": rating_round.period}
            raise TrialRefused(_("这一版按%(kind)s评定，评定期 %(period)s 不是这样的评定期。") % names)
        told.append(_one(rating_round, criteria, within))
        tell((number + 1) / len(rounds))
    return {"rounds": told}


def _one(rating_round: RatingRound, criteria: Criteria, within: str) -> dict:
    former = parse_criteria(rating_round.scheme.criteria)
    before, after = (_graded(rating_round, each, within) for each in (former, criteria))
    colour, outcome = 0, -1
    changed = [pk for pk, facts in after.items() if pk in before and facts[colour] != before[pk][colour]]
    codes = dict(Compound.objects.in_division(within).values_list("pk", "division_id"))
    named = Compound.objects.in_division(within).filter(pk__in=changed).order_by("division_id", "name", "pk")[:NAMED_AT_MOST]
    sides = (before, former), (after, criteria)
    return {
        "period": rating_round.period,
        "version": rating_round.scheme.version,
        "colours": [_counted(facts[colour] for facts in side.values()) for side, _criteria in sides],
        "titles": [Counter(facts[outcome] for facts in side.values()) for side, _criteria in sides],
        "titles_changed": sum(facts[outcome] != before[pk][outcome] for pk, facts in after.items() if pk in before),
        "towns": _towns(before, after, codes),
        "changed": len(changed),
        "changes": [_change(place, rating_round, sides) for place in named],
    }


def _graded(rating_round: RatingRound, criteria: Criteria, within: str) -> dict[int, tuple]:
    """By compound: the colour, the facts and the title's outcome."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.READ_IN_ORDER)
        cursor.execute(sql.WOULD_GRADE, for_round(rating_round, criteria) | {"within": f"{within}%"})
        return {row[0]: row[1:] for row in cursor}


def _counted(colours) -> dict[str, int]:
    found = Counter(colours)
    return {colour: found[colour] for colour in Grade.Colour.values}


def _towns(before: dict, after: dict, codes: dict[int, str]) -> list[dict]:
    """Every town with a compound: colours before and after, and how many changed."""
    towns: dict[str, tuple[Counter, Counter, list]] = {}
    for pk, facts in after.items():
        if pk in before and pk in codes:
            old, new, changed = towns.setdefault(codes[pk][:9], (Counter(), Counter(), []))
            old[before[pk][0]] += 1
            new[facts[0]] += 1
            changed.append(facts[0] != before[pk][0])
    names = dict(Division.objects.filter(code__in=towns).values_list("code", "name"))
    return [
        {"name": names.get(code, code), "before": dict(old), "after": dict(new), "changed": sum(changed)}
        for code, (old, new, changed) in sorted(towns.items())
    ]


def _change(place: Compound, rating_round: RatingRound, sides: tuple) -> dict:
    reasons = []
    for graded, criteria in sides:
        found = Grade(round=rating_round, **dict(zip(sql.EXPLAINED, graded[place.pk], strict=False)))
        reasons.append(grade(evidence_of(found, rating_round, criteria), criteria)[1])
    old, new = ({_key(each) for each in side} for side in reasons)
    known = {each.code for each in reasons[0]}
    return {
        "pk": place.pk, "name": place.name, "town": place.division_id[:9],
        "before": sides[0][0][place.pk][0], "after": sides[1][0][place.pk][0],
        "gone": [_plain(each) for each in reasons[0] if _key(each) not in new],
        # What the former criteria did not ask for is told only where it matters.
        "new": [_plain(each) for each in reasons[1] if _key(each) not in old and (each.code in known or each.level in MATTERS)],
    }  # fmt: skip


def _key(reason: Reason) -> tuple:
    """Numbers alone change with every version; what counts is the side of the line, and the rule that was used."""
    return reason.code, reason.level, "capped" in reason.numbers


def _plain(reason: Reason) -> dict:
    return {"code": reason.code, "level": reason.level, "numbers": reason.numbers}
