"""The figures by which patrols are planned and read: data with a version, never constants in code."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models.standards import DatedQuerySet

# Raw positions are never kept without end: no version may say more than a year.
MOST_KEPT_DAYS = 365


class PatrolStandard(models.Model):
    """One version. `figures` holds the keys of fixtures/patrol_standard_default.json; a change is a new version."""

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    is_own_assumption = models.BooleanField(_("本系统默认，非官方标准"))
    valid_from = models.DateField(_("施行日期"))
    figures = models.JSONField(_("数值"))
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("巡逻标准")
        ordering = ["valid_from", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    figures__has_key="tracks_kept_days", figures__tracks_kept_days__gte=1, figures__tracks_kept_days__lte=MOST_KEPT_DAYS
                ),
                name="tracks_are_kept_for_days",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"
