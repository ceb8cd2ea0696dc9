"""R13: the demonstration zones (示范区) of a year. Whether they worked is asked of these rows."""
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from geo.querysets import TerritorialQuerySet
from zones.models.zones import RectificationZone


class DemonstrationQuerySet(TerritorialQuerySet):
    division_field = "zone__division"

    def of_year(self, year: int):
        return self.filter(year=year)

    def in_force(self, on):
        return self.filter(designated_on__lte=on).filter(Q(ended_on=None) | Q(ended_on__gt=on))


class Demonstration(models.Model):
    """One zone in one year. `budget` is in 10,000 yuan; `ended_on` is the first day on which it is none any more."""

    zone = models.ForeignKey(RectificationZone, models.PROTECT, related_name="demonstrations", verbose_name=_("整治区域"))
    year = models.PositiveSmallIntegerField(_("年度"))
    designated_on = models.DateField(_("确定日期"))
    ended_on = models.DateField(_("结束日期"), null=True, blank=True)
    budget = models.DecimalField(_("投入（万元）"), max_digits=10, decimal_places=2, null=True, blank=True)
    decision = models.ForeignKey(
        "zones.PlanDecision", models.PROTECT, null=True, blank=True, related_name="demonstrations", verbose_name=_("所依据的决定")
    )
    is_invented = models.BooleanField(_("演示数据"), default=False)

    objects = DemonstrationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("综合整治示范区")
        ordering = ["-year", "zone_id"]
        constraints = [
            models.UniqueConstraint(fields=["zone", "year"], name="demonstration_once_a_year"),
            models.CheckConstraint(condition=Q(year__range=(2000, 2100)), name="demonstration_in_a_year"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("designated_on")), name="demonstration_days_in_order"
            ),
            models.CheckConstraint(condition=Q(budget=None) | Q(budget__gte=0), name="demonstration_budget_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.zone_id} {self.year}"
