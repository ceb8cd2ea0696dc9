"""The spread monitor: where two inspectors of one place differ, by item and by unit. Small numbers and names are not told."""
from collections.abc import Mapping
from datetime import datetime, timedelta

from geo.models import Division, User
from zones import checklists, spread
from zones.inspection_pages import shown
from zones.models import Inspection

DAYS = (7, 14, 30, 60, 90)
BACK = timedelta(days=180)
LOOKS_AT_MOST, PAIRS_SHOWN = 5000, 30


def page(user: User, query: Mapping[str, str], *, now: datetime) -> dict:
    """Pairs of the last half year, at most `days` apart."""
    days = int(query["days"]) if query.get("days", "") in map(str, DAYS) else 30
    rows = Inspection.objects.visible_to(user).filter(finished_at__gte=now - BACK, place_pk__isnull=False)
    rows = rows.exclude(result=Inspection.Result.NOT_ACCESSIBLE).select_related("checklist", "inspected_by")
    known = {each.pk: each for each in rows[:LOOKS_AT_MOST]}
    pairs = spread.pairs([look_of(each) for each in known.values()], within=timedelta(days=days))
    codes = {each for pair in pairs for each in (pair.first.unit, pair.second.unit)}
    units = dict(Division.objects.filter(pk__in=codes).values_list("code", "name"))
    items = spread.by_item(pairs)
    texts = {
        f"{each.checklist.code}:{item.key}": (shown(item), each.checklist)
        for each in sorted(known.values(), key=lambda each: each.pk) for item in checklists.parse(each.checklist.items)
    }  # fmt: skip
    return {
        "days": days, "choices": DAYS, "at_least": spread.AT_LEAST, "count": len(known), "total": spread.summary("", pairs),
        "items": [(*texts[row.key], row) for row in items if row.agreement is not None],
        "few": sum(row.agreement is None for row in items),
        "units": [(units[row.key], row) for row in spread.by_unit(pairs)],
        "pairs": [_told(pair, known, texts) for pair in pairs[:PAIRS_SHOWN]], "pair_count": len(pairs),
        "invented": any(each.is_invented for each in known.values()),
    }  # fmt: skip


def look_of(found: Inspection) -> spread.Look:
    judged = checklists.comparable(checklists.parse(found.checklist.items), found.answers)
    return spread.Look(
        found.pk, (found.place_layer, found.place_pk), found.checklist.code, found.finished_at, found.inspected_by_id,
        found.inspected_by.division_id, judged, found.score,
    )  # fmt: skip


def _told(pair: spread.Pair, known: Mapping[int, Inspection], texts: Mapping) -> dict:
    """One pair as a line: the place, the two looks, what was judged differently. Who looked is not told here."""
    names = [texts[f"{pair.second.checklist}:{key}"][0] for key in pair.differing]
    return {"pair": pair, "first": known[pair.first.key], "second": known[pair.second.key], "differing": names}
