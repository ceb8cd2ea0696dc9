"""What counts as covered, as due, as working: our own defaults as dated versions. A new version is a new row, and the old one stays."""

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class DatedQuerySet(models.QuerySet):
    """Versions of a standard that hold from their `valid_from` on; each app's own standards use it."""

    def in_force(self, on: date):
        """The newest version that is valid on the day; raises DoesNotExist where none is loaded."""
        return self.filter(valid_from__lte=on).latest("valid_from", "pk")


class StandardQuerySet(models.QuerySet):
    def in_force(self, on: date):
        return self.filter(in_force_from__lte=on)

    def at(self, on: date):
        """The version in force on that day, or the first one for a day before all of them."""
        return self.in_force(on).order_by("-in_force_from", "-pk").first() or self.order_by("in_force_from", "pk").first()


class Standard(models.Model):
    version = models.CharField(_("版本"), max_length=20, unique=True)
    in_force_from = models.DateField(_("施行日期"))
    is_own_assumption = models.BooleanField(_("本系统默认"), default=True)
    source = models.CharField(_("来源"), max_length=200, blank=True)

    objects = StandardQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["in_force_from", "pk"]

    def __str__(self) -> str:
        return self.version


def share(name: str) -> Q:
    return Q(**{f"{name}__gt": 0, f"{name}__lte": 1})


class PostsStandard(Standard):
    """R3: when a community or village has its police room, and a main street its kiosk. Lengths in metres."""

    street_reach_m = models.PositiveIntegerField(_("岗亭沿路服务距离（米）"), default=1000)
    kiosk_beside_m = models.PositiveIntegerField(_("岗亭离街道不超过（米）"), default=60)
    seat_radius_m = models.PositiveIntegerField(_("乡镇驻地周边（米）"), default=1000)
    shortest_street_m = models.PositiveIntegerField(_("短于此长度的路段不计（米）"), default=200)
    road_access_m = models.PositiveIntegerField(_("离道路不超过此距离按道路计算（米）"), default=1500)

    class Meta(Standard.Meta):
        verbose_name = verbose_name_plural = _("警务设施覆盖标准")
        constraints = [models.CheckConstraint(condition=Q(street_reach_m__gt=0), name="kiosk_reach_is_positive")]


class SurveillanceStandard(Standard):
    """R4: what is due when. Days and the decree's own dates are built towards Decree 799; the others are our defaults."""

    filing_days = models.PositiveSmallIntegerField(_("启用后备案期限（天）"), default=30)
    decree_in_force_on = models.DateField(_("条例施行日期"), default=date(2025, 4, 1))
    running_filing_days = models.PositiveSmallIntegerField(_("施行前已启用的备案期限（天）"), default=90)
    retention_days = models.PositiveSmallIntegerField(_("最短留存（天）"), default=30)
    key_retention_days = models.PositiveSmallIntegerField(_("重点目标留存（天，待确认）"), default=90)
    soon_days = models.PositiveSmallIntegerField(_("提前提醒（天）"), default=15)
    check_days = models.PositiveSmallIntegerField(_("检查周期（天）"), default=90)
    interior_check_days = models.PositiveSmallIntegerField(_("禁设场所核查周期（天）"), default=365)
    near_place_m = models.PositiveSmallIntegerField(_("视野距场所不超过（米）"), default=15)
    overlap_share = models.FloatField(_("视野重叠提示比例"), default=0.8)
    crowded_kinds = ArrayField(models.CharField(max_length=40), verbose_name=_("人员密集场所类别"))
    key_unit_kinds = ArrayField(models.CharField(max_length=40), verbose_name=_("重点单位类别"))

    class Meta(Standard.Meta):
        verbose_name = verbose_name_plural = _("监控点管理标准")
        constraints = [
            models.CheckConstraint(condition=share("overlap_share"), name="overlap_is_a_share"),
            models.CheckConstraint(condition=Q(key_retention_days__gte=F("retention_days")), name="key_targets_keep_no_less"),
        ]
