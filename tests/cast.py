"""The standing people and places: two towns side by side, two villages in each, and who works there.

105.60        105.65        105.70
  ┌─────────────┬─────────────┐ 37.54
  │ 640521100002│ 640521101002│
  ├── WEST ─────┼── EAST ─────┤ 37.50
  │ 640521100001│ 640521101001│
  └─────────────┴─────────────┘ 37.46
"""
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.utils import timezone

from geo.models import AccessReason, Compound, Division, DivisionOutline, Station, SurveillancePoint, User
from geo.surveillance.access import state_purpose

PROVINCE, CITY, COUNTY = "64", "6405", "640521"
WEST, EAST = "640521100", "640521101"
WEST_SOUTH, WEST_NORTH, EAST_SOUTH, EAST_NORTH = f"{WEST}001", f"{WEST}002", f"{EAST}001", f"{EAST}002"
PASSWORD = "a-word-for-tests"

# left, bottom, right, top
BOXES = {
    COUNTY: (105.60, 37.46, 105.70, 37.54),
    WEST: (105.60, 37.46, 105.65, 37.54),
    EAST: (105.65, 37.46, 105.70, 37.54),
    WEST_SOUTH: (105.60, 37.46, 105.65, 37.50),
    WEST_NORTH: (105.60, 37.50, 105.65, 37.54),
    EAST_SOUTH: (105.65, 37.46, 105.70, 37.50),
    EAST_NORTH: (105.65, 37.50, 105.70, 37.54),
}
NAMES = {
    PROVINCE: "宁夏回族自治区", CITY: "中卫市", COUNTY: "中宁县", WEST: "西镇", EAST: "东镇",
    WEST_SOUTH: "西南社区", WEST_NORTH: "西北村", EAST_SOUTH: "东南社区", EAST_NORTH: "东北村",
}  # fmt: skip
LEVELS = dict(zip((2, 4, 6, 9, 12), Division.Level, strict=True))


def box(left: float, bottom: float, right: float, top: float) -> MultiPolygon:
    return MultiPolygon(Polygon.from_bbox((left, bottom, right, top)), srid=4326)


def point(lon: float, lat: float) -> Point:
    return Point(lon, lat, srid=4326)


def square(lon: float, lat: float, half_deg: float = 0.001) -> MultiPolygon:
    """About 180 by 220 metres around a point."""
    return box(lon - half_deg, lat - half_deg, lon + half_deg, lat + half_deg)


def territory() -> dict[str, Division]:
    found = {}
    for code, name in NAMES.items():
        parent = next((known for known in reversed(found) if code.startswith(known)), None)
        found[code] = Division.objects.create(code=code, name=name, level=LEVELS[len(code)], parent_id=parent)
        if code in BOXES:
            DivisionOutline.objects.create(division=found[code], geom=box(*BOXES[code]), is_schematic=True, source="test")
    return found


def user(username: str, role: str, code: str = COUNTY, **fields) -> User:
    """Somebody who has changed the first password already."""
    return User.objects.create_user(username, PASSWORD, role=role, division_id=code, **{"must_change_password": False, **fields})


def county_officer() -> User:
    return user("county", User.Role.COUNTY_OFFICER)


def west_officer() -> User:
    return user("west", User.Role.TOWN_OFFICER, WEST)


def east_officer() -> User:
    return user("east", User.Role.TOWN_OFFICER, EAST)


def village_cadre() -> User:
    return user("cadre", User.Role.VILLAGE_CADRE, WEST_SOUTH)


def auditor() -> User:
    return user("auditor", User.Role.AUDITOR)


def compound(name: str, lon: float, lat: float, code: str, **fields) -> Compound:
    defaults = {"source_key": name, "kind": "gated", "household_count": 100}
    return Compound.objects.create(name=name, division_id=code, geom=square(lon, lat), **{**defaults, **fields})


def west_compound(**fields) -> Compound:
    return compound("西苑小区", 105.62, 37.48, WEST_SOUTH, **fields)


def east_compound(**fields) -> Compound:
    return compound("东苑小区", 105.68, 37.48, EAST_SOUTH, **fields)


def planner() -> User:
    return user("planner", User.Role.PLANNER)


def station(name: str, kind: str, lon: float, lat: float, code: str, **fields) -> Station:
    return Station.objects.create(name=name, source_key=name, kind=kind, division_id=code, geom=point(lon, lat), **fields)


def camera(name: str, lon: float, lat: float, code: str, **fields) -> SurveillancePoint:
    defaults = {"source_key": name, "working": "working", "legal_class": "art7_1", "owner_unit": "示例单位"}
    return SurveillancePoint.objects.create(name=name, division_id=code, geom=point(lon, lat), **{**defaults, **fields})


def purpose() -> AccessReason:
    """The migration's own row; tests that empty the tables take it away."""
    return AccessReason.objects.get_or_create(pk="coverage", defaults={"title": "覆盖分析", "title_en": "Coverage"})[0]


def with_purpose(who: User, now=None) -> User:
    """The same person, having said what exact positions are read for."""
    state_purpose(reason=purpose(), note="", by=who, now=now or timezone.now())
    return who
