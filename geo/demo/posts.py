"""Stations (R3) and key premises (R7)."""
from datetime import date, timedelta

import numpy as np
from shapely.geometry import Point

from geo.demo.geography import Geography, Village
from geo.demo.plane import random
from geo.demo.spots import Spots

LAST_INSPECTION = date(2026, 9, 29)
POLICE_ROOMS_IN_VILLAGES = 71
KIOSKS = {"640521100": 20, "640521102": 6, "640521105": 5, "640521103": 4, "640521101": 3, "640521206": 2}
CHECKPOINTS = 20

# kind: (how many, names, smallest and largest capacity)
PREMISES = {
    "catering": (196, ("示例餐馆", "示例面馆", "示例小吃店"), (20, 160)),
    "hotel": (66, ("示例旅馆", "示例宾馆"), (15, 120)),
    "entertainment": (44, ("示例歌厅", "示例网吧", "示例棋牌室"), (30, 220)),
    "bath": (38, ("示例浴室", "示例洗浴中心"), (20, 120)),
    "culture_market": (30, ("示例书店", "示例音像店", "示例文具店"), (10, 60)),
    "public_facility": (92, ("示例文化广场", "示例卫生室", "示例便民服务点", "示例配电设施"), (30, 400)),
    "other": (18, ("示例快递点", "示例加油站"), (5, 40)),
}

Marks = list[tuple[np.ndarray, dict]]


def build_stations(spots: Spots) -> Marks:
    dice = random("stations")
    geography = spots.geography
    found = [*_police_stations(spots, dice), *_police_rooms(spots, dice), *_kiosks(spots), *_checkpoints(spots, dice)]
    for number, (_point, row) in enumerate(found, 1):
        row |= {
            "source_key": f"DEMO-S-{number:03d}",
            "condition": str(dice.choice(["good", "repair", "out_of_use", "unknown"], p=(0.82, 0.1, 0.03, 0.05))),
        }
        row["status"] = "planned" if row["kind"] in ("police_room", "kiosk") and dice.random() < 0.07 else "built"
        if row["status"] == "planned":
            row["condition"] = "unknown"
    _name_units(geography, found)
    return found


def _police_stations(spots: Spots, dice: np.random.Generator) -> Marks:
    """One in each town, in its office block, and a second in the county seat."""
    found = []
    for town in spots.geography.towns.values():
        offices = [block for core, block in spots.blocks("office") if core.town == town.code]
        for number in range(2 if town.code == "640521100" else 1):
            block = offices[number]
            row = {
                "name": f"{town.name}示例派出所" + ("（城东）" if number else ""),
                "kind": "police_station",
                "hours": "24小时",
                "equipment": "巡逻车、执法记录设备",
            }
            found.append((spots.in_block(dice, town.core, block), row))
    return found


def _police_rooms(spots: Spots, dice: np.random.Generator) -> Marks:
    """In most communities and about half of the villages: the rest is what R3 asks about."""
    communities = [village for village in spots.geography.villages.values() if village.is_community]
    rural = [village for village in spots.geography.villages.values() if not village.is_community]
    with_room = communities[:-3] + [rural[place] for place in sorted(dice.choice(len(rural), POLICE_ROOMS_IN_VILLAGES, replace=False))]
    hours = {True: "08:00-22:00", False: "08:00-18:00"}
    return [
        (
            _beside(spots, dice, village),
            {
                "name": f"{village.name}示例警务室",
                "kind": "police_room",
                "hours": hours[village.is_community],
                "equipment": "办公设备、急救箱",
            },
        )
        for village in with_room
    ]


def _beside(spots: Spots, dice: np.random.Generator, village: Village) -> np.ndarray:
    """An open place in the village, as close to its seat as a few throws find."""
    seat = np.array(village.seat)
    for spread in (40, 60, 90, 130, 180, 240, 320):
        points = seat + dice.normal(0, spread, (40, 2))
        good = points[spots.is_open(points, 4)]
        good = [point for point in good if village.shape.contains(Point(point))]
        if good:
            return good[0]
    return seat


def _kiosks(spots: Spots) -> Marks:
    found = []
    for town, count in KIOSKS.items():
        crossings = spots.crossings(town)
        for number, place in enumerate(np.linspace(0, len(crossings) * 0.7, count).astype(int), 1):
            name = f"{spots.geography.towns[town].name}示例岗亭{number}号"
            found.append(
                (
                    crossings[place],
                    {"name": name, "kind": "kiosk", "hours": "07:00-23:00" if number > 3 else "24小时", "equipment": "反光锥、急救箱"},
                )
            )
    return found


def _checkpoints(spots: Spots, dice: np.random.Generator) -> Marks:
    """Beside main roads and motorways, far from each other."""
    tries = spots.roadside(dice, 900, ("main_road", "motorway"))
    tries = tries[spots.is_open(tries, 10)]
    chosen = [tries[0]]
    while len(chosen) < CHECKPOINTS:
        gap = np.min([np.hypot(*(tries - one).T) for one in chosen], axis=0)
        chosen.append(tries[gap.argmax()])
    return [
        (
            point,
            {
                "name": f"示例治安卡点{number}号",
                "kind": "checkpoint",
                "hours": "24小时" if number % 3 else "节假日及重要时段",
                "equipment": "拦车设备、照明",
            },
        )
        for number, point in enumerate(chosen, 1)
    ]


def _name_units(geography: Geography, found: Marks) -> None:
    codes = geography.village_at(np.array([Point(point) for point, _row in found]))
    for code, (_point, row) in zip(codes, found, strict=True):
        row["unit"] = f"{geography.towns[code[:9]].name}示例派出所"


def build_premises(spots: Spots) -> Marks:
    dice = random("premises")
    found = _schools(spots, dice) + _open_places(spots, dice)
    for kind, (count, names, capacity) in PREMISES.items():
        rural = round(count * (0.6 if kind == "public_facility" else 0.16))
        points = np.vstack([spots.fronts(dice, count - rural, near=1.6), spots.around_villages(dice, rural, 120)])
        for number, point in enumerate(points, 1):
            row = {
                "name": f"{names[dice.integers(len(names))]}{number}号",
                "kind": kind,
                "operator_unit": f"示例经营单位{dice.integers(1, 400)}号",
            }
            found.append((point, row | {"capacity_count": int(dice.integers(*capacity))}))
    for number, (_point, row) in enumerate(found, 1):
        row["source_key"] = f"DEMO-P-{number:04d}"
        row["last_inspected_on"] = None if dice.random() < 0.09 else LAST_INSPECTION - timedelta(days=int(dice.gamma(2, 60)))
        if dice.random() < 0.07:
            row["capacity_count"] = None
    return found


def _schools(spots: Spots, dice: np.random.Generator) -> Marks:
    """In the school blocks, and in some villages."""
    found = []
    for number, (core, block) in enumerate(spots.blocks("school"), 1):
        kinds = ("示例中学", "示例小学", "示例幼儿园")
        town = spots.geography.towns[core.town]
        for kind in kinds if block.nearness > 0.5 else kinds[1:]:
            row = {"name": f"{town.name}{kind}{number}号", "kind": "school", "operator_unit": "示例教育单位"}
            found.append((spots.in_block(dice, core, block), row | {"capacity_count": int(dice.integers(120, 1900))}))
    rural = [village for village in spots.geography.villages.values() if not village.is_community]
    for place in dice.choice(len(rural), 26, replace=False):
        row = {
            "name": f"{rural[place].name}示例小学",
            "kind": "school",
            "operator_unit": "示例教育单位",
            "capacity_count": int(dice.integers(60, 320)),
        }
        found.append((_beside(spots, dice, rural[place]), row))
    return found


def _open_places(spots: Spots, dice: np.random.Generator) -> Marks:
    """Parks, stations of trains and buses, markets."""
    found = []
    for use, kind, name, capacity in (
        ("park", "park", "示例公园", (300, 3000)),
        ("market", "culture_market", "示例集贸市场", (200, 1500)),
        ("hospital", "public_facility", "示例医院", (200, 900)),
    ):
        for number, (core, block) in enumerate(spots.blocks(use), 1):
            row = {"name": f"{spots.geography.towns[core.town].name}{name}{number}号", "kind": kind, "operator_unit": "示例管理单位"}
            found.append((spots.in_block(dice, core, block), row | {"capacity_count": int(dice.integers(*capacity))}))
    for town in spots.geography.towns.values():
        end = spots.fronts(dice, 1, towns={code: float(code == town.code) for code in spots.geography.towns}, near=0.2)[0]
        found.append(
            (
                end,
                {
                    "name": f"{town.name}示例汽车站",
                    "kind": "station",
                    "operator_unit": "示例客运单位",
                    "capacity_count": int(dice.integers(60, 800)),
                },
            )
        )
    return found
