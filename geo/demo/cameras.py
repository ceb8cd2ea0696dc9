"""Surveillance points (R4): where they stand, what they are for, and how well their papers are kept."""
from datetime import date, timedelta

import numpy as np

from geo.demo.plane import random
from geo.demo.posts import Marks
from geo.demo.spots import Spots

LAST_CHECK = date(2026, 9, 28)
DECREE_IN_FORCE = date(2025, 4, 1)

# place category: (legal class, owner, purpose)
USES = {
    "artery": ("art7_1", "示例公安视频管理单位", "道路治安"),
    "crowded": ("art7_1", "示例公安视频管理单位", "人员密集场所治安"),
    "key_area": ("art7_1", "示例公安视频管理单位", "重点区域治安"),
    "compound": ("undecided", "", "小区公共区域安全"),
    "key_unit": ("art7_2", "示例重点单位", "单位周界安全"),
    "office": ("art7_2", "示例机关", "办公区出入口安全"),
    "community": ("art7_1", "示例综治单位", "社区公共区域安全"),
    "industrial_park": ("art7_2", "示例园区管理单位", "园区安全"),
    "logistics_park": ("art7_2", "示例物流单位", "仓储安全"),
    "other": ("art9", "示例经营单位", "经营场所安全"),
}
WORKING = (("working", "faulty", "removed", "unknown"), (0.885, 0.07, 0.015, 0.03))
OPTICS = {"bullet": (62.0, 60.0), "dome": (58.0, 110.0), "panorama": (180.0, 45.0), "other": (75.0, 30.0)}


def build_cameras(spots: Spots, premises: Marks) -> Marks:
    dice = random("cameras")
    found: Marks = []
    for category, points in _places(spots, premises, dice):
        number = sum(row["place_category"] == category for _point, row in found)
        found += [(point, _row(dice, category, number + place)) for place, point in enumerate(points, 1)]
    for number, (_point, row) in enumerate(found, 1):
        row["source_key"] = f"DEMO-V-{number:05d}"
    return found


def _places(spots: Spots, premises: Marks, dice: np.random.Generator) -> list[tuple[str, np.ndarray]]:
    towns = spots.geography.towns
    crossings = np.vstack([spots.crossings(town)[: max(4, len(spots.crossings(town)) * 3 // 5)] for town in towns])
    busy = np.array([point for point, row in premises if row["kind"] in ("park", "station", "culture_market", "entertainment")])
    guarded = np.array([point for point, row in premises if row["kind"] in ("school", "public_facility")])
    others = np.array([point for point, row in premises if row["kind"] in ("hotel", "catering")])
    seats = np.array([village.seat for village in spots.geography.villages.values()])
    compounds = [
        spots.gates(site, min(5, round(site.row["camera_count"] / 9.5))) for site in spots.sites if (site.row["camera_count"] or 0) > 6
    ]
    blocks = {
        use: np.array([spots.in_block(dice, *place) for place in spots.blocks(use) for _ in range(3)]) for use in ("office", "industry")
    }
    split = len(blocks["industry"]) * 3 // 5
    return [
        ("artery", _spread(dice, crossings - (23.0, 0.0), 260)),
        ("artery", _open(spots, spots.roadside(dice, 260), 220)),
        ("crowded", _around(spots, dice, busy, 250)),
        ("key_area", spots.fronts(dice, 210, near=0.8)),
        ("compound", np.vstack(compounds)),
        ("key_unit", _around(spots, dice, guarded, 150)),
        ("office", blocks["office"]),
        ("community", _around(spots, dice, seats, 230)),
        ("industrial_park", blocks["industry"][:split]),
        ("logistics_park", blocks["industry"][split:]),
        ("other", _around(spots, dice, others, 60)),
    ]


def _spread(dice: np.random.Generator, points: np.ndarray, count: int) -> np.ndarray:
    return points[np.sort(dice.choice(len(points), min(count, len(points)), replace=False))]


def _open(spots: Spots, points: np.ndarray, count: int) -> np.ndarray:
    return points[spots.is_open(points, 1)][:count]


def _around(spots: Spots, dice: np.random.Generator, points: np.ndarray, count: int) -> np.ndarray:
    tries = points[dice.integers(len(points), size=count * 3)] + dice.normal(0, 14, (count * 3, 2))
    return _open(spots, tries, count)


def _row(dice: np.random.Generator, category: str, number: int) -> dict:
    legal_class, owner, purpose = USES[category]
    kind = str(dice.choice(["bullet", "dome", "panorama", "other"], p=(0.6, 0.27, 0.08, 0.05)))
    angle, reach = OPTICS[kind]
    in_use_since = date(2016, 1, 1) + timedelta(days=int(dice.integers(0, 3850)))
    row = {
        "name": f"{purpose}监控点{number}号",
        "kind": kind,
        "place_category": category,
        "legal_class": legal_class,
        "owner_unit": owner,
        "purpose": purpose,
        "working": str(dice.choice(WORKING[0], p=WORKING[1])),
        "checked_on": LAST_CHECK - timedelta(days=int(dice.gamma(2, 16))),
        "bearing_deg": float(dice.integers(0, 72) * 5),
        "view_angle_deg": angle,
        "range_m": float(round(reach * dice.uniform(0.7, 1.3))),
        "in_use_since": in_use_since,
        "has_sign": bool(dice.random() < 0.9),
        "retention_days": int(dice.choice([30, 90, 15, 7], p=(0.76, 0.16, 0.06, 0.02))),
        "forbidden_interior_ruled_out_on": date(2025, 5, 1) + timedelta(days=int(dice.integers(130, 510))),
    }
    if row["working"] == "unknown":
        row["checked_on"] = None
    return row | _papers(dice, in_use_since, number) | _gaps(dice)


def _papers(dice: np.random.Generator, in_use_since: date, number: int) -> dict:
    """Filed within 30 days of use; older ones within 90 days of the decree; some late, some never."""
    lot = dice.random()
    if lot < 0.08:
        return {"filing_number": "", "filed_on": None}
    allowed = 30 if in_use_since >= DECREE_IN_FORCE else 90
    began = max(in_use_since, DECREE_IN_FORCE)
    filed_on = began + timedelta(days=int(dice.integers(1, allowed) if lot < 0.93 else dice.integers(allowed, allowed + 40)))
    return {"filing_number": f"演示备案-{filed_on.year}-{number:04d}", "filed_on": min(filed_on, LAST_CHECK)}


def _gaps(dice: np.random.Generator) -> dict:
    """What nobody has written down yet."""
    gaps = {}
    if dice.random() < 0.06:
        gaps |= {"bearing_deg": None, "view_angle_deg": None, "range_m": None}
    if dice.random() < 0.05:
        gaps |= {"retention_days": None, "has_sign": None}
    if dice.random() < 0.1:
        gaps |= {"forbidden_interior_ruled_out_on": None}
    return gaps


def build_checks(rows: list[dict]) -> list[dict]:
    """Dated checks of the points: the newest is the point's own state, up to three older ones came before it."""
    dice = random("checks")
    found = []
    for row in rows:
        if row["checked_on"] is None:
            continue
        found.append({"point": row["source_key"], "checked_on": row["checked_on"], "result": row["working"], "note": ""})
        day = row["checked_on"]
        for _earlier in range(int(dice.integers(0, 4))):
            day -= timedelta(days=int(dice.integers(40, 110)))
            if day <= row["in_use_since"]:
                break
            result = "faulty" if dice.random() < 0.1 else "working"
            note = "已报修" if result == "faulty" else ""
            found.append({"point": row["source_key"], "checked_on": day, "result": result, "note": note})
    return found
