"""Around the register of surveillance points (R4): who read exact positions and why, dated checks, approved exports."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from geo.models.places import SurveillancePoint, division_key
from geo.querysets import SurveillanceQuerySet, TerritorialQuerySet


def append_only() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)


class AccessReason(models.Model):
    """What exact positions may be read for: data, so that a county can change the list."""

    code = models.SlugField(_("代码"), primary_key=True, max_length=30)
    title = models.CharField(_("用途"), max_length=60)
    title_en = models.CharField(_("用途（英文）"), max_length=60)
    needs_note = models.BooleanField(_("须写明事由"), default=False)
    is_active = models.BooleanField(_("启用"), default=True)
    rank = models.PositiveSmallIntegerField(_("次序"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("查阅用途")
        ordering = ["rank", "code"]

    def __str__(self) -> str:
        return self.title_en if translation.get_language() == "en" else self.title


class SurveillanceAccess(models.Model):
    """A stated purpose opens exact positions for one account until the end of the day. Never changed."""

    user = models.ForeignKey("geo.User", models.PROTECT, related_name="surveillance_accesses", verbose_name=_("账号"))
    division = division_key()
    reason = models.ForeignKey(AccessReason, models.PROTECT, related_name="+", verbose_name=_("用途"))
    note = models.CharField(_("事由"), max_length=200, blank=True)
    opened_at = models.DateTimeField(_("开始时间"))
    valid_until = models.DateTimeField(_("有效至"))

    class Meta:
        verbose_name = verbose_name_plural = _("监控点查阅登记")
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=Q(valid_until__gt=F("opened_at")), name="access_ends_after_it_begins")]
        indexes = [models.Index(fields=["user", "valid_until"], name="access_by_user")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.user} {self.reason} {self.opened_at}"


class SurveillanceRead(models.Model):
    """One reading under a stated purpose: by which door, how many points it could show. The map is noted once for each purpose."""

    class Door(models.TextChoices):
        MAP = "map", _("地图")
        LIST = "list", _("名单")
        DETAILS = "details", _("单个")
        SEARCH = "search", _("搜索")
        EXPORT = "export", _("导出")
        COVERAGE = "coverage", _("覆盖分析")

    access = models.ForeignKey(SurveillanceAccess, models.PROTECT, related_name="reads", verbose_name=_("查阅登记"))
    door = models.CharField(_("方式"), max_length=10, choices=Door.choices)
    object_count = models.PositiveIntegerField(_("数量"))
    read_at = models.DateTimeField(_("时间"), db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = _("监控点查阅记录")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["access"], condition=Q(door="map"), name="map_noted_once_for_each_purpose")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.access_id} {self.door} {self.object_count}"


class SurveillanceCheck(models.Model):
    """A dated check of one point. The point's own state follows its newest check."""

    class Result(models.TextChoices):
        WORKING = SurveillancePoint.Working.WORKING.value, _("正常")
        FAULTY = SurveillancePoint.Working.FAULTY.value, _("故障")
        REMOVED = SurveillancePoint.Working.REMOVED.value, _("已拆除")

    point = models.ForeignKey(SurveillancePoint, models.CASCADE, related_name="checks", verbose_name=_("监控点"))
    division = division_key()
    checked_on = models.DateField(_("检查日期"))
    result = models.CharField(_("结果"), max_length=10, choices=Result.choices)
    note = models.CharField(_("备注"), max_length=200, blank=True)
    noted_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("登记账号"))
    noted_at = models.DateTimeField(_("登记时间"), db_default=Now())

    objects = SurveillanceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("监控点检查")
        ordering = ["-checked_on", "-pk"]
        constraints = [models.UniqueConstraint(fields=["point", "checked_on"], name="one_check_a_day_for_each_point")]

    def __str__(self) -> str:
        return f"{self.point_id} {self.checked_on} {self.result}"


class SurveillanceExport(models.Model):
    """A wish to take the register out as a file. Another person approves it; then it is one download, for a limited time."""

    class State(models.TextChoices):
        ASKED = "asked", _("待审批")
        APPROVED = "approved", _("已批准")
        REFUSED = "refused", _("不批准")
        USED = "used", _("已下载")

    division = division_key()
    asked_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("申请账号"))
    asked_at = models.DateTimeField(_("申请时间"))
    why = models.CharField(_("用途"), max_length=200)
    point_count = models.PositiveIntegerField(_("申请时的点数"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.ASKED)
    decided_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审批账号"))
    decided_at = models.DateTimeField(_("审批时间"), null=True, blank=True)
    valid_until = models.DateTimeField(_("有效至"), null=True, blank=True)
    used_at = models.DateTimeField(_("下载时间"), null=True, blank=True)

    objects = TerritorialQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("监控点导出申请")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_by=None, decided_at=None, state="asked")
                | Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(state="asked"),
                name="export_decision_is_whole",
            ),
            models.CheckConstraint(condition=Q(decided_by=None) | ~Q(decided_by=F("asked_by")), name="export_approved_by_another"),
            models.CheckConstraint(
                condition=Q(valid_until=None) & ~Q(state__in=["approved", "used"])
                | Q(valid_until__isnull=False, state__in=["approved", "used"]),
                name="approved_export_has_an_end",
            ),
            models.CheckConstraint(condition=Q(used_at=None) ^ Q(state="used"), name="used_export_has_its_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.asked_by} {self.asked_at}: {self.state}"
