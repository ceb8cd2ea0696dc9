"""What the register goes by: categories with deadlines and units, thresholds, and China's working days. All of it data with a version."""
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from geo.models.standards import DatedQuerySet


class RegisterStandard(models.Model):
    """One version of the register's rules. `figures` are thresholds in metres, weeks and calendar days."""

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    is_own_assumption = models.BooleanField(_("本系统默认，非官方标准"))
    valid_from = models.DateField(_("施行日期"))
    figures = models.JSONField(_("数值"))
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("问题挂号标准")
        ordering = ["valid_from", "pk"]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class UnitLevel(models.TextChoices):
    VILLAGE = "village", _("村（社区）")
    TOWN = "town", _("乡镇")
    COUNTY = "county", _("县")


# Length of a division's code by level, without trailing zeros.
CODE_LENGTH = {UnitLevel.VILLAGE: 12, UnitLevel.TOWN: 9, UnitLevel.COUNTY: 6}


class IssueCategory(models.Model):
    """A kind of problem in one version of the standard. One without a parent is a group; one with a parent can be registered.

    `working_days` is the deadline from the day of registration; `unit_level` says which unit of the territory is responsible;
    `place_kinds` are kinds of facilities or premises whose damage it is.
    """

    standard = models.ForeignKey(RegisterStandard, models.PROTECT, related_name="categories", verbose_name=_("标准"))
    code = models.CharField(_("代码"), max_length=40)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="kinds", verbose_name=_("上级类别"))
    name = models.CharField(_("名称"), max_length=60)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    working_days = models.PositiveSmallIntegerField(_("期限（工作日）"), null=True, blank=True)
    unit_level = models.CharField(_("责任单位层级"), max_length=8, choices=UnitLevel.choices, blank=True)
    place_kinds = models.JSONField(_("设施类别"), default=list, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("问题类别")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["standard", "code"], name="issue_category_once_a_version"),
            models.CheckConstraint(
                condition=Q(parent=None, working_days=None, unit_level="")
                | (Q(parent__isnull=False, working_days__gte=1) & ~Q(unit_level="")),
                name="issue_category_has_deadline_and_unit",
            ),
        ]

    def __str__(self) -> str:
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name


class WorkCalendar(models.Model):
    """Days off and days worked instead in one year, as the State Council's office announced them. `off` and `worked` hold dates or spans.

    A year without a row has Saturdays and Sundays off and nothing else: our own assumption until the year is announced.
    """

    year = models.PositiveSmallIntegerField(_("年份"))
    version = models.CharField(_("版本"), max_length=20)
    source = models.CharField(_("来源"), max_length=200)
    off = models.JSONField(_("放假"))
    worked = models.JSONField(_("上班"))
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = _("工作日历")
        ordering = ["year", "pk"]
        constraints = [models.UniqueConstraint(fields=["year", "version"], name="work_calendar_version_once")]

    def __str__(self) -> str:
        return f"{self.year} {self.version}"
