"""What was really walked: patrols, what happened during them, the raw fixes (for a short time), and the line drawn from them."""

from datetime import datetime

from django.contrib.gis.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models.places import division_index, division_key
from geo.models.surveillance import append_only
from geo.querysets import TerritorialQuerySet
from patrol.models.devices import Device
from patrol.models.shifts import Shift


class PatrolQuerySet(TerritorialQuerySet):
    def between(self, start: datetime, end: datetime):
        """Patrols of which a part lies in [start, end); one that is still out has no end."""
        return self.filter(started_at__lt=end).filter(Q(ended_at=None) | Q(ended_at__gt=start))

    def out(self):
        return self.filter(ended_at=None)

    def of_member(self, user):
        return self._with_open_wall("the person's own turns").filter(user=user)


class Patrol(models.Model):
    """One person's turn as it was done. `key` is made on the phone; `shift` is the plan, if there was one.

    `division` is the shift's, or the person's own. `chunk_count` is how many pieces of track the phone says there are:
    fewer here means that the track is not complete, and it is shown so.
    """

    class Closing(models.TextChoices):
        BY_MEMBER = "member", _("本人结束")
        BY_SYSTEM = "system", _("超时自动结束")

    key = models.UUIDField(_("编号"), unique=True)
    user = models.ForeignKey("geo.User", models.PROTECT, related_name="patrols", verbose_name=_("账号"))
    device = models.ForeignKey(Device, models.PROTECT, related_name="patrols", verbose_name=_("终端"))
    shift = models.ForeignKey(Shift, models.PROTECT, null=True, blank=True, related_name="patrols", verbose_name=_("班次"))
    division = division_key()
    started_at = models.DateTimeField(_("开始时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    closing = models.CharField(_("结束方式"), max_length=8, choices=Closing.choices, blank=True)
    chunk_count = models.PositiveIntegerField(_("轨迹段数"), null=True, blank=True)
    last_fix_at = models.DateTimeField(_("最近定位时间"), null=True, blank=True)
    last_contact_at = models.DateTimeField(_("最近联系"))
    last_geom = models.PointField(_("最近位置"), null=True, blank=True, spatial_index=False)

    objects = PatrolQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("巡逻")
        ordering = ["-started_at", "-pk"]
        indexes = [
            division_index("patrol"),
            models.Index(fields=["user", "started_at"], name="patrol_by_person"),
            models.Index(fields=["started_at", "ended_at"], name="patrol_by_time"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="patrol_ends_after_it_started"),
            models.CheckConstraint(
                condition=Q(ended_at=None, closing="") | (Q(ended_at__isnull=False) & ~Q(closing="")), name="patrol_ended_says_how"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.started_at:%Y-%m-%d %H:%M}"


class PatrolEvent(models.Model):
    """What the phone noted beside positions: pauses, and the times in which a web page cannot record (screen off)."""

    class Kind(models.TextChoices):
        PAUSED = "paused", _("暂停")
        RESUMED = "resumed", _("继续")
        HIDDEN = "hidden", _("熄屏或切换")
        SHOWN = "shown", _("回到页面")

    patrol = models.ForeignKey(Patrol, models.CASCADE, related_name="events", verbose_name=_("巡逻"))
    kind = models.CharField(_("动作"), max_length=8, choices=Kind.choices)
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("巡逻动作")
        ordering = ["at", "pk"]
        constraints = [models.UniqueConstraint(fields=["patrol", "at", "kind"], name="patrol_event_once")]

    def __str__(self) -> str:
        return f"{self.patrol_id} {self.kind} {self.at}"


class TrackChunk(models.Model):
    """A piece of a patrol's track that has come in: what the count of pieces is checked against."""

    patrol = models.ForeignKey(Patrol, models.CASCADE, related_name="chunks", verbose_name=_("巡逻"))
    number = models.PositiveIntegerField(_("段号"))
    point_count = models.PositiveIntegerField(_("点数"))

    class Meta:
        verbose_name = verbose_name_plural = _("轨迹段")
        ordering = ["patrol_id", "number"]
        constraints = [models.UniqueConstraint(fields=["patrol", "number"], name="track_chunk_once")]

    def __str__(self) -> str:
        return f"{self.patrol_id} {self.number}"


class Fix(models.Model):
    """One raw position (WGS-84), in monthly partitions that are dropped when their time is over. Written by intake.store only.

    `flags` are tracks.Flag bits. The table belongs to the owner (patrol.partitions); one time of one device is one fix. This is the
    view through which the application reads it: behind the second wall.
    """

    pk = models.CompositePrimaryKey("device_id", "at")
    device_id = models.IntegerField(_("终端"))
    at = models.DateTimeField(_("时间"))
    lon = models.FloatField(_("经度"))
    lat = models.FloatField(_("纬度"))
    accuracy_m = models.FloatField(_("精度（米）"), null=True)
    speed_ms = models.FloatField(_("速度（米/秒）"), null=True)
    heading_deg = models.FloatField(_("方向（度）"), null=True)
    altitude_m = models.FloatField(_("高度（米）"), null=True)
    flags = models.SmallIntegerField(_("标记"), default=0)
    received_at = models.DateTimeField(_("收到时间"), db_default=Now())

    class Meta:
        managed = False
        db_table = "patrol_fix_seen"
        verbose_name = verbose_name_plural = _("定位点")

    def __str__(self) -> str:
        return f"{self.device_id} {self.at}"


class Track(models.Model):
    """The line drawn from a patrol's fixes: gaps stay gaps. It goes when the raw fixes go."""

    patrol = models.OneToOneField(Patrol, models.CASCADE, related_name="track", verbose_name=_("巡逻"))
    line = models.MultiLineStringField(_("轨迹"), null=True, blank=True, spatial_index=False)
    length_m = models.FloatField(_("长度（米）"))
    recorded_s = models.FloatField(_("有定位（秒）"))
    unknown_s = models.FloatField(_("无定位（秒）"))
    fix_count = models.PositiveIntegerField(_("点数"))
    discarded = models.JSONField(_("舍弃的点"), default=dict)
    stops = models.JSONField(_("停留"), default=list)
    gaps = models.JSONField(_("中断"), default=list)
    standard = models.ForeignKey("patrol.PatrolStandard", models.PROTECT, related_name="+", verbose_name=_("标准"))
    computed_at = models.DateTimeField(_("计算时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("轨迹")
        ordering = ["patrol_id"]

    def __str__(self) -> str:
        return f"{self.patrol_id} {self.length_m:.0f} m"


class TrackRead(models.Model):
    """Who looked at whose track, when and why. The person concerned can read it (promises 24, 35). Never changed."""

    reader = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("查看账号"))
    subject = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("被查看账号"))
    patrol = models.ForeignKey(Patrol, models.PROTECT, related_name="reads", verbose_name=_("巡逻"))
    purpose = models.CharField(_("事由"), max_length=200)
    read_at = models.DateTimeField(_("查看时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("轨迹查看记录")
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=~Q(purpose=""), name="track_read_has_a_purpose")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.reader_id} {self.subject_id} {self.read_at}"
