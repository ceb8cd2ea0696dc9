"""R6: what a key-rectification zone is judged by, what was found of it, and what it looked like before and after."""
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from zones.models.zones import RectificationZone


class ZoneCriteria(models.Model):
    """One version of the criteria for listing, accepting and delisting. A version is never edited; a change is a new version.

    `items` hold key, stage (listing, acceptance, delisting), text, and, where the system can count it, measure, compare and line.
    """

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    is_own_assumption = models.BooleanField(_("本系统默认，非官方标准"))
    valid_from = models.DateField(_("施行日期"))
    listing_at_least = models.PositiveSmallIntegerField(_("挂牌至少符合条数"))
    watch_months = models.PositiveSmallIntegerField(_("巩固期（月）"))
    items = models.JSONField(_("标准"))
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = _("重点整治区域标准")
        ordering = ["valid_from", "pk"]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class ZoneFinding(models.Model):
    """What a person found of one criterion in one listing of a zone (`round` counts them); `measured` is what the system counted then."""

    zone = models.ForeignKey(RectificationZone, models.CASCADE, related_name="findings", verbose_name=_("整治区域"))
    round = models.PositiveSmallIntegerField(_("轮次"))
    criteria = models.ForeignKey(ZoneCriteria, models.PROTECT, related_name="+", verbose_name=_("标准"))
    item = models.CharField(_("标准条目"), max_length=40)
    is_met = models.BooleanField(_("符合"))
    measured = models.FloatField(_("系统统计"), null=True, blank=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    found_at = models.DateTimeField(_("核查时间"))
    found_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("核查账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("重点整治区域核查")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["zone", "round", "item"], name="one_finding_an_item")]

    def __str__(self) -> str:
        return f"{self.zone_id} {self.round} {self.item}"


class ZonePhoto(models.Model):
    """A picture of the zone before or after its rectification, drawn anew."""

    class Stage(models.TextChoices):
        BEFORE = "before", _("整治前")
        AFTER = "after", _("整治后")

    zone = models.ForeignKey(RectificationZone, models.CASCADE, related_name="photos", verbose_name=_("整治区域"))
    round = models.PositiveSmallIntegerField(_("轮次"))
    stage = models.CharField(_("阶段"), max_length=8, choices=Stage.choices)
    file = models.FileField(_("文件"), upload_to="zones/")
    content_type = models.CharField(_("类型"), max_length=40)
    byte_count = models.PositiveIntegerField(_("字节数"))
    sha256 = models.CharField(_("摘要"), max_length=64)
    added_at = models.DateTimeField(_("上传时间"))
    added_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("上传账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("重点整治区域照片")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(round__gte=1), name="zone_photo_has_a_round")]

    def __str__(self) -> str:
        return f"{self.zone_id} {self.stage}"
