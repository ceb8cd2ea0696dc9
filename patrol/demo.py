"""Invented patrols for the demo county: teams, beats, templates and rosters around the present week. Nobody in it is a person.

The same dice for everybody (geo.demo.plane.random). Times follow `now`; some faults are left in on purpose, so that pages show them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import numpy as np
import shapely

from geo.demo.plane import random
from geo.editing.shapes import to_geos
from geo.invented import INVENTED
from geo.models import Batch, Division, Station, User
from patrol import planning, roster, routes
from patrol.models import Beat, Crew, Membership, PatrolStandard, Shift, ShiftTemplate, Team
from patrol.roster import COUNTY_TIME, DAY, WEEK

COUNTY, SEAT = "640521", "640521100"
TOWNSHIPS = ("640521100", "640521102", "640521103", "640521105", "640521206")
VILLAGE = "640521100001"
WEEKS_BACK, WEEKS_AHEAD = 5, 2
BY = "county"
FORMED = date(2025, 3, 1)
# Name, start, minutes, people, kind: the county's templates, which every town uses.
TEMPLATES = (
    ("早班", time(6), 480, 2, "motor"),
    ("中班", time(14), 480, 2, "motor"),
    ("夜班", time(22), 480, 2, "motor"),
    ("步巡早班", time(7, 30), 480, 2, "foot"),
    ("步巡晚班", time(15, 30), 450, 2, "foot"),
    ("岗亭早班", time(7), 480, 1, "kiosk"),
    ("岗亭晚班", time(15), 480, 1, "kiosk"),
)


@dataclass(frozen=True)
class Slot:
    """One shift to be written: on which day, after which template, where, with whom."""

    day: date
    template: ShiftTemplate
    crew: tuple[User, ...]
    beat: Beat | None = None
    station: Station | None = None


def load(*, now: datetime) -> int:
    """Returns how many shifts there are. Runs inside the demo's own transaction, after places and accounts."""
    by = User.objects.get_by_natural_key(BY)
    first = roster.monday_of(roster.day_of(now)) - WEEKS_BACK * WEEK
    days = [first + number * DAY for number in range(7 * (WEEKS_BACK + 1 + WEEKS_AHEAD))]
    templates = {
        name: ShiftTemplate.objects.create(
            division_id=COUNTY, name=name, starts_at=starts, minute_count=minutes, crew_count=people, kind=kind
        )
        for name, starts, minutes, people, kind in TEMPLATES
    }  # fmt: skip
    beats = _beats(now)
    for team, slots in (
        _motor(templates, beats, days),
        *(_township(code, templates, beats, days) for code in (*TOWNSHIPS, VILLAGE)),
        _traffic(templates, days),
    ):
        _write(team, slots, by, now)
        _change_one(team, by, now)
    return Shift.objects.everywhere("all of them are the demo's own").count()


def _change_one(team: Team, by: User, now: datetime) -> None:
    """Tomorrow's first shift has a history: somebody fell out, and its number of people was changed after that."""
    rows = Shift.objects.everywhere("the demo's own").planned().filter(team=team, starts_at__gt=now + DAY)
    shift = rows.prefetch_related("crew__user").order_by("starts_at", "pk").first()
    crew = [each.user for each in shift.crew.all()] if shift else []
    if not crew:
        return
    planning.set_crew(shift, crew=crew[:-1], seen=planning.seen(shift), by=by, now=now - timedelta(hours=3))
    shift = rows.prefetch_related("crew").get(pk=shift.pk)
    told = {"needed_count": max(1, len(crew) - 1), "note": "一人请假", "beat": shift.beat, "station": shift.station}
    planning.change(shift, **told, seen=planning.seen(shift), by=by, now=now - timedelta(hours=2))


def patrol_demo_shifts(*, before: datetime):
    """Planned shifts of the demo that are over by then, with their crews: what demo tracks are made for."""
    rows = Shift.objects.everywhere("the demo's own").planned().filter(team__is_invented=True, ends_at__lte=before)
    return rows.select_related("team", "beat", "station").prefetch_related("crew__user").order_by("starts_at", "pk")


# Who


def _team(name: str, kind: str, code: str, accounts: Sequence[User], **fields) -> Team:
    made = Team.objects.create(name=name, kind=kind, division_id=code, formed_on=FORMED, is_invented=True, **fields)
    Membership.objects.bulk_create(
        [Membership(team=made, user=each, is_leader=number == 0, joined_on=FORMED) for number, each in enumerate(accounts)]
    )
    return made


def _accounts(stem: str, code: str, count: int, standing: str = "") -> list[User]:
    """Accounts with neutral names and without a usable password: they stand in rosters, nobody signs in with them."""
    found = list(User.objects.filter(username=standing)) if standing else []
    for number in range(1, count + 1 - len(found)):
        fields = {"role": User.Role.PATROL_MEMBER, "division_id": code, "must_change_password": False}
        found.append(User.objects.create_user(f"patrol_{stem}_{number:02d}", None, **fields))
    return found


# Where


def _beats(now: datetime) -> dict[str, list[Beat]]:
    """For each town two areas that halve its centre, and for each of its two longest main streets a route. By town code."""
    on = roster.day_of(now)
    width = PatrolStandard.objects.in_force(on).figures["street_corridor_m"]
    towns = Division.objects.filter(code__in=TOWNSHIPS).order_by("code")
    batch = Batch.objects.create(layer="beats", file_name=INVENTED, sha256="0" * 64, datum="wgs84", counts={})
    found: dict[str, list[Beat]] = {}
    for town in towns:
        outline, known = routes.outline_of(town, on), routes.streets(town, on)
        mine = _named(known, town.name)
        shapes = [
            *((f"{town.name}示例{side}片", "area", None, part) for side, part in _halves(mine, outline)),
            *((name, "route", *routes.corridor(mine[name], outline, width)) for name in sorted(mine, key=_longest(mine))[:2]),
        ]
        found[town.code] = []
        for number, (name, kind, line, shape) in enumerate(shapes, 1):
            geom = to_geos(shape if shape.geom_type == "MultiPolygon" else shapely.multipolygons([shape]))
            inside = Division.objects.covering(geom.point_on_surface, on=on).first() or town
            found[town.code].append(
                Beat.objects.create(
                    name=name, source_key=f"DEMO-B-{town.code}-{number}", division=inside, kind=kind, geom=geom, batch=batch,
                    route=to_geos(line) if line is not None else None, weekly_visit_target=14 if kind == "area" else 7,
                )
            )  # fmt: skip
    batch.counts = Batch.counts_of_new(sum(map(len, found.values())))
    batch.save(update_fields=["counts"])
    return found


def _named(known: dict, town: str) -> dict:
    """The town's own streets: a road between two towns is another's centre too."""
    own = {name: lines for name, lines in known.items() if name.startswith(town)}
    return own or known


def _longest(known: dict) -> Callable[[str], tuple]:
    return lambda name: (-sum(map(routes.length_m, known[name])), name)


def _halves(known: dict, outline: shapely.Geometry) -> list[tuple[str, shapely.Geometry]]:
    """The town's centre (the hull of its streets) cut into west and east, which share their border and nothing else."""
    hull = shapely.convex_hull(shapely.union_all([line for lines in known.values() for line in lines]))
    centre = shapely.intersection(hull, outline)
    west, south, east, north = centre.bounds
    middle = centre.centroid.x
    cut = [("西", shapely.box(west, south, middle, north)), ("东", shapely.box(middle, south, east, north))]
    return [(side, part) for side, box in cut if (part := shapely.intersection(centre, box)).geom_type in ("Polygon", "MultiPolygon")]


# When


def _motor(templates: dict, beats: dict, days: Sequence[date]) -> tuple[Team, list[Slot]]:
    """宁安 around the clock: five pairs turn through early, late, night, free, free. Some nights are left empty on purpose."""
    people = _accounts("ningan", SEAT, 10, "patrol_ningan")
    team = _team("宁安镇机动巡逻队", "motor", SEAT, people, is_round_the_clock=True)
    pairs = [tuple(people[number : number + 2]) for number in range(0, 10, 2)]
    places = beats[SEAT]
    slots = []
    for number, day in enumerate(days):
        for turn, name in enumerate(("早班", "中班", "夜班")):
            if name == "夜班" and number % 11 == 8:
                continue
            crew = pairs[(number - turn) % 5]
            if number % 9 == 4 and name == "中班":
                crew = crew[:1]
            slots.append(Slot(day, templates[name], crew, beat=places[(number + turn) % len(places)]))
        if number % 13 == 6:
            # The pair of the late shift walks again in the morning: too little rest, on purpose.
            slots.append(Slot(day + DAY, templates["步巡早班"], pairs[(number - 1) % 5], beat=places[0]))
    return team, _without_overlaps(slots)


def _township(code: str, templates: dict, beats: dict, days: Sequence[date]) -> tuple[Team, list[Slot]]:
    town = Division.objects.get(code=code)
    stem = f"team_{code[6:]}"
    team = _team(f"{town.name}巡防队", "township", code, people := _accounts(stem, code, 6))
    dice = random("patrol", code)
    pairs = [tuple(people[number : number + 2]) for number in range(0, 6, 2)]
    places = beats.get(code) or [None]
    slots = []
    for number, day in enumerate(days):
        for turn, name in enumerate(("步巡早班", "步巡晚班")):
            if day.weekday() == 6 and dice.random() < 0.3:
                continue
            crew = pairs[(number - turn) % 3]
            slots.append(Slot(day, templates[name], crew if dice.random() < 0.95 else crew[:1], beat=places[(number + turn) % len(places)]))
    return team, _without_overlaps(slots)


def _traffic(templates: dict, days: Sequence[date]) -> tuple[Team, list[Slot]]:
    """The county's traffic team at four kiosks; the night and now and then an evening stay open."""
    people = _accounts("traffic", COUNTY, 12)
    team = _team("中宁县交巡警队", "traffic", COUNTY, people)
    dice = random("patrol", "kiosks")
    rows = Station.objects.everywhere("the demo's own").filter(kind=Station.Kind.KIOSK, status=Station.Status.BUILT)
    kiosks = list(rows.order_by("source_key")[:4])
    slots = []
    for number, day in enumerate(days):
        for place, kiosk in enumerate(kiosks):
            for turn, name in enumerate(("岗亭早班", "岗亭晚班")):
                if name == "岗亭晚班" and dice.random() < 0.12:
                    continue
                who = people[(3 * place + turn + number) % 12 if turn == 0 else (3 * place + turn + number + 4) % 12]
                slots.append(Slot(day, templates[name], (who,), station=kiosk))
    return team, _without_overlaps(slots)


def _span(slot: Slot) -> roster.Span:
    start = datetime.combine(slot.day, slot.template.starts_at, COUNTY_TIME)
    return start, start + timedelta(minutes=slot.template.minute_count)


def _without_overlaps(slots: Sequence[Slot]) -> list[Slot]:
    """People are dropped from a shift when an earlier one still holds them: the verbs would refuse it too."""
    until: dict[int, datetime] = {}
    found = []
    for slot in sorted(slots, key=lambda each: _span(each)[0]):
        start, end = _span(slot)
        crew = tuple(each for each in slot.crew if until.get(each.pk, start) <= start)
        until |= {each.pk: end for each in crew}
        found.append(Slot(slot.day, slot.template, crew, slot.beat, slot.station))
    return found


def _write(team: Team, slots: Sequence[Slot], by: User, now: datetime) -> None:
    """Planned a week before; every fortieth was cancelled two days before. In bulk: the verbs would take a minute."""
    dice = random("patrol", team.name)
    rolls = dice.random(len(slots)) if slots else np.array([])
    rows = []
    for slot, roll in zip(slots, rolls, strict=True):
        start, end = _span(slot)
        cancelled = start - 2 * DAY if roll < 0.025 and start - 2 * DAY < now else None
        rows.append(
            Shift(
                team=team, division_id=team.division_id, template=slot.template, kind=slot.template.kind, beat=slot.beat,
                station=slot.station, starts_at=start, ends_at=end, needed_count=slot.template.crew_count,
                created_at=min(start - WEEK, now), created_by=by, cancelled_at=cancelled, cancelled_by=by if cancelled else None,
            )
        )  # fmt: skip
    made = Shift.objects.bulk_create(rows, batch_size=1000)
    crew = [Crew(shift=shift, user=each) for shift, slot in zip(made, slots, strict=True) for each in slot.crew]
    Crew.objects.bulk_create(crew, batch_size=1000)
