"""Proposed weeks of patrols: what they go by, what went in, what came out, who took it over."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models.places import division_index, division_key
from geo.models.standards import DatedQuerySet
from geo.querysets import TerritorialQuerySet
from patrol.models.shifts import ShiftKind
from patrol.models.teams import Team


class ProposalStandard(models.Model):
    """One version of the figures that a proposal begins with. Length of a stop and random order come from research abroad, and say so."""

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    is_own_assumption = models.BooleanField(_("系统默认，非上级规定"))
    stop_source = models.CharField(_("停留时长的来源"), max_length=200)
    valid_from = models.DateField(_("施行日期"))
    stop_from_minutes = models.PositiveSmallIntegerField(_("停留至少（分钟）"))
    stop_to_minutes = models.PositiveSmallIntegerField(_("停留至多（分钟）"))
    travel_minutes = models.PositiveSmallIntegerField(_("两处之间（分钟）"))
    block_hours = models.PositiveSmallIntegerField(_("一个班次（小时）"))
    month_count = models.PositiveSmallIntegerField(_("看近几个月的警情"))
    presence_weeks = models.PositiveSmallIntegerField(_("看近几周的在岗"))
    cell_m = models.PositiveSmallIntegerField(_("停留点的范围（米）"))
    spot_count = models.PositiveSmallIntegerField(_("每个巡区的停留点"))
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("巡逻建议标准")
        ordering = ["valid_from", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stop_from_minutes__gte=1, stop_to_minutes__gte=F("stop_from_minutes")), name="proposal_stops_last_a_while"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class PlanProposal(models.Model):
    """A week of a team as the system would plan it. `frozen` and `result` are described in patrol.proposals.proposing.

    It changes no roster until an officer accepts it; then its shifts are planned by the roster's own verb.
    """

    team = models.ForeignKey(Team, models.CASCADE, related_name="+", verbose_name=_("巡防队"))
    division = division_key()
    week = models.DateField(_("星期一"))
    kind = models.CharField(_("方式"), max_length=8, choices=ShiftKind.choices)
    standard = models.ForeignKey(ProposalStandard, models.PROTECT, related_name="+", verbose_name=_("标准版本"))
    staff_hours = models.PositiveSmallIntegerField(_("可用工时（人·小时）"))
    crew_count = models.PositiveSmallIntegerField(_("每班人数"))
    block_hours = models.PositiveSmallIntegerField(_("一个班次（小时）"))
    stop_from_minutes = models.PositiveSmallIntegerField(_("停留至少（分钟）"))
    stop_to_minutes = models.PositiveSmallIntegerField(_("停留至多（分钟）"))
    seed = models.PositiveIntegerField(_("随机种子"))
    frozen = models.JSONField(_("冻结的输入"))
    result = models.JSONField(_("结果"))
    is_invented = models.BooleanField(_("演示数据"), default=False)
    created_at = models.DateTimeField(_("建立时间"))
    created_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("建立账号"))
    accepted_at = models.DateTimeField(_("采用时间"), null=True, blank=True)
    accepted_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("采用账号"))

    objects = TerritorialQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("巡逻建议")
        ordering = ["-created_at", "-pk"]
        indexes = [division_index("proposal")]
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at=None, accepted_by=None) | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="accepted_proposal_has_moment_and_person",
            ),
            models.CheckConstraint(condition=~Q(kind="kiosk"), name="proposal_is_for_a_beat"),
        ]

    def __str__(self) -> str:
        return f"{self.team} {self.week:%Y-%m-%d}"
