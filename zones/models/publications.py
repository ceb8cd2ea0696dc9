"""R19: what the public was told. Frozen: a correction is a new publication that names its reason."""
from datetime import date, timedelta

from django.contrib.gis.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from zones.models.ratings import FourFree, Grade


class Publication(models.Model):
    """One act of publishing a period. Holds the criteria it used, so that it can be read without any other table.

    Without `published_at` it is staged: its rows lie ready, and the public's role does not see it.
    """

    period = models.CharField(_("评定期"), max_length=10)
    starts_on = models.DateField(_("开始"))
    ends_on = models.DateField(_("结束"))
    window_starts_on = models.DateField(_("统计起始日"))
    number = models.PositiveSmallIntegerField(_("第几次公布"))
    scheme_version = models.CharField(_("标准版本"), max_length=20)
    scheme_title = models.CharField(_("标准名称"), max_length=120)
    is_own_assumption = models.BooleanField(_("系统默认，非上级规定"))
    criteria = models.JSONField(_("标准"))
    computed_at = models.DateTimeField(_("计算时间"))
    staged_at = models.DateTimeField(_("备好时间"), db_default=Now())
    published_at = models.DateTimeField(_("公布时间"), null=True, blank=True)
    published_by_unit = models.CharField(_("公布单位"), max_length=120)
    correction_reason = models.CharField(_("更正原因"), max_length=300, blank=True)
    sha256 = models.CharField(_("摘要"), max_length=64)
    is_current = models.BooleanField(_("现行"))
    is_invented = models.BooleanField(_("演示数据"), default=False)
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    withdrawn_by_unit = models.CharField(_("撤回单位"), max_length=120, blank=True)
    withdrawn_reason = models.CharField(_("撤回原因"), max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("公布")
        ordering = ["-starts_on", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="publication_numbered_once"),
            models.UniqueConstraint(fields=["period"], condition=Q(is_current=True), name="one_current_publication"),
            models.UniqueConstraint(fields=["period"], condition=Q(published_at=None), name="one_staged_publication"),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(correction_reason="") | Q(published_at=None), name="correction_says_why"
            ),
            models.CheckConstraint(condition=Q(is_current=False) | Q(published_at__isnull=False), name="staged_publication_is_not_current"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by_unit="", withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False, is_current=False) & ~Q(withdrawn_by_unit="") & ~Q(withdrawn_reason="")),
                name="withdrawn_publication_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} #{self.number}"

    @property
    def last_day(self) -> date:
        return self.ends_on - timedelta(days=1)

    @property
    def is_correction(self) -> bool:
        return self.number > 1


class PublishedGrade(models.Model):
    """One compound as the public sees it: a coarse point, and reasons in which small counts are hidden."""

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="grades", verbose_name=_("公布"))
    public_id = models.UUIDField(_("公开编号"))
    name = models.CharField(_("名称"), max_length=120)
    kind = models.CharField(_("类别"), max_length=10)
    town_code = models.CharField(_("乡镇代码"), max_length=12)
    town_name = models.CharField(_("乡镇"), max_length=60)
    village_name = models.CharField(_("村（社区）"), max_length=60, blank=True)
    point = models.PointField(_("位置（约）"))
    colour = models.CharField(_("等级"), max_length=10, choices=Grade.Colour.choices)
    reasons = models.JSONField(_("理由"))
    title_outcome = models.CharField(_("四无称号"), max_length=10, choices=FourFree.choices)
    title_streak_count = models.PositiveIntegerField(_("连续期数"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("公布的等级")
        ordering = ["town_code", "name"]
        constraints = [models.UniqueConstraint(fields=["publication", "public_id"], name="one_published_grade")]

    def __str__(self) -> str:
        return f"{self.name} {self.get_colour_display()}"
