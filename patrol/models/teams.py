"""R9, R10: who patrols (teams and their dated members) and where (beats)."""

from datetime import date

from django.contrib.gis.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from geo.models import keep_history
from geo.models.places import AreaPlace, division_index, division_key, place_constraints, place_indexes
from geo.querysets import TerritorialQuerySet


class DatedQuerySet(models.QuerySet):
    def in_force(self, on: date):
        return self.filter(joined_on__lte=on).filter(Q(left_on=None) | Q(left_on__gt=on))


class TeamQuerySet(TerritorialQuerySet):
    def in_force(self, on: date):
        return self.filter(formed_on__lte=on).filter(Q(dissolved_on=None) | Q(dissolved_on__gt=on))


class Team(models.Model):
    """A patrol team (巡防队). Its division is the territory that it answers for."""

    class Kind(models.TextChoices):
        MOTOR = "motor", _("机动巡逻队")
        TOWNSHIP = "township", _("乡镇巡防队")
        TRAFFIC = "traffic", _("交巡警")

    name = models.CharField(_("名称"), max_length=80)
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices)
    division = division_key()
    # R9: the town's streets around the clock; every hour without a shift is shown as empty.
    is_round_the_clock = models.BooleanField(_("24小时巡逻"), default=False)
    formed_on = models.DateField(_("成立日期"))
    dissolved_on = models.DateField(_("撤销日期"), null=True, blank=True)
    is_invented = models.BooleanField(_("演示数据"), default=False)

    objects = TeamQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("巡防队")
        ordering = ["division_id", "name", "pk"]
        indexes = [division_index("team")]
        constraints = [
            models.UniqueConstraint(fields=["division", "name"], name="team_name_once_in_a_division"),
            models.CheckConstraint(condition=Q(dissolved_on=None) | Q(dissolved_on__gt=F("formed_on")), name="team_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Who belongs to a team, and from when to when. `left_on` is the first day outside."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships", verbose_name=_("巡防队"))
    user = models.ForeignKey("geo.User", models.PROTECT, related_name="memberships", verbose_name=_("账号"))
    is_leader = models.BooleanField(_("队长"), default=False)
    joined_on = models.DateField(_("加入日期"))
    left_on = models.DateField(_("退出日期"), null=True, blank=True)

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("队员")
        ordering = ["team_id", "-is_leader", "user_id", "joined_on"]
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], condition=Q(left_on=None), name="member_once_in_a_team"),
            models.CheckConstraint(condition=Q(left_on=None) | Q(left_on__gt=F("joined_on")), name="member_leaves_after_joining"),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} {self.user_id} {self.joined_on}"


class Beat(AreaPlace):
    """Where a shift patrols. A route keeps its line; its outline is the corridor along it."""

    class Kind(models.TextChoices):
        AREA = "area", _("片区")
        ROUTE = "route", _("路线")

    kind = models.CharField(_("类别"), max_length=8, choices=Kind.choices, default=Kind.AREA)
    route = models.MultiLineStringField(_("路线"), null=True, blank=True, spatial_index=False)
    weekly_visit_target = models.PositiveSmallIntegerField(_("每周到访目标"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("巡区")
        constraints = place_constraints("beat")
        indexes = place_indexes("beat")


BeatKept = keep_history(Beat, _("巡区的旧值"))
