"""What a compound's details say beside its own columns: its courtyards with their sums, and the protection it has.

Households with small devices (小技防) are a count and a share, never a list.
"""
from django.contrib.gis.db.models.functions import Intersection
from django.db.models import Count, F, FloatField, Func, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from geo.models import Compound, Courtyard

WITHIN_COMPOUND = "the compound was fetched through the reader's rights; its courtyards lie in it"
# Our own assumption, said on the page: surveyed outlines of wall and yard seldom agree to the metre.
INSIDE_SHARE = 0.95


def protection(compound: Compound) -> dict:
    """By people, by things, by technology (人防、物防、技防)."""
    def said(value: bool | None) -> str:
        return _("未登记") if value is None else _("有") if value else _("无")

    def counted(value: int | None) -> str:
        return _("未登记") if value is None else str(value)

    return {
        "title": _("防护"),
        "lines": [
            _("人防：保安%(guards)s人，夜间值守%(night)s")
            % {"guards": counted(compound.guard_count), "night": said(compound.has_night_guard)},
            _("物防：出入口%(gates)s个，围墙%(fence)s，公共照明%(light)s")
            % {"gates": counted(compound.gate_count), "fence": said(compound.has_fence), "light": said(compound.has_lighting)},
            _("技防：门禁%(access)s，公共区域摄像机%(cameras)s台，小技防%(devices)s")
            % {"access": said(compound.has_access_control), "cameras": counted(compound.camera_count), "devices": _devices(compound)},
        ],
        "url": "",
    }


def _devices(compound: Compound) -> str:
    count, households = compound.small_device_household_count, compound.household_count
    if count is None:
        return _("未登记")
    if not households:
        return ngettext("%(count)d户", "%(count)d户", count) % {"count": count}
    return _("%(count)d户（占%(share).1f%%）") % {"count": count, "share": 100 * count / households}


def courtyards(compound: Compound) -> dict:
    """How many courtyards, the sum of their households beside the compound's own figure, and those that do not lie in it."""
    mine = Courtyard.objects.everywhere(WITHIN_COMPOUND).filter(compound=compound)
    sums = mine.aggregate(count=Count("pk"), households=Sum("household_count"), known=Count("household_count"))
    lines = [ngettext("%(count)d个楼院", "%(count)d个楼院", sums["count"]) % {"count": sums["count"]}]
    if sums["known"]:
        lines.append(
            _("楼院户数合计%(sum)d（%(known)d个已登记），小区登记%(own)s")
            % {"sum": sums["households"], "known": sums["known"], "own": compound.household_count or _("未登记")}
        )
    lines += [yard.name for yard in mine.order_by("name")[:10]]
    if sums["count"] > 10:
        lines.append("…")
    astray = astray_from_compound(mine).count()
    if astray:
        lines.append(ngettext("%(count)d个楼院不在小区轮廓内", "%(count)d个楼院不在小区轮廓内", astray) % {"count": astray})
    return {"title": _("楼院"), "lines": lines, "url": reverse("courtyard_check") if astray else ""}


class _Ground(Func):
    """Square metres on the spheroid."""

    function = "ST_Area"
    template = "%(function)s((%(expressions)s)::geography)"
    output_field = FloatField()


def with_inside_share(yards: QuerySet) -> QuerySet:
    """Courtyards with `inside_share`: how much of their ground lies within their compound, 0 to 1."""
    return yards.annotate(inside_share=_Ground(Intersection("geom", F("compound__geom"))) / _Ground(F("geom")))


def astray_from_compound(yards: QuerySet) -> QuerySet:
    """Those that have a compound and do not lie in it."""
    return with_inside_share(yards.exclude(compound=None)).filter(inside_share__lt=INSIDE_SHARE)
