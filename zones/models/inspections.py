"""R7, R14: checklists in versions, and what was found at a place by one of them."""
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from geo.models.places import division_index, division_key
from geo.models.surveillance import append_only
from geo.querysets import TerritorialQuerySet


class PlaceLayer(models.TextChoices):
    ZONES = "zones", _("重点整治区域")
    COMPOUNDS = "compounds", _("居民小区")
    PREMISES = "premises", _("重点场所")


class ChecklistQuerySet(models.QuerySet):
    def for_county(self, code: str):
        """Our defaults and the county's own: those of another county are its own affair."""
        return self.filter(Q(division=None) | Q(division=code[:6]))


class Checklist(models.Model):
    """One version of a checklist for one kind of place. An adopted version is never edited; a change is a new version of its `code`.

    `items` are those of checklists.py; `place_kinds` are kinds of the layer, all of them where empty. `division` is the county that
    made it, none for our default.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("起草")
        ADOPTED = "adopted", _("已施行")
        RETIRED = "retired", _("已停用")
        DROPPED = "dropped", _("已作废")

    code = models.CharField(_("代码"), max_length=32)
    version = models.PositiveSmallIntegerField(_("版本"))
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.DRAFT)
    title = models.CharField(_("名称"), max_length=60)
    title_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    layer = models.CharField(_("地点类型"), max_length=12, choices=PlaceLayer.choices)
    place_kinds = models.JSONField(_("适用类别"), default=list, blank=True)
    valid_from = models.DateField(_("施行日期"))
    items = models.JSONField(_("检查项"), default=list)
    is_own_assumption = models.BooleanField(_("本系统默认，非官方标准"), default=False)
    division = models.ForeignKey("geo.Division", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("制定单位"))
    made_at = models.DateTimeField(_("起草时间"), db_default=Now())
    adopted_at = models.DateTimeField(_("施行决定时间"), null=True, blank=True)
    adopted_by = models.ForeignKey(
        "geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("施行决定账号")
    )

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("检查表")
        ordering = ["layer", "code", "-version", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["code", "division", "version"], nulls_distinct=False, name="checklist_version_once"),
            models.CheckConstraint(
                condition=Q(adopted_at=None, adopted_by=None) | Q(adopted_at__isnull=False, adopted_by__isnull=False),
                name="checklist_adopted_has_moment_and_person",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("draft", "dropped")) | Q(adopted_at=None), name="draft_checklist_is_not_adopted"
            ),
            models.CheckConstraint(
                condition=Q(is_own_assumption=True, division=None) | Q(is_own_assumption=False, division__isnull=False),
                name="checklist_is_a_countys_or_our_default",
            ),
        ]

    def __str__(self) -> str:
        title = self.title_en if self.title_en and (get_language() or "").startswith("en") else self.title
        return f"{title} v{self.version}"


class Inspection(models.Model):
    """What one person found at one place by one version of a checklist. Never changed: a second look is another inspection.

    How far from the place and how accurately is kept, never where the person stood. `place_pk` is empty for an object that was not
    found in the person's territory; its name is then what the phone called it.
    """

    class Result(models.TextChoices):
        FINDINGS = "findings", _("发现问题")
        NOTHING = "nothing", _("未发现问题")
        NOT_ACCESSIBLE = "not_accessible", _("未能进入")

    class Obstacle(models.TextChoices):
        LOCKED = "locked", _("锁门或无人")
        REFUSED = "refused", _("对方不让进入")
        CLOSED_OFF = "closed_off", _("施工或封闭")
        UNSAFE = "unsafe", _("现场不安全")
        OTHER = "other", _("其他原因")

    class Spot(models.TextChoices):
        THERE = "there", _("在现场")
        FAR = "far", _("离得太远")
        COARSE = "coarse", _("定位不准")
        UNKNOWN = "unknown", _("没有定位")

    submission = models.OneToOneField("patrol.Submission", models.PROTECT, related_name="inspection", verbose_name=_("提交"))
    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="inspections", verbose_name=_("检查表"))
    division = division_key()
    place_layer = models.CharField(_("地点类型"), max_length=12, choices=PlaceLayer.choices)
    place_pk = models.BigIntegerField(_("对象"), null=True, blank=True)
    place_name = models.CharField(_("地点"), max_length=120)
    result = models.CharField(_("结果"), max_length=14, choices=Result.choices)
    obstacle = models.CharField(_("未能进入的原因"), max_length=10, choices=Obstacle.choices, blank=True)
    note = models.CharField(_("说明"), max_length=1000, blank=True)
    answers = models.JSONField(_("答案"), default=dict, blank=True)
    photos = models.JSONField(_("各项照片"), default=dict, blank=True)
    failed = models.JSONField(_("不合格项"), default=list, blank=True)
    score = models.FloatField(_("得分"), null=True, blank=True)
    spot = models.CharField(_("是否在现场"), max_length=8, choices=Spot.choices)
    distance_m = models.FloatField(_("距地点（米）"), null=True, blank=True)
    accuracy_m = models.FloatField(_("精度（米）"), null=True, blank=True)
    flags = models.JSONField(_("标记"), default=list, blank=True)
    started_at = models.DateTimeField(_("开始时间"))
    finished_at = models.DateTimeField(_("完成时间"))
    received_at = models.DateTimeField(_("收到时间"))
    inspected_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", db_index=False, verbose_name=_("排查账号"))
    is_invented = models.BooleanField(_("演示数据"), default=False)

    objects = TerritorialQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("排查")
        ordering = ["-finished_at", "-pk"]
        indexes = [
            division_index("inspection"),
            models.Index(fields=["place_layer", "place_pk"], name="inspection_by_place", condition=Q(place_pk__isnull=False)),
            models.Index(fields=["-finished_at", "-id"], name="inspection_newest"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(finished_at__gte=F("started_at")), name="inspection_ends_after_its_start"),
            models.CheckConstraint(
                condition=(Q(result="not_accessible", score=None, failed=[]) & ~Q(obstacle=""))
                | (~Q(result="not_accessible") & Q(obstacle="")),
                name="only_what_was_not_accessible_has_an_obstacle",
            ),
            models.CheckConstraint(
                condition=Q(distance_m=None, accuracy_m=None) | Q(distance_m__isnull=False, accuracy_m__isnull=False),
                name="inspection_distance_has_accuracy",
            ),
            models.CheckConstraint(condition=Q(score=None) | Q(score__gte=0, score__lte=100), name="score_is_percent"),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.place_name} {self.finished_at:%Y-%m-%d}"


class InspectionInWords(models.Model):
    """A database view's row: an inspection as files and the map tell it. Never written."""

    division = models.ForeignKey("geo.Division", models.DO_NOTHING, related_name="+", verbose_name=_("行政区划"))
    place_layer = models.CharField(_("地点类型"), max_length=12, choices=PlaceLayer.choices)
    place_pk = models.BigIntegerField(_("对象"), null=True)
    place_name = models.CharField(_("地点"), max_length=120)
    result = models.CharField(_("结果"), max_length=14, choices=Inspection.Result.choices)
    obstacle = models.CharField(_("未能进入的原因"), max_length=10, choices=Inspection.Obstacle.choices, blank=True)
    score = models.FloatField(_("得分"), null=True)
    failed_count = models.IntegerField(_("不合格项数"))
    spot = models.CharField(_("是否在现场"), max_length=8, choices=Inspection.Spot.choices)
    distance_m = models.FloatField(_("距地点（米）"), null=True)
    finished_at = models.DateTimeField(_("完成时间"))
    checklist_title = models.CharField(_("检查表"), max_length=80)
    unit_name = models.CharField(_("排查单位"), max_length=120, null=True)
    note = models.CharField(_("说明"), max_length=1000, blank=True)
    is_invented = models.BooleanField(_("演示数据"))

    objects = TerritorialQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.place_name} {self.finished_at:%Y-%m-%d}"


class InspectionRecord(InspectionInWords):
    """Every inspection; without a point where the register does not know the place."""

    geom = models.PointField(_("位置"), null=True)

    class Meta:
        managed = False
        db_table = "zones_inspectionrecord"
        verbose_name = verbose_name_plural = _("排查记录")


class InspectedPlace(InspectionInWords):
    """A place by its newest inspection: `geom` is a point in it, `geom_3857` its outline or point."""

    geom = models.PointField(_("位置"))
    geom_3857 = models.GeometryField(_("位置"), srid=3857)

    class Meta:
        managed = False
        db_table = "zones_inspectedplace"
        verbose_name = verbose_name_plural = _("最近排查结果")
