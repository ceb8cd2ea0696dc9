"""What is kept of patrols for good: seconds by place and hour, with no person in it; and each unit's targets (R2)."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models.places import division_index, division_key
from geo.querysets import TerritorialQuerySet


class PresenceQuerySet(TerritorialQuerySet):
    def between(self, start: datetime, end: datetime):
        """Hours that begin in [start, end)."""
        return self.filter(hour__gte=start, hour__lt=end)


class PresenceHour(models.Model):
    """One place in one hour (UTC, on the hour). No row means: nobody was there, and nobody could have been.

    `present_s` and `unknown_s` are patrol-seconds, added over patrols: on the spot, and not recorded but within reach.
    A visit is slow or stays; `drive_by_count` passed only. Visits belong to the hour in which they began.
    """

    layer = models.CharField(_("图层"), max_length=20)
    place_pk = models.BigIntegerField(_("对象"))
    division = division_key()
    hour = models.DateTimeField(_("小时"))
    present_s = models.FloatField(_("在场（秒）"), default=0)
    unknown_s = models.FloatField(_("不明（秒）"), default=0)
    visit_count = models.PositiveIntegerField(_("到访次数"), default=0)
    drive_by_count = models.PositiveIntegerField(_("路过次数"), default=0)
    visit_s = models.FloatField(_("到访时长（秒）"), default=0)

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("在岗覆盖")
        ordering = ["hour", "layer", "place_pk"]
        indexes = [division_index("presence"), models.Index(fields=["hour"], name="presence_by_hour")]
        constraints = [
            models.UniqueConstraint(fields=["layer", "place_pk", "hour"], name="presence_once"),
            models.CheckConstraint(condition=Q(present_s__gte=0, unknown_s__gte=0), name="presence_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.layer} {self.place_pk} {self.hour}"


class TouchedPatrol(models.Model):
    """A patrol for which points came in (or whose end did) since its presence was last computed: from when to when."""

    patrol = models.ForeignKey("patrol.Patrol", models.CASCADE, related_name="+", verbose_name=_("巡逻"))
    from_at = models.DateTimeField(_("自"))
    to_at = models.DateTimeField(_("至"))
    noted_at = models.DateTimeField(_("记录时间"), db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = _("待计算的巡逻")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.patrol_id} {self.from_at} {self.to_at}"


class Target(models.Model):
    """R2: what a unit has taken on for a year. `measure` is the key of one of patrol.measures, to which other apps add theirs."""

    division = division_key()
    year = models.PositiveSmallIntegerField(_("年度"))
    measure = models.CharField(_("指标"), max_length=14)
    value = models.FloatField(_("目标值"))
    set_at = models.DateTimeField(_("下达时间"), db_default=Now())
    set_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("下达账号"))

    objects = TerritorialQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("责任目标")
        ordering = ["-year", "division_id", "measure"]
        indexes = [division_index("target")]
        constraints = [
            models.UniqueConstraint(fields=["division", "year", "measure"], name="target_once"),
            models.CheckConstraint(condition=Q(value__gt=0), name="target_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.division_id} {self.year} {self.measure}"
