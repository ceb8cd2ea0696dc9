"""The places on the map: R3 stations, R4 surveillance points, R5 compounds and courtyards, R7 premises, R16 public facilities."""
from django.contrib.gis.db import models
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GistIndex
from django.db.models import F, Func, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models.kinds import KindField
from geo.querysets import PlaceQuerySet, SurveillanceQuerySet


def geometry_twin(field_class):
    """A stored EPSG:3857 copy of `geom`, kept by the database: tiles read it 1.3 to 2.3 times faster."""
    return models.GeneratedField(
        expression=Func(F("geom"), 3857, function="ST_Transform"), output_field=field_class(srid=3857), db_persist=True
    )


def division_key() -> models.ForeignKey:
    """Where a row lies. Indexed by `division_index` alone: Django's own pair would cost an import a second per million rows."""
    return models.ForeignKey("geo.Division", models.PROTECT, related_name="+", db_index=False, verbose_name=_("行政区划"))


def batch_key() -> models.ForeignKey:
    """What brought a row. Asked for only when a batch is taken back, so not indexed."""
    return models.ForeignKey(
        "geo.Batch", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("导入批次")
    )


def division_index(name: str) -> models.Index:
    """Serves "in this division" (a prefix) as well as "of this division" (equality)."""
    return models.Index(fields=["division"], opclasses=["varchar_pattern_ops"], name=f"{name}_by_division")


class Place(models.Model):
    """What every place has: a name, a division found by geometry, the key its source knows it by, the batch that brought it."""

    name = models.CharField(_("名称"), max_length=120)
    source_key = models.CharField(_("来源编号"), max_length=80)
    division = division_key()
    batch = batch_key()
    created_at = models.DateTimeField(_("录入时间"), db_default=Now())
    updated_at = models.DateTimeField(_("更新时间"), db_default=Now())

    objects = PlaceQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class PointPlace(Place):
    # One GiST index, on the twin that tiles read: each further one costs an import of a million rows seconds.
    geom = models.PointField(_("位置"), spatial_index=False)
    geom_3857 = geometry_twin(models.PointField)

    class Meta:
        abstract = True


class AreaPlace(Place):
    geom = models.MultiPolygonField(_("轮廓"), spatial_index=False)
    geom_3857 = geometry_twin(models.MultiPolygonField)

    class Meta:
        abstract = True


def place_constraints(name: str) -> list:
    return [
        models.UniqueConstraint(fields=["source_key"], name=f"{name}_source_key_once"),
        models.CheckConstraint(condition=~Q(name=""), name=f"{name}_has_a_name"),
    ]


def tile_index(name: str) -> GistIndex:
    return GistIndex(fields=["geom_3857"], name=f"{name}_geom_3857")


def place_indexes(name: str) -> list:
    return [division_index(name), tile_index(name)]


class Station(PointPlace):
    """R3: police stations, police rooms, street kiosks, checkpoints."""

    class Kind(models.TextChoices):
        POLICE_STATION = "police_station", _("派出所")
        POLICE_ROOM = "police_room", _("警务室")
        KIOSK = "kiosk", _("警务岗亭")
        CHECKPOINT = "checkpoint", _("治安卡点")

    class Status(models.TextChoices):
        PLANNED = "planned", _("规划")
        BUILT = "built", _("已建")

    class Condition(models.TextChoices):
        GOOD = "good", _("完好")
        REPAIR = "repair", _("待修")
        OUT_OF_USE = "out_of_use", _("停用")
        UNKNOWN = "unknown", _("未知")

    kind = models.CharField(_("类别"), max_length=20, choices=Kind.choices)
    status = models.CharField(_("建设状态"), max_length=10, choices=Status.choices, default=Status.BUILT)
    condition = models.CharField(_("状况"), max_length=12, choices=Condition.choices, default=Condition.UNKNOWN)
    hours = models.CharField(_("值守时间"), max_length=60, blank=True)
    equipment = models.CharField(_("装备"), max_length=200, blank=True)
    unit = models.CharField(_("管理单位"), max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("警务设施")
        constraints = place_constraints("station")
        indexes = place_indexes("station")


class SurveillancePoint(PointPlace):
    """R4: an asset with a purpose, an owner and a legal filing. No stream address, no footage.

    Built towards State Council Decree 799 (in force 2025-04-01), not assessed: filing within 30 days of use (art. 14),
    a visible sign and no wider a view than needed (art. 13), at least 30 days kept (art. 17), forbidden interiors (art. 8).
    """

    class Kind(models.TextChoices):
        BULLET = "bullet", _("枪机")
        DOME = "dome", _("球机")
        PANORAMA = "panorama", _("全景")
        OTHER = "other", _("其他")

    class PlaceCategory(models.TextChoices):
        CROWDED = "crowded", _("人员密集场所")
        KEY_AREA = "key_area", _("重点区域")
        ARTERY = "artery", _("交通干道")
        COMPOUND = "compound", _("居民小区")
        KEY_UNIT = "key_unit", _("重点单位")
        OFFICE = "office", _("机关")
        COMMUNITY = "community", _("社区")
        INDUSTRIAL_PARK = "industrial_park", _("工业园区")
        LOGISTICS_PARK = "logistics_park", _("物流园区")
        OTHER = "other", _("其他")

    class LegalClass(models.TextChoices):
        GOVERNMENT = "art7_1", _("第七条第一款（政府建设）")
        OPERATOR = "art7_2", _("第七条第二款（经营管理单位建设）")
        OTHER_PUBLIC = "art9", _("第九条（其他公共场所）")
        NON_PUBLIC = "art33", _("第三十三条（非公共场所）")
        UNDECIDED = "undecided", _("待确认")

    class Working(models.TextChoices):
        """`planned` is not built: in no count of what is in service, and nothing is due for it."""

        WORKING = "working", _("正常")
        FAULTY = "faulty", _("故障")
        REMOVED = "removed", _("已拆除")
        UNKNOWN = "unknown", _("未知")
        PLANNED = "planned", _("规划")

    kind = models.CharField(_("类别"), max_length=12, choices=Kind.choices, default=Kind.OTHER)
    place_category = models.CharField(_("场所类别"), max_length=16, choices=PlaceCategory.choices, default=PlaceCategory.OTHER)
    legal_class = models.CharField(_("法定类别"), max_length=10, choices=LegalClass.choices, default=LegalClass.UNDECIDED)
    owner_unit = models.CharField(_("建设管理单位"), max_length=120, blank=True)
    purpose = models.CharField(_("用途"), max_length=120, blank=True)
    working = models.CharField(_("工作状态"), max_length=10, choices=Working.choices, default=Working.UNKNOWN)
    checked_on = models.DateField(_("检查日期"), null=True, blank=True)
    bearing_deg = models.FloatField(_("朝向（度）"), null=True, blank=True)
    view_angle_deg = models.FloatField(_("视角（度）"), null=True, blank=True)
    range_m = models.FloatField(_("视距（米）"), null=True, blank=True)
    in_use_since = models.DateField(_("启用日期"), null=True, blank=True)
    filing_number = models.CharField(_("备案号"), max_length=60, blank=True)
    filed_on = models.DateField(_("备案日期"), null=True, blank=True)
    has_sign = models.BooleanField(_("有提示标识"), null=True, blank=True)
    retention_days = models.PositiveSmallIntegerField(_("留存天数"), null=True, blank=True)
    forbidden_interior_ruled_out_on = models.DateField(_("禁设场所核查日期"), null=True, blank=True)

    objects = SurveillanceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("监控点")
        constraints = [
            *place_constraints("surveillance_point"),
            models.CheckConstraint(condition=Q(bearing_deg=None) | Q(bearing_deg__gte=0, bearing_deg__lt=360), name="bearing_is_a_circle"),
            models.CheckConstraint(
                condition=Q(view_angle_deg=None) | Q(view_angle_deg__gt=0, view_angle_deg__lte=360), name="view_angle_is_an_angle"
            ),
            models.CheckConstraint(condition=Q(range_m=None) | Q(range_m__gt=0), name="range_is_positive"),
        ]
        indexes = place_indexes("surveillance_point")


class Compound(AreaPlace):
    """R5: a residential compound (小区) and the protection it has: by people, by things, by technology (人防、物防、技防)."""

    class Kind(models.TextChoices):
        OLD = "old", _("老旧小区")
        GATED = "gated", _("封闭小区")
        OPEN_YARD = "open_yard", _("开放院落")
        OTHER = "other", _("其他")

    public_id = models.UUIDField(_("公开编号"), db_default=RandomUUID(), unique=True, editable=False)
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices, default=Kind.OTHER)
    manager_unit = models.CharField(_("管理单位"), max_length=120, blank=True)
    building_count = models.PositiveIntegerField(_("楼栋数"), null=True, blank=True)
    household_count = models.PositiveIntegerField(_("户数"), null=True, blank=True)
    guard_count = models.PositiveSmallIntegerField(_("保安人数"), null=True, blank=True)
    has_night_guard = models.BooleanField(_("夜间值守"), null=True, blank=True)
    gate_count = models.PositiveSmallIntegerField(_("出入口数"), null=True, blank=True)
    has_fence = models.BooleanField(_("有围墙"), null=True, blank=True)
    has_lighting = models.BooleanField(_("公共照明完好"), null=True, blank=True)
    has_access_control = models.BooleanField(_("有门禁"), null=True, blank=True)
    fire_lanes_clear = models.BooleanField(_("消防通道畅通"), null=True, blank=True)
    camera_count = models.PositiveIntegerField(_("公共区域摄像机数"), null=True, blank=True)
    small_device_household_count = models.PositiveIntegerField(_("小技防户数"), null=True, blank=True)
    fire_checked_on = models.DateField(_("消防检查日期"), null=True, blank=True)
    open_fire_hazard_count = models.PositiveIntegerField(_("未整改火灾隐患数"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("居民小区")
        constraints = [
            *place_constraints("compound"),
            models.CheckConstraint(
                condition=Q(fire_checked_on=None, open_fire_hazard_count=None)
                | Q(fire_checked_on__isnull=False, open_fire_hazard_count__isnull=False),
                name="fire_check_has_date_and_result",
            ),
        ]
        indexes = place_indexes("compound")


class Courtyard(AreaPlace):
    """R5, R17: a courtyard or building (楼院); a compound holds courtyards, and the four-free contest is run by courtyard."""

    public_id = models.UUIDField(_("公开编号"), db_default=RandomUUID(), unique=True, editable=False)
    compound = models.ForeignKey(Compound, models.PROTECT, related_name="courtyards", null=True, blank=True, verbose_name=_("所属小区"))
    household_count = models.PositiveIntegerField(_("户数"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("楼院")
        constraints = place_constraints("courtyard")
        indexes = place_indexes("courtyard")


class Premises(PointPlace):
    """R7: key premises that are inspected regularly."""

    kind = KindField(_("类别"), layer="premises")
    operator_unit = models.CharField(_("经营管理单位"), max_length=120, blank=True)
    capacity_count = models.PositiveIntegerField(_("核定人数"), null=True, blank=True)
    last_inspected_on = models.DateField(_("最近检查日期"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("重点场所")
        constraints = place_constraints("premises")
        indexes = place_indexes("premises")


class PublicFacility(PointPlace):
    """R16: a lamp, a barrier, a lock, a hydrant … whose defects run through the issue register."""

    class Condition(models.TextChoices):
        GOOD = "good", _("完好")
        DEFECTIVE = "defective", _("损坏")
        MISSING = "missing", _("缺失")
        UNKNOWN = "unknown", _("未知")

    kind = KindField(_("类别"), layer="facilities")
    condition = models.CharField(_("状况"), max_length=10, choices=Condition.choices, default=Condition.UNKNOWN)
    owner_unit = models.CharField(_("权属单位"), max_length=120, blank=True)
    last_checked_on = models.DateField(_("最近检查日期"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("公共设施")
        constraints = place_constraints("public_facility")
        indexes = place_indexes("public_facility")
