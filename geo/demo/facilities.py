"""Public facilities (R16): lamps and signs along streets, hydrants and barriers at compounds. Invented like all of the demo."""
from datetime import date, timedelta

from geo.demo.plane import random
from geo.demo.posts import Marks
from geo.demo.spots import Spots

LAST_CHECK = date(2026, 9, 27)
# kind: (how many, name, owner)
ALONG_STREETS = {
    "lamp": (260, "示例路灯", "示例市政单位"),
    "sign": (60, "示例标识牌", "示例市政单位"),
    "hydrant": (90, "示例消火栓", "示例供水单位"),
    "fence": (40, "示例围栏", "示例市政单位"),
}
# kind: (share of compounds that have one registered, name)
AT_GATES = {"barrier": (0.45, "道闸"), "access_control": (0.3, "门禁"), "lock": (0.2, "单元门锁")}
CONDITION = (("good", "defective", "missing", "unknown"), (0.84, 0.09, 0.02, 0.05))


def build_facilities(spots: Spots) -> Marks:
    dice = random("facilities")
    found: Marks = []
    for kind, (count, name, owner) in ALONG_STREETS.items():
        points = spots.fronts(dice, count, near=0.6)
        found += [(point, {"name": f"{name}{number}号", "kind": kind, "owner_unit": owner}) for number, point in enumerate(points, 1)]
    for site in spots.sites:
        for kind, (share, name) in AT_GATES.items():
            if dice.random() < share:
                row = {"name": f"{site.row['name']}{name}", "kind": kind, "owner_unit": site.row["manager_unit"]}
                found.append((spots.gates(site, 1)[0], row))
    for number, (_point, row) in enumerate(found, 1):
        row["source_key"] = f"DEMO-F-{number:05d}"
        row["condition"] = str(dice.choice(CONDITION[0], p=CONDITION[1]))
        row["last_checked_on"] = None if dice.random() < 0.08 else LAST_CHECK - timedelta(days=int(dice.gamma(2, 45)))
    return found
