"""Invented assessments of projects: one at work with a notice that asks for opinions, one that waits for its decision, two decided."""
from datetime import datetime, timedelta

from django.contrib.gis.geos import MultiPolygon, Polygon
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import Compound, User
from zones.assessments import work
from zones.models import Assessment, AssessmentMeeting, ProjectKind
from zones.periods import day_of

S, F, K, M = Assessment.State, work.F, ProjectKind, AssessmentMeeting.Kind
DAYS_BACK = 60
# Name, kind, unit and summary, how far it comes, and the items that are not met as they should be.
PROJECTS = (
    (
        gettext_lazy("示例老旧小区加装照明和门禁项目"), K.RENEWAL,
        gettext_lazy("演示：给三个院落装路灯、单元门禁和充电棚，施工约三个月。"),
        S.GO, {},
    ),
    (
        gettext_lazy("示例沿街农贸市场扩建项目"), K.BUILDING,
        gettext_lazy("演示：市场向北扩建，新增摊位和停车位，周边两条街道夜间有货车进出。"),
        S.WAIT, {"neighbours": F.UNMET, "order_plan": F.PARTLY},
    ),
    (
        gettext_lazy("示例环镇道路拓宽项目"), K.ROAD,
        gettext_lazy("演示：道路由两车道拓宽为四车道，学校门前设过街设施。"),
        S.REPORTED, {"timing": F.PARTLY},
    ),
    (
        gettext_lazy("示例物流园一期项目"), K.INDUSTRY,
        gettext_lazy("演示：在城乡结合部建仓储和分拣用房，出入口设在规划道路上。"),
        S.DRAFT, {},
    ),
)  # fmt: skip


def load(*, now: datetime) -> int:
    """Inside the demo's own transaction. Projects lie beside compounds of the demo's largest town, as points and as outlines."""
    planner, county = (User.objects.get_by_natural_key(name) for name in ("planner_county", "county"))
    places = Compound.objects.in_division("640521100").order_by("source_key")[::40][: len(PROJECTS)]
    for number, (project, place) in enumerate(zip(PROJECTS, places, strict=False)):
        spot = place.geom.point_on_surface
        if number % 2:
            spot = MultiPolygon(Polygon.from_bbox((spot.x - 0.002, spot.y - 0.0012, spot.x + 0.002, spot.y + 0.0012)), srid=4326)
        _bring(project, spot, planner, county, now)
    return len(PROJECTS)


def _bring(project: tuple, spot, planner: User, county: User, now: datetime) -> None:
    name, kind, summary, end, unmet = project
    start = now - timedelta(days=DAYS_BACK)
    texts = {"name": str(name), "owner_unit": _("示例建设单位"), "place_name": _("示例街道北侧"), "summary": str(summary)}
    found = work.create(texts=texts, kind=kind, geom=spot, by=planner, now=start)
    given = {each.key: _answer(unmet.get(each.key, F.MET)) for each in work.items_of(found)}
    if end == S.DRAFT:
        given = dict(list(given.items())[:8])
    work.answer(found, given, by=planner, now=start)
    for days, of_kind, people in ((2, M.TALK, 18), (4, M.VISITS, 46)):
        at = start + timedelta(days=days)
        meeting = {"kind": of_kind, "held_on": day_of(at), "people": people, "summary": _("演示：主要关心施工时间、停车和夜间噪声。")}
        work.add_meeting(found, **meeting, by=planner, now=at)
    work.consult(found, by=planner, now=now - timedelta(days=2) if end == S.DRAFT else start + timedelta(days=5))
    if end == S.DRAFT:
        return
    work.move(found, S.REPORTED, by=planner, now=start + timedelta(days=14))
    why = {
        S.GO: _("演示：各项符合，公示期内没有反对意见，准予实施。"),
        S.WAIT: _("演示：货车夜间进出的影响没有减轻办法，补充交通和噪声方案后再评估。"),
    }
    if end in why:
        work.move(found, end, by=county, now=start + timedelta(days=16), why=why[end])


def _answer(finding: str) -> tuple[str, str, str]:
    return finding, "", "" if finding == F.MET else _("演示：由实施单位补充方案，社区和派出所配合。")
