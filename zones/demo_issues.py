"""Invented issues for the demo county, in every state, through the same functions as people's own: every page has something to show."""
import io
from datetime import datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from geo.models import Compound, Division, PublicFacility, User
from zones import escalation, hazards, register, register_changes
from zones.models import Issue
from zones.periods import day_of
from zones.register import Where
from zones.register_places import Position
from zones.register_rules import rules_at

TOWN, VILLAGE = "640521100", "640521100001"
# (category, what is wrong, days ago, how far it has come); the first of each state is about a village's compound.
STORIES = (
    ("fire_passage", "小区消防通道停放车辆，登高面被占。", 1, "registered"),
    ("facility_lamp", "路灯三盏不亮，夜间照明不足。", 2, "assigned"),
    ("hazard_wall", "围墙缺口约两米，可以翻入。", 4, "rectifying"),
    ("fire_wiring", "楼道内飞线充电，插座老化。", 5, "reported_fixed"),
    ("facility_lock", "单元门禁损坏，常开不闭。", 9, "closed"),
    ("hazard_guard", "夜间值班室无人。", 12, "sent_back"),
    ("facility_hydrant", "消火栓缺栓盖、无水压。", 24, "overdue"),
    ("order_traffic", "交界街路占道经营，早晚拥堵。", 3, "shared"),
    ("facility_barrier", "道闸杆折断。", 50, "recheck"),
    ("hazard_dark", "绿化遮挡路灯，形成死角。", 40, "relapse"),
    ("order_other", "同一处重复上报。", 6, "withdrawn"),
)

# What another town's own officer registered: (category, what is wrong, days ago).
OTHER_TOWN = "640521102"
ELSEWHERE = (("facility_lamp", "桥头路灯不亮。", 3), ("fire_wiring", "沿街商铺私拉电线。", 6))


def load(*, now: datetime) -> int:
    """Returns how many issues there are. Runs inside the demo's own transaction."""
    people = {name: User.objects.get_by_natural_key(name) for name in ("county", "town_ningan", "town_shikong", "village_zhenxing")}
    homes = list(Compound.objects.in_division(VILLAGE).order_by("source_key")[:6])
    for number, (category, text, days, end) in enumerate(STORIES):
        kinds = rules_at(now).category(category).place_kinds
        thing = PublicFacility.objects.in_division(VILLAGE).filter(kind__in=kinds).order_by("source_key").first()
        where = Where(place=thing, layer="facilities") if thing else Where(place=homes[number % len(homes)], layer="compounds")
        _story(category, _("演示：") + text, where, now - timedelta(days=days), end, people)
    others = Compound.objects.in_division(OTHER_TOWN).order_by("source_key")
    for home, (category, text, days) in zip(others, ELSEWHERE, strict=False):
        at = now - timedelta(days=days)
        by = people["town_shikong"]
        issue = register.register(
            category=rules_at(at).category(category), text=_("演示：") + text, where=Where(place=home, layer="compounds"),
            photos=[_picture(False)], by=by, now=at, is_invented=True,
        )  # fmt: skip
        register_changes.attach(issue, [_paper()], by=by, now=at)
    hazards.sweep(now=now)
    _show_others(now, people)
    escalation.escalate(now=now)
    escalation.remind_of_rechecks(now=now)
    rows = Issue.objects.everywhere("all of them are the demo's own")
    rows.update(is_invented=True)
    return rows.count()


def _story(category: str, text: str, where: Where, at: datetime, end: str, people: dict[str, User]) -> None:
    """One issue from its registration to the state that it shall be shown in; an hour or a day between the steps."""
    town, cadre = people["town_ningan"], people["village_zhenxing"]
    issue = register.register(
        category=rules_at(at).category(category), text=text, where=where, photos=[_picture(False)], by=cadre, now=at, is_invented=True
    )
    if end == "registered":
        return
    if end == "withdrawn":
        register.move(issue, "withdrawn", why=_("与已挂号的问题重复。"), by=town, now=at + timedelta(hours=2))
        return
    due_on = issue.due_on
    register.assign(issue, unit=Division.objects.get(pk=VILLAGE), due_on=due_on, by=town, now=at + timedelta(hours=3))
    if end == "shared":
        neighbour = Division.objects.at_level(Division.Level.TOWN).in_division(TOWN[:6]).exclude(pk=TOWN).order_by("code").first()
        register_changes.share(issue, neighbour, by=town, now=at + timedelta(hours=4))
    if end == "assigned":
        return
    register.move(issue, "rectifying", by=cadre, now=at + timedelta(hours=20))
    register_changes.attach(issue, [_paper()], by=cadre, now=at + timedelta(hours=20))
    if end in ("rectifying", "overdue", "shared"):
        register_changes.comment(issue, _("已联系施工单位。"), by=cadre, now=at + timedelta(hours=21))
        return
    fixed_at = at + timedelta(days=2)
    register.report_fixed(issue, why=_("已整改，附照片。"), photos=[_picture(True)], by=cadre, now=fixed_at)
    if end == "reported_fixed":
        return
    if end == "sent_back":
        register.move(issue, "rectifying", why=_("只清理了一半。"), by=town, now=fixed_at + timedelta(hours=5))
        return
    spot = Position(issue.geom.x + 0.0001, issue.geom.y, 9.0)
    register.close(issue, position=spot, photos=[_picture(True)], by=town, now=fixed_at + timedelta(hours=6))
    if end == "relapse":
        register.reopen(issue, why=_("回查时又出现。"), by=town, now=fixed_at + timedelta(days=29))


def _show_others(now: datetime, people: dict[str, User]) -> None:
    """Hazards of the demo's patrols: some of them are already given to their units."""
    waiting = Issue.objects.visible_to(people["county"]).filter(source=Issue.Source.PATROL, state="registered").order_by("pk")
    for issue in list(waiting.select_related("unit", "category"))[::2]:
        due_on = max(issue.due_on, day_of(now))
        register.assign(issue, unit=issue.unit, due_on=due_on, by=people["county"], now=now)


def _paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("现场示意图（虚构）.jpg", _picture(False).read())


def _picture(is_mended: bool) -> SimpleUploadedFile:
    """A lamp by a wall, dark or lit: drawn, so that nobody takes it for a photograph."""
    picture = Image.new("RGB", (480, 360), "#dfe7ea" if is_mended else "#aab4ba")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 280, 480, 360), fill="#b9c2bd")
    pen.rectangle((20, 170, 300, 290), fill="#9a8f80")
    if not is_mended:
        pen.polygon(((150, 170), (210, 170), (195, 290), (165, 290)), fill="#5c554c")
    pen.rectangle((392, 90, 402, 290), fill="#42505a")
    pen.ellipse((372, 60, 422, 100), fill="#f3d36b" if is_mended else "#6d757b")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return SimpleUploadedFile("demo.jpg", out.getvalue())
