"""What a study counts: the year's zones, the others, the rings, month by month. Everything that it leaves out is said."""
from datetime import date, datetime

from django.db import connection

from geo.models import Division, Incident
from zones.effect_studies import sql
from zones.models import Demonstration, EffectStudy, RectificationZone
from zones.periods import add_months, day_of, start_of

S = RectificationZone.Status
# At 60° north a metre is two of the map's plane; ours lie further south.
PLANE_AT_MOST = 2


def default_start(county: str, year: int) -> date | None:
    """The first whole month after the year's last zone was designated; None where there is none."""
    days = Demonstration.objects.in_division(county).of_year(year).order_by("-designated_on").values_list("designated_on", flat=True)
    last = days.first()
    return None if last is None else last if last.day == 1 else add_months(last, 1)


def gather(study: EffectStudy, *, now: datetime) -> dict:
    """The document `frozen`. Months reach as far as there are data, and no further than the study asks."""
    months, until = _months(study, now)
    rows = {each.pk: each for each in RectificationZone.objects.in_division(study.division_id).order_by("division_id", "name", "pk")}
    mine = set(Demonstration.objects.in_division(study.division_id).of_year(study.year).values_list("zone_id", flat=True))
    left_out = _left_out(study, rows, mine, months)
    kept = [pk for pk in rows if pk not in left_out]
    counts, rings = _counts(study, kept, sorted(mine), months)
    known = _covered(study.division_id, months)
    towns = dict(Division.objects.filter(code__in={each.division_id[:9] for each in rows.values()}).values_list("code", "name"))
    areas = dict(_ask(sql.AREAS, {"zones": kept})) if kept else {}
    return {
        "months": [f"{each:%Y-%m}" for each in months], "start": sum(each < study.starts_on for each in months),
        "until": until.isoformat() if until else None,
        "zones": [
            _zone(rows[pk], pk in mine, towns, areas[pk], _row(counts, pk, months), _row(rings, pk, months), known) for pk in kept
        ],
        "left_out": [{"pk": pk, "name": rows[pk].name, "why": why} for pk, why in sorted(left_out.items())],
    }  # fmt: skip


def _months(study: EffectStudy, now: datetime) -> tuple[list[date], date | None]:
    """Whole months of the study for which the county has data, and the day of its newest incident."""
    county = Incident.objects.in_division(study.division_id).filter(occurred_at__lte=now).order_by("occurred_at")
    moments = county.values_list("occurred_at", flat=True)
    first, last = moments.first(), moments.last()
    if first is None:
        return [], None
    begin = max(add_months(study.starts_on, -study.months_before), day_of(first).replace(day=1))
    this = day_of(now).replace(day=1)
    end = min(add_months(study.starts_on, study.months_after), add_months(day_of(last), 1), this)
    return [month for i in range(240) if (month := add_months(begin, i)) < end], day_of(last)


def _left_out(study: EffectStudy, rows: dict, mine: set[int], months: list[date]) -> dict[int, str]:
    """Others that would blur the comparison: never listed, demonstration zones of another year meanwhile, too near."""
    others = [pk for pk in rows if pk not in mine]
    found = {pk: "not_listed" for pk in others if rows[pk].status in (S.PROPOSED, S.REFUSED)}
    if months:
        meanwhile = Demonstration.objects.in_division(study.division_id).filter(designated_on__lt=add_months(months[-1], 1))
        for pk, ended_on in meanwhile.exclude(zone__in=mine).values_list("zone_id", "ended_on"):
            if ended_on is None or ended_on > months[0]:
                found[pk] = "other_year"
    near = {"others": [pk for pk in others if pk not in found], "zones": sorted(mine), "metres": study.ring_m}
    found |= {pk: "near" for (pk,) in _ask(sql.NEAR, near | {"expanded": study.ring_m * PLANE_AT_MOST})}
    return found


def _counts(study: EffectStudy, kept: list[int], mine: list[int], months: list[date]) -> tuple[dict, dict]:
    if not months:
        return {}, {}
    asked = _times(months) | {"zones": kept, "categories": study.categories}
    inside = {(pk, month): n for pk, month, n in _ask(sql.INSIDE, asked)}
    around = _ask(sql.AROUND, asked | {"zones": mine, "metres": study.ring_m})
    return inside, {(pk, month): n for pk, month, n in around} | {(pk, 0): 0 for pk in mine}


def _covered(county: str, months: list[date]) -> set[tuple[str, int]]:
    if not months:
        return set()
    after = add_months(months[-1], 1)
    days = {"days": months, "days_from": months[0], "days_until": after, "county": f"{county}%"}
    return {(town, month) for town, month in _ask(sql.COVERED, _times(months) | days)}


def _times(months: list[date]) -> dict:
    return {"months": [start_of(each) for each in months], "from": start_of(months[0]), "until": start_of(add_months(months[-1], 1))}


def _ask(statement: str, values: dict) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def _row(counts: dict, pk: int, months: list[date]) -> list[int]:
    return [counts.get((pk, number), 0) for number in range(1, len(months) + 1)]


def _zone(zone: RectificationZone, is_mine: bool, towns: dict, area: float, inside: list, around: list, known: set) -> dict:
    """Months of which the town's register tells nothing are unknown, never quiet."""
    town = zone.division_id[:9]
    seen = [(town, number) in known for number in range(1, len(inside) + 1)]
    mask = lambda row: [count if there else None for count, there in zip(row, seen, strict=True)]  # noqa: E731
    return {
        "pk": zone.pk, "name": zone.name, "town": towns.get(town, town), "kind": zone.kind, "demonstration": is_mine,
        "households": zone.household_count, "hectares": round(area / 10_000, 2), "counts": mask(inside),
        "ring": mask(around) if is_mine else None,
    }  # fmt: skip
