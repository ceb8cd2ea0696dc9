"""A phone or an app that may hand in, and nothing else: its token reads nothing (promise 23)."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Door(models.TextChoices):
    """By which program a device speaks: wire formats differ, the store behind them does not."""

    PHONE = "phone", _("四无手机页面")
    TRACCAR = "traccar", _("Traccar Client")
    OSMAND = "osmand", _("OsmAnd")
    OWNTRACKS = "owntracks", _("OwnTracks")
    FILE = "file", _("GPX 文件")


class SpeedUnit(models.TextChoices):
    METRES = "m/s", _("米/秒")
    KNOTS = "kn", _("节")
    KILOMETRES = "km/h", _("千米/小时")


class DeviceQuerySet(models.QuerySet):
    def alive(self):
        return self.filter(revoked_at=None, user__is_active=True)


class Device(models.Model):
    """`digest` is the SHA-256 of its token (256 random bits); a device of files has none."""

    user = models.ForeignKey("geo.User", models.PROTECT, related_name="devices", verbose_name=_("账号"))
    door = models.CharField(_("方式"), max_length=10, choices=Door.choices)
    name = models.CharField(_("名称"), max_length=60)
    digest = models.CharField(_("令牌摘要"), max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001 (unique where there is one)
    speed_unit = models.CharField(_("速度单位"), max_length=4, choices=SpeedUnit.choices, default=SpeedUnit.METRES)
    signed_in_at = models.DateTimeField(_("登记时间"), db_default=Now())
    last_seen_at = models.DateTimeField(_("最近联系"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("停用时间"), null=True, blank=True)
    revoked_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("停用账号"))

    objects = DeviceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("终端")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="device_revoked_has_moment_and_person",
            ),
            models.CheckConstraint(condition=Q(digest__isnull=False) | Q(door="file"), name="device_has_a_token"),
            models.UniqueConstraint(fields=["user"], condition=Q(door="file"), name="one_device_of_files_for_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.user_id})"


class InvitationQuerySet(models.QuerySet):
    def open(self, now: datetime):
        return self.filter(used_at=None, expires_at__gt=now)


class DeviceInvitation(models.Model):
    """The secret of a QR code: once, for a quarter of an hour, and only for the account that it was made for."""

    user = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("账号"))
    digest = models.CharField(_("摘要"), max_length=64, unique=True)
    made_at = models.DateTimeField(_("生成时间"))
    made_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("生成账号"))
    expires_at = models.DateTimeField(_("到期时间"))
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)
    device = models.OneToOneField(Device, models.PROTECT, null=True, blank=True, related_name="invitation", verbose_name=_("终端"))

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("终端邀请")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="invitation_expires_after_it_was_made"),
            models.CheckConstraint(
                condition=Q(used_at=None, device=None) | Q(used_at__isnull=False, device__isnull=False),
                name="invitation_used_has_its_device",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.made_at}"
