"""The plan: templates, shifts, crews (R9, R10), and kiosk duty (R11)."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models import Station, keep_history
from geo.models.places import division_index, division_key
from geo.querysets import TerritorialQuerySet
from patrol.models.teams import Beat, Team


class ShiftKind(models.TextChoices):
    MOTOR = "motor", _("车巡")
    FOOT = "foot", _("步巡")
    KIOSK = "kiosk", _("岗亭值守")


class ShiftTemplate(models.Model):
    """A kind of shift that a unit plans again and again: "night, 22:00, eight hours, two people"."""

    division = division_key()
    name = models.CharField(_("名称"), max_length=40)
    kind = models.CharField(_("方式"), max_length=8, choices=ShiftKind.choices, default=ShiftKind.FOOT)
    starts_at = models.TimeField(_("开始"))
    minute_count = models.PositiveSmallIntegerField(_("时长（分钟）"))
    crew_count = models.PositiveSmallIntegerField(_("人数"), default=2)
    is_active = models.BooleanField(_("启用"), default=True)

    objects = TerritorialQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("班次模板")
        ordering = ["division_id", "starts_at", "pk"]
        indexes = [division_index("shift_template")]
        constraints = [
            models.CheckConstraint(condition=Q(minute_count__gte=30, minute_count__lte=1440), name="template_lasts_half_an_hour_to_a_day"),
            models.CheckConstraint(condition=Q(crew_count__gte=1), name="template_needs_somebody"),
        ]

    def __str__(self) -> str:
        return self.name


class ShiftQuerySet(TerritorialQuerySet):
    def planned(self):
        return self.filter(cancelled_at=None)

    def between(self, start: datetime, end: datetime):
        """Shifts of which a part lies in [start, end)."""
        return self.filter(starts_at__lt=end, ends_at__gt=start)

    def of_member(self, user):
        """The user's own, whatever the territory: a person may read the own duty."""
        return self._with_open_wall("the person's own duties").filter(crew__user=user)


class Shift(models.Model):
    """A planned turn of a team. `division` is the team's. On a beat, or (kiosk duty) at a station."""

    team = models.ForeignKey(Team, models.PROTECT, related_name="shifts", verbose_name=_("巡防队"))
    division = division_key()
    template = models.ForeignKey(ShiftTemplate, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("班次模板"))
    kind = models.CharField(_("方式"), max_length=8, choices=ShiftKind.choices)
    beat = models.ForeignKey(Beat, models.PROTECT, null=True, blank=True, related_name="shifts", verbose_name=_("巡区"))
    station = models.ForeignKey(Station, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("岗亭"))
    starts_at = models.DateTimeField(_("开始时间"))
    ends_at = models.DateTimeField(_("结束时间"))
    needed_count = models.PositiveSmallIntegerField(_("应到人数"), default=2)
    note = models.CharField(_("备注"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("排班时间"), db_default=Now())
    created_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("排班账号"))
    cancelled_at = models.DateTimeField(_("取消时间"), null=True, blank=True)
    cancelled_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("取消账号"))

    objects = ShiftQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("班次")
        ordering = ["starts_at", "pk"]
        indexes = [division_index("shift"), models.Index(fields=["starts_at", "ends_at"], name="shift_by_time")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_it_starts"),
            models.CheckConstraint(
                condition=(Q(kind="kiosk", station__isnull=False, beat=None)) | (~Q(kind="kiosk") & Q(station=None)),
                name="kiosk_duty_is_at_a_station",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None) | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
                name="shift_cancelled_has_moment_and_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} {self.starts_at:%Y-%m-%d %H:%M}"


class Crew(models.Model):
    """One person in one shift."""

    shift = models.ForeignKey(Shift, models.CASCADE, related_name="crew", verbose_name=_("班次"))
    user = models.ForeignKey("geo.User", models.PROTECT, related_name="duties", verbose_name=_("账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("当班人员")
        ordering = ["shift_id", "user_id"]
        constraints = [models.UniqueConstraint(fields=["shift", "user"], name="person_once_in_a_shift")]

    def __str__(self) -> str:
        return f"{self.shift_id} {self.user_id}"


ShiftKept = keep_history(Shift, _("班次的旧值"))
CrewKept = keep_history(Crew, _("当班人员的旧值"))
