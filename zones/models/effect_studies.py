"""Whether a year's demonstration zones worked: what such a study goes by, what went in, what came out."""
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models import Incident
from geo.models.standards import DatedQuerySet
from geo.querysets import TerritorialQuerySet


class EffectStandard(models.Model):
    """One version of the figures that a study begins with. A version is never edited; a study keeps the one it was made by."""

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    is_own_assumption = models.BooleanField(_("系统默认，非上级规定"))
    valid_from = models.DateField(_("施行日期"))
    months_before = models.PositiveSmallIntegerField(_("确定前看几个月"))
    months_after = models.PositiveSmallIntegerField(_("确定后看几个月"))
    ring_m = models.PositiveSmallIntegerField(_("外围环宽度（米）"))
    caliper = models.FloatField(_("可比的最大差异（马氏距离）"))
    level = models.FloatField(_("区间的把握"))
    draw_count = models.PositiveIntegerField(_("随机次数"))
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("示范成效标准")
        ordering = ["valid_from", "pk"]
        constraints = [models.CheckConstraint(condition=Q(level__gt=0.5, level__lt=1), name="effect_level_is_a_share")]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class EffectStudyQuerySet(TerritorialQuerySet):
    def visible_to(self, user):
        """A study is its own county's: what lies above or below has no part in it."""
        return super().visible_to(user).filter(division=user.division_id)

    def done(self):
        return self.filter(result__isnull=False)

    def computing(self):
        return self.filter(job__state__in=("waiting", "running"), result__isnull=True, cancelled_at=None)


class EffectStudy(models.Model):
    """One year's demonstration zones against comparable ones, from `starts_on` (the first month that counts as after).

    `frozen` is what was counted and `result` what follows from it: zones.effect_studies.judging describes both. The same `frozen`
    and settings give the same result.
    """

    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("县"))
    year = models.PositiveSmallIntegerField(_("年度"))
    standard = models.ForeignKey(EffectStandard, models.PROTECT, related_name="+", verbose_name=_("标准版本"))
    starts_on = models.DateField(_("从哪个月算起"))
    months_before = models.PositiveSmallIntegerField(_("确定前看几个月"))
    months_after = models.PositiveSmallIntegerField(_("确定后看几个月"))
    ring_m = models.PositiveSmallIntegerField(_("外围环宽度（米）"))
    categories = ArrayField(models.CharField(max_length=8, choices=Incident.Category.choices), verbose_name=_("警情类别"))
    seed = models.PositiveIntegerField(_("随机种子"))
    job = models.OneToOneField("geo.Job", models.PROTECT, related_name="+", verbose_name=_("后台任务"))
    frozen = models.JSONField(_("冻结的输入"), null=True, blank=True)
    result = models.JSONField(_("结果"), null=True, blank=True)
    created_at = models.DateTimeField(_("建立时间"))
    created_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("建立账号"))
    cancelled_at = models.DateTimeField(_("取消时间"), null=True, blank=True)
    cancelled_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("取消账号"))
    is_invented = models.BooleanField(_("演示数据"), default=False)

    objects = EffectStudyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("示范成效分析")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_on__day=1), name="effect_begins_with_a_month"),
            models.CheckConstraint(
                condition=Q(frozen__isnull=True, result__isnull=True) | Q(frozen__isnull=False, result__isnull=False),
                name="effect_has_both_or_none",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False, result__isnull=True),
                name="cancelled_effect_has_moment_and_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.division.name} {self.year} {self.starts_on:%Y-%m}"
