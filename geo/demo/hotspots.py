"""Key-rectification zones (R6): urban villages, fringes, old compounds, surroundings of schools, parks and stations."""
from datetime import date, timedelta

import numpy as np
import shapely
from shapely.geometry import Polygon

from geo.demo.homes import Site
from geo.demo.plane import random
from geo.demo.posts import Marks
from geo.demo.spots import Spots

# kind: (how many, name, radius in metres, why it is listed)
KINDS = {
    "old_compounds": (17, "老旧小区片区", None, "楼院开放、照明不足，入室盗窃多发"),
    "urban_village": (11, "城中村片区", (130, 230), "出租房屋集中，消防通道不畅"),
    "fringe": (11, "城乡结合部片区", (190, 330), "路口多、夜间巡逻少"),
    "campus": (11, "校园周边", (110, 170), "上下学时段秩序混乱"),
    "park": (5, "公园周边", (120, 180), "夜间照明不足"),
    "station": (5, "车站周边", (110, 170), "扒窃多发、占道停车"),
}
STATUSES = (("listed", "rectifying", "accepted", "delisted", "relisted"), (0.22, 0.36, 0.14, 0.21, 0.07))
# Towns by how much of the trouble is theirs.
TOWN_SHARE = {"640521100": 9.0, "640521102": 3.0, "640521105": 3.0, "640521103": 2.5, "640521101": 1.5, "640521206": 1.2}


def build_zones(spots: Spots, premises: Marks) -> list[tuple[Polygon, dict]]:
    """(shape in metres, row): no two overlap."""
    dice = random("zones")
    found: list[tuple[Polygon, dict]] = []
    for kind, (count, *_rest) in KINDS.items():
        taken = 0
        for shape in _candidates(spots, premises, dice, kind):
            if taken < count and all(shape.distance(other) > 25 for other, _row in found):
                taken += 1
                found.append((shape, _names(spots, shape, kind, taken)))
    for number, (shape, row) in enumerate(found, 1):
        row |= {"source_key": f"DEMO-Z-{number:03d}", "reasons": KINDS[row["kind"]][3], "household_count": _households(spots.sites, shape)}
        row |= _dates(dice)
    return found


def _candidates(spots: Spots, premises: Marks, dice: np.random.Generator, kind: str):
    """More shapes than needed, in a random order that prefers the larger towns."""
    radius = KINDS[kind][2]
    if kind == "old_compounds":
        yield from _old_blocks(spots, dice)
        return
    if kind in ("urban_village", "fringe"):
        centres = [_fringe_point(spots, dice, further=1.0 if kind == "urban_village" else 1.14) for _ in range(140)]
    else:
        of_kind = {"campus": "school"}.get(kind, kind)
        centres = [point for point, row in premises if row["kind"] == of_kind]
        centres = [centres[place] for place in dice.permutation(len(centres))]
    for centre in centres:
        shape = _blob(dice, centre, dice.uniform(*radius))
        if spots.geography.county.contains(shape) and not spots.basemap.water.intersects(shape):
            yield shape


def _old_blocks(spots: Spots, dice: np.random.Generator):
    """One to three neighbouring blocks in which old compounds stand."""
    old = shapely.STRtree([site.shape for site in spots.sites if site.row["kind"] in ("old", "open_yard")])
    blocks = [(core, block) for core, block in spots.blocks("homes")]
    shapes = [core.box(*block.bounds) for core, block in blocks]
    aged = [place for place, shape in enumerate(shapes) if len(old.query(shape, predicate="contains")) >= 1]
    tree = shapely.STRtree(shapes)
    for place in dice.permutation(aged):
        near = [other for other in tree.query(shapes[place], predicate="touches") if other in aged and other != place]
        whole = shapely.union_all([shapes[place], *(shapes[other] for other in near[: dice.integers(0, 3)])]).buffer(-6, join_style="mitre")
        if whole.geom_type == "Polygon":
            yield whole


def _fringe_point(spots: Spots, dice: np.random.Generator, further: float) -> np.ndarray:
    towns = list(spots.geography.towns.values())
    share = np.array([TOWN_SHARE.get(town.code, 0.5) for town in towns])
    core = towns[dice.choice(len(towns), p=share / share.sum())].core
    hull = shapely.convex_hull(core.shape).exterior
    point = shapely.get_coordinates(hull.interpolate(dice.uniform(), normalized=True))[0]
    return core.centre + (point - core.centre) * further


def _blob(dice: np.random.Generator, centre, radius: float) -> Polygon:
    around = np.linspace(0, 2 * np.pi, 11, endpoint=False) + dice.uniform(0, 0.4)
    far = radius * dice.uniform(0.72, 1.22, len(around))
    return Polygon(np.column_stack([centre[0] + far * np.cos(around), centre[1] + far * np.sin(around)]))


def _names(spots: Spots, shape: Polygon, kind: str, number: int) -> dict:
    code = spots.geography.village_at(np.array([shape.representative_point()]))[0]
    town = spots.geography.towns[code[:9]].name
    units = {"lead_unit": f"{town}示例综治单位", "joint_units": "示例派出所、示例消防单位、示例社区"}
    return {"kind": kind, "name": f"{town}示例{KINDS[kind][1]}{number}号"} | units


def _households(sites: list[Site], shape: Polygon) -> int:
    """Of the compounds inside by their share, and of single houses in the rest."""
    inside = [(site, shapely.intersection(site.shape, shape).area / site.shape.area) for site in sites if site.shape.intersects(shape)]
    covered = sum(site.shape.area * share for site, share in inside)
    return round(sum(site.households * share for site, share in inside) + max(0, shape.area - covered) / 900)


def _dates(dice: np.random.Generator) -> dict:
    """Listed in the last three years; a term of six to fourteen months; delisted after it was accepted."""
    status = str(dice.choice(STATUSES[0], p=STATUSES[1]))
    recent = status in ("listed", "rectifying")
    listed_on = (
        date(2026, 1, 5) + timedelta(days=int(dice.integers(0, 240)))
        if recent
        else date(2024, 2, 1) + timedelta(days=int(dice.integers(0, 420)))
    )
    target_on = listed_on + timedelta(days=int(dice.integers(180, 420)))
    delisted_on = min(target_on + timedelta(days=int(dice.integers(-20, 60))), date(2026, 9, 20)) if status == "delisted" else None
    return {"status": status, "listed_on": listed_on, "target_on": target_on, "delisted_on": delisted_on}
