"""What a study stands on, read from the registers: demand, what stands already, candidates by rule and hand, forbidden places.

All points are shapely points in metres (a CGCS2000 zone). Demand is households, places, villages or streets, never persons.
"""
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import shapely
from django.contrib.gis.geos import Point

from geo.coords import from_plane, gauss_kruger_epsg, to_plane
from geo.coverage import coverage, is_usable, walked_roads
from geo.models import Compound, Division, DivisionOutline, PostsStandard, Premises, Station, SurveillancePoint, SurveillanceStandard, User
from geo.roadnet import Network
from zones.models import SiteStudy, SitingStandard
from zones.site_studies.hand import BARRED, FORCED, parsed
from zones.site_studies.questions import Question, StudyRefused
from zones.siting.sectors import Sectors

Rule, Demand, Kind = SiteStudy.Rule, SiteStudy.Demand, SiteStudy.Kind
# What a candidate comes from beside the rules: a person's own line, or the same camera's place with another bearing.
HAND, TURNED = "hand", "turned"
ON_ROADS = (Kind.KIOSK, Kind.CHECKPOINT)


@dataclass(frozen=True)
class Served:
    """What is to be served; a weight that is not known is NaN."""

    points: np.ndarray
    weights: np.ndarray
    names: list[str]
    towns: list[str]


@dataclass(frozen=True)
class Standing:
    """What stands and serves. Surveillance points have views and no names: where they stand is not told."""

    points: np.ndarray
    names: list[str] = field(default_factory=list)
    sectors: Sectors | None = None
    unknown_view_count: int = 0


@dataclass
class Candidates:
    """`near` names what a candidate is at or near; `thinned` is (how many there were, the distance that was kept) or None."""

    points: list[shapely.Point] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    near: list[str] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    forced: list[int] = field(default_factory=list)
    forbidden: dict[int, str] = field(default_factory=dict)
    thinned: tuple[int, int] | None = None

    def add(self, point: shapely.Point, rule: str, near: str, cost: float) -> int:
        self.points.append(point)
        self.rules.append(rule)
        self.near.append(near)
        self.costs.append(cost)
        return len(self.points) - 1


class Ground:
    """The registers of one area on one day, read as they are asked for."""

    def __init__(self, question: Question, standard: SitingStandard, *, by: User, on: date):
        self.question, self.standard, self.by, self.on = question, standard, by, on
        self.scope = question.division
        outline = DivisionOutline.objects.in_force(on).ground_of(self.scope)
        if outline is None:
            raise StudyRefused("no_outline")
        outline = shapely.from_wkb(bytes(outline.wkb))
        self.epsg = gauss_kruger_epsg(float(np.mean(outline.bounds[::2])))
        [self.area] = to_plane([outline], self.epsg)
        self.degrees = np.array(outline.bounds)
        self.access_m = PostsStandard.objects.at(on).road_access_m

    def plane(self, shapes: Iterable) -> np.ndarray:
        found = np.array([shapely.from_wkb(bytes(each.wkb)) for each in shapes], dtype=object)
        return to_plane(found, self.epsg) if len(found) else found

    @cached_property
    def network(self) -> Network:
        roads = [shape for _row, shape in walked_roads(self.degrees)]
        return Network.of(to_plane(np.array(roads, dtype=object), self.epsg) if roads else np.empty(0, dtype=object))

    @cached_property
    def roads(self) -> shapely.STRtree | None:
        return shapely.STRtree(self.network.pieces) if len(self.network.pieces) else None

    @cached_property
    def compounds(self) -> tuple[list[Compound], np.ndarray]:
        rows = list(Compound.objects.in_division(self.scope).order_by("pk"))
        return rows, self.plane(each.geom for each in rows)

    @cached_property
    def premises(self) -> tuple[list[Premises], np.ndarray]:
        rows = list(Premises.objects.in_division(self.scope).order_by("pk"))
        return rows, self.plane(each.geom for each in rows)

    @cached_property
    def villages(self) -> tuple[list[Division], np.ndarray]:
        """Communities and villages with their seats, or a point inside where no seat is known."""
        outlines = {
            each.division_id: each.geom
            for each in DivisionOutline.objects.in_force(self.on).in_division(self.scope).filter(division__level=Division.Level.VILLAGE)
        }
        rows = Division.objects.in_force(self.on).in_division(self.scope).at_level(Division.Level.VILLAGE).order_by("code")
        found = [(each, each.seat or outlines[each.code].point_on_surface) for each in rows if each.seat or each.code in outlines]
        return [each for each, _seat in found], self.plane(seat for _each, seat in found)

    @cached_property
    def built_up(self) -> np.ndarray:
        """Points of compounds and premises: where people are."""
        return np.concatenate([shapely.point_on_surface(self.compounds[1]), self.premises[1]])

    def served(self) -> Served:
        points, weights, names, towns = getattr(self, f"_{self.question.demand}")()
        if len(points) > self.standard.demands_at_most:
            raise StudyRefused("too_many_demands", {"count": len(points), "most": self.standard.demands_at_most})
        return Served(np.asarray(points, dtype=object), np.asarray(weights, float), names, towns)

    def _households(self) -> tuple:
        rows, shapes = self.compounds
        weights = [np.nan if each.household_count is None else each.household_count for each in rows]
        return shapely.point_on_surface(shapes), weights, [each.name for each in rows], [each.division_id[:9] for each in rows]

    def _places(self) -> tuple:
        """Cameras are for crowded places and key units (article 7); posts serve every key place."""
        rows, points = self.premises
        kinds = None
        if self.question.kind == Kind.CAMERA:
            asked = SurveillanceStandard.objects.at(self.on)
            kinds = {*asked.crowded_kinds, *asked.key_unit_kinds}
        taken = [number for number, each in enumerate(rows) if kinds is None or each.kind in kinds]
        rows = [rows[number] for number in taken]
        return points[taken], np.ones(len(rows)), [each.name for each in rows], [each.division_id[:9] for each in rows]

    def _villages(self) -> tuple:
        rows, points = self.villages
        return points, np.ones(len(rows)), [each.name for each in rows], [each.code[:9] for each in rows]

    def _streets(self) -> tuple:
        """Main streets as on the page of coverage, a point for each so many metres; the weight is metres."""
        points, weights, names, towns = [np.empty(0, dtype=object)], [np.empty(0)], [], []
        for street in coverage(self.by, on=self.on).streets:
            if not street.town_code.startswith(self.scope):
                continue
            [line] = to_plane([street.line], self.epsg)
            for part in shapely.get_parts(line):
                steps = max(1, round(part.length / self.standard.street_step_m))
                points.append(shapely.line_interpolate_point(part, (np.arange(steps) + 0.5) / steps, normalized=True))
                weights.append(np.full(steps, part.length / steps))
                names += [street.name] * steps
                towns += [street.town_code] * steps
        return np.concatenate(points), np.rint(np.concatenate(weights)), names, towns

    def standing(self) -> Standing:
        if self.question.kind == Kind.CAMERA:
            return self._cameras()
        rows = Station.objects.in_division(self.by.division_id).filter(kind=self.question.kind).order_by("pk")
        planned = Station.Status.PLANNED if self.question.counts_planned else None
        rows = [each for each in rows if is_usable(each) or each.status == planned]
        return Standing(self.plane(each.geom for each in rows), [each.name for each in rows])

    def _cameras(self) -> Standing:
        rows = SurveillancePoint.objects.in_division(self.by.division_id).filter(working=SurveillancePoint.Working.WORKING).order_by("pk")
        known = list(rows.exclude(bearing_deg=None).exclude(view_angle_deg=None).exclude(range_m=None))
        points = self.plane(each.geom for each in known)
        parts = (np.array([getattr(each, name) for each in known], float) for name in ("bearing_deg", "view_angle_deg", "range_m"))
        return Standing(points, [], Sectors(shapely.get_x(points), shapely.get_y(points), *parts), rows.count() - len(known))

    def candidates(self) -> Candidates:
        found, barred = Candidates(), []
        for each in parsed(self.question.hand):
            [point] = to_plane([shapely.Point(each.lon, each.lat)], self.epsg)
            if each.mark == BARRED:
                barred.append(point)
                continue
            number = found.add(point, HAND, each.name, self.question.cost_new if each.cost is None else each.cost)
            if each.mark == FORCED:
                found.forced.append(number)
        offered = [one for rule in Rule.values if rule in self.question.rules for one in getattr(self, f"_by_{rule}")()]
        inside = shapely.contains_xy(self.area, [(one[0].x, one[0].y) for one in offered]) if offered else []
        self._take(found, [one for one, is_in in zip(offered, inside, strict=True) if is_in])
        self._forbid(found, barred)
        return found

    def _take(self, found: Candidates, offered: list[tuple]) -> None:
        """One of several that stand close together, the first rule's; farther apart where there would be too many."""
        apart, most = self.standard.apart_m, self.standard.candidates_at_most - len(found.points)
        kept = _spaced(offered, apart)
        before = len(kept)
        while len(kept) > most:
            apart *= 2
            kept = _spaced(offered, apart)
        if len(kept) < before:
            found.thinned = before, apart
        for one in kept:
            found.add(*one)

    def _by_premises(self):
        for row, point in zip(*self.premises, strict=True):
            if row.kind in self.standard.public_kinds:
                yield point, Rule.PREMISES.value, row.name, self.question.cost_inside

    def _by_seats(self):
        for row, point in zip(*self.villages, strict=True):
            yield point, Rule.SEATS.value, row.name, self.question.cost_inside

    def _by_crossings(self):
        points = self.network.crossings()
        yield from self._named(points, Rule.CROSSINGS.value)

    def _by_frontages(self):
        rows, shapes = self.compounds
        yield from self._at_roads(rows, shapely.boundary(shapes), Rule.FRONTAGES.value)

    def _by_roadside(self):
        yield from self._at_roads(*self.premises, Rule.ROADSIDE.value)

    def _by_grid(self):
        west, south, east, north = self.area.bounds
        step = self.standard.grid_m
        xs, ys = np.meshgrid(np.arange(np.ceil(west / step), east / step) * step, np.arange(np.ceil(south / step), north / step) * step)
        yield from self._named(shapely.points(xs.ravel(), ys.ravel()), Rule.GRID.value)

    def _at_roads(self, rows: list, shapes: np.ndarray, rule: str):
        """Where the way from a place meets the nearest road, if that is near enough."""
        if self.roads is None or not rows:
            return
        row, piece = self.roads.query_nearest(shapes, all_matches=False)
        lines = shapely.shortest_line(shapes[row], self.network.pieces[piece])
        for number, line in zip(row, lines, strict=True):
            if line.length <= self.standard.built_up_m:
                yield shapely.get_point(line, -1), rule, rows[number].name, self.question.cost_new

    def _named(self, points: np.ndarray, rule: str):
        """Points near a compound or premises, with the name of the nearest."""
        if not len(points) or not len(self.built_up):
            return
        names = [each.name for each in (*self.compounds[0], *self.premises[0])]
        limit = self.standard.built_up_m
        row, near = shapely.STRtree(self.built_up).query_nearest(points, max_distance=limit, all_matches=False)
        for number, name in zip(row, near, strict=True):
            yield points[number], rule, names[name], self.question.cost_new

    def _forbid(self, found: Candidates, barred: list[shapely.Point]) -> None:
        """Where nothing may stand, and why; the first reason that holds is told."""
        points = np.array(found.points, dtype=object)
        if not len(points):
            return
        reasons = [("outside", ~shapely.contains_xy(self.area, shapely.get_x(points), shapely.get_y(points)))]
        if barred:
            reasons.append(("barred", shapely.distance(points, shapely.multipoints(barred)) <= self.standard.barred_m))
        if self.question.kind == Kind.CAMERA:
            rows, places = self.premises
            private = [place for row, place in zip(rows, places, strict=True) if row.kind in self.standard.forbidden_kinds]
            if private:
                reasons.append(("interior", shapely.distance(points, shapely.multipoints(private)) <= self.standard.forbidden_m))
            if len(self.compounds[1]):
                reasons.append(("non_public", _in_any(points, self.compounds[1])))
        if self.question.kind in ON_ROADS and self.roads is not None:
            near, _piece = self.roads.query_nearest(points, max_distance=self.standard.beside_road_m, all_matches=False)
            reasons.append(("off_road", ~np.isin(np.arange(len(points)), near)))
        for why, holds in reasons:
            for number in np.flatnonzero(holds):
                found.forbidden.setdefault(int(number), why)

    def town_of(self, lon: float, lat: float) -> str:
        found = Division.objects.covering(Point(lon, lat, srid=4326), on=self.on).first()
        return found.code[:9] if found else ""

    def lonlat(self, points: np.ndarray | list) -> np.ndarray:
        """Degrees, rounded to a decimetre."""
        points = np.asarray(points, dtype=object)
        return np.round(shapely.get_coordinates(from_plane(points, self.epsg)), 6) if len(points) else np.empty((0, 2))


def _spaced(offered: list[tuple], apart: float) -> list[tuple]:
    """Those that stand at least so far from every one before them."""
    kept, cells = [], {}
    for one in offered:
        x, y = one[0].x, one[0].y
        cell = int(x // apart), int(y // apart)
        around = [other for east in (-1, 0, 1) for north in (-1, 0, 1) for other in cells.get((cell[0] + east, cell[1] + north), ())]
        if all((x - other[0]) ** 2 + (y - other[1]) ** 2 >= apart**2 for other in around):
            kept.append(one)
            cells.setdefault(cell, []).append((x, y))
    return kept


def _in_any(points: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """Whether a point lies within an outline and not on its edge."""
    row, _shape = shapely.STRtree(shapes).query(points, predicate="within")
    return np.isin(np.arange(len(points)), row)
