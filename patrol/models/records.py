"""What devices hand in: each submission once, with its receipt; log entries and photos that came with them."""

import uuid

from django.contrib.gis.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models.places import division_index, division_key
from geo.models.surveillance import append_only
from geo.querysets import TerritorialQuerySet
from patrol.models.devices import Device
from patrol.models.tracks import Patrol


class Submission(models.Model):
    """One delivery. The number of its receipt is the key; `sha256` is of the bytes as they came; `answer` is what was said.

    `body` is empty for points, which live in their own table and for their own, shorter time. `kind` is patrol, event, log, or one
    that another module declares (phone_parts.py): its `content` is kept in `body`.
    """

    receipt_no = models.BigAutoField(_("回执号"), primary_key=True)
    submission_id = models.UUIDField(_("提交编号"), unique=True)
    device = models.ForeignKey(Device, models.PROTECT, related_name="submissions", verbose_name=_("终端"))
    kind = models.CharField(_("类别"), max_length=20)
    sha256 = models.CharField(_("内容摘要"), max_length=64)
    received_at = models.DateTimeField(_("收到时间"))
    client_time = models.DateTimeField(_("终端时间"), null=True, blank=True)
    body = models.JSONField(_("内容"), default=dict)
    answer = models.JSONField(_("答复"), default=dict)

    class Meta:
        verbose_name = verbose_name_plural = _("提交")
        ordering = ["receipt_no"]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.receipt_no} {self.kind}"


class IntakeConflict(models.Model):
    """Somebody handed in other content under a number that is taken: refused, and written down (promise 3)."""

    submission_id = models.UUIDField(_("提交编号"))
    device = models.ForeignKey(Device, models.PROTECT, related_name="+", verbose_name=_("终端"))
    offered_sha256 = models.CharField(_("送来的摘要"), max_length=64)
    at = models.DateTimeField(_("时间"), db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = _("冲突的提交")
        ordering = ["pk"]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.submission_id} {self.at}"


class LogEntry(models.Model):
    """R10: what a patrol saw and did (巡逻日志). Written once; `place_*` name the object of a layer that it is about."""

    class Kind(models.TextChoices):
        VISIT = "visit", _("走访")
        HAZARD = "hazard", _("隐患")
        HELP = "help", _("救助")
        FACILITY = "facility", _("设施损坏")

    submission = models.OneToOneField(Submission, models.PROTECT, related_name="entry", verbose_name=_("提交"))
    public_id = models.UUIDField(_("编号"), default=uuid.uuid4, unique=True, editable=False)
    patrol = models.ForeignKey(Patrol, models.PROTECT, null=True, blank=True, related_name="entries", verbose_name=_("巡逻"))
    user = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("填写账号"))
    division = division_key()
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices)
    text = models.CharField(_("说明"), max_length=1000, blank=True)
    happened_at = models.DateTimeField(_("时间"))
    geom = models.PointField(_("位置"), null=True, blank=True)
    accuracy_m = models.FloatField(_("精度（米）"), null=True, blank=True)
    place_layer = models.CharField(_("图层"), max_length=40, blank=True)
    place_pk = models.BigIntegerField(_("对象"), null=True, blank=True)
    place_name = models.CharField(_("地点"), max_length=120, blank=True)
    flags = models.JSONField(_("标记"), default=list)

    objects = TerritorialQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("巡逻日志")
        ordering = ["-happened_at", "-pk"]
        indexes = [division_index("log_entry")]
        constraints = [
            models.CheckConstraint(
                condition=Q(place_layer="", place_pk=None) | (~Q(place_layer="") & Q(place_pk__isnull=False)),
                name="log_place_has_layer_and_key",
            ),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.happened_at:%Y-%m-%d %H:%M}"


class Photo(models.Model):
    """A picture on its way or here. It may come before its submission; `stored` is the re-encoded copy that people see.

    `name` is what the phone called it: text, never a path. Complete means: every byte, the digest right, and decoded.
    """

    id = models.UUIDField(_("编号"), primary_key=True)
    device = models.ForeignKey(Device, models.PROTECT, related_name="photos", verbose_name=_("终端"))
    submission_id = models.UUIDField(_("提交编号"), db_index=True)
    name = models.CharField(_("文件名"), max_length=255, blank=True)
    sha256 = models.CharField(_("摘要"), max_length=64)
    byte_count = models.PositiveIntegerField(_("字节数"))
    offset = models.PositiveIntegerField(_("已收字节"), default=0)
    original = models.CharField(_("原件"), max_length=100, blank=True)
    stored = models.CharField(_("显示件"), max_length=100, blank=True)
    problem = models.CharField(_("问题"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("开始时间"), db_default=Now())
    completed_at = models.DateTimeField(_("收齐时间"), null=True, blank=True)

    kept_files = (("original", "sha256"), ("stored", None))  # looked for after a restore

    class Meta:
        verbose_name = verbose_name_plural = _("照片")
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(offset__lte=F("byte_count")), name="photo_is_not_longer_than_told"),
            models.CheckConstraint(
                condition=(Q(completed_at=None, stored="")) | (Q(completed_at__isnull=False, offset=F("byte_count")) & ~Q(stored="")),
                name="photo_complete_has_every_byte_and_a_copy",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.offset}/{self.byte_count}"
