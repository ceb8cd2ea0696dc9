"""R3, R4: studies of where police rooms, kiosks, checkpoints and surveillance points go next."""
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models import Job, Station, SurveillancePoint
from geo.models.places import division_index, division_key
from geo.models.standards import DatedQuerySet
from geo.querysets import TerritorialQuerySet


class SitingStandard(models.Model):
    """One version of what a study starts from: reaches, costs, where candidates are looked for, where nothing may stand.

    `kinds`: by SiteStudy.Kind the first values of a study's form. A version is never edited; a study keeps the one it began with.
    """

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    is_own_assumption = models.BooleanField(_("系统默认，非上级规定"))
    valid_from = models.DateField(_("施行日期"))
    kinds = models.JSONField(_("各类设施的默认值"))
    grid_m = models.PositiveIntegerField(_("格网间距（米）"))
    built_up_m = models.PositiveIntegerField(_("离小区或场所不超过此距离算建成区（米）"))
    beside_road_m = models.PositiveIntegerField(_("临路不超过（米）"))
    apart_m = models.PositiveIntegerField(_("两个候选点至少相距（米）"))
    barred_m = models.PositiveIntegerField(_("手工排除的范围（米）"))
    street_step_m = models.PositiveIntegerField(_("街道每隔多少米算一处（米）"))
    public_kinds = ArrayField(models.CharField(max_length=40), verbose_name=_("可借用的公共场所类别"))
    forbidden_kinds = ArrayField(models.CharField(max_length=40), verbose_name=_("不得安装监控的场所类别"))
    forbidden_m = models.PositiveIntegerField(_("离不得安装监控的场所至少（米）"))
    bearing_count = models.PositiveSmallIntegerField(_("每个点试几个朝向"))
    backup_value = models.FloatField(_("第二重覆盖的价值（第一重为1）"))
    candidates_at_most = models.PositiveIntegerField(_("候选点上限"))
    demands_at_most = models.PositiveIntegerField(_("需求点上限"))
    seconds_at_most = models.PositiveIntegerField(_("求解时限（秒）"))
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("选址默认参数")
        ordering = ["valid_from", "pk"]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class SiteStudy(models.Model):
    """One question: what is to be built, for whom, where it may stand, and within which limits. `division` is the area studied."""

    class Kind(models.TextChoices):
        POLICE_ROOM = "police_room", _("警务室")
        KIOSK = "kiosk", _("警务岗亭")
        CHECKPOINT = "checkpoint", _("治安卡点")
        CAMERA = "camera", _("监控点")

    class Method(models.TextChoices):
        COVERAGE = "coverage", _("覆盖最多")
        BACKUP = "backup", _("双重覆盖")
        COVER_ALL = "cover_all", _("全部覆盖、花钱最少")
        MEDIAN = "median", _("总路程最短")

    class Demand(models.TextChoices):
        HOUSEHOLDS = "households", _("小区住户")
        PLACES = "places", _("重点场所")
        VILLAGES = "villages", _("社区和村")
        STREETS = "streets", _("主要街道")

    class Rule(models.TextChoices):
        PREMISES = "premises", _("可借用的公共场所")
        SEATS = "seats", _("社区（村）驻地")
        CROSSINGS = "crossings", _("道路交叉口")
        FRONTAGES = "frontages", _("小区临路处")
        ROADSIDE = "roadside", _("重点场所门前道路")
        GRID = "grid", _("建成区格网")

    name = models.CharField(_("名称"), max_length=80)
    division = division_key()
    kind = models.CharField(_("设施"), max_length=12, choices=Kind.choices)
    method = models.CharField(_("选址方法"), max_length=10, choices=Method.choices, default=Method.COVERAGE)
    demand = models.CharField(_("服务对象"), max_length=10, choices=Demand.choices)
    rules = ArrayField(models.CharField(max_length=10, choices=Rule.choices), verbose_name=_("候选点来源"), default=list, blank=True)
    hand = models.TextField(_("手工候选点"), blank=True)
    counts_planned = models.BooleanField(_("规划中的也算现有"), default=True)
    reach_m = models.PositiveIntegerField(_("服务距离（米）"))
    site_count = models.PositiveSmallIntegerField(_("新建个数上限"), null=True, blank=True)
    budget = models.FloatField(_("经费上限（万元）"), null=True, blank=True)
    cost_new = models.FloatField(_("新建一处（万元）"))
    cost_inside = models.FloatField(_("借用现有公共场所一处（万元）"))
    capacity = models.FloatField(_("一处最多服务"), null=True, blank=True)
    share = models.PositiveSmallIntegerField(_("至少覆盖（%）"), default=100)
    view_angle_deg = models.PositiveSmallIntegerField(_("监控视角（度）"), null=True, blank=True)
    note = models.CharField(_("备注"), max_length=300, blank=True)
    standard = models.ForeignKey(SitingStandard, models.PROTECT, related_name="+", verbose_name=_("默认参数版本"))
    is_invented = models.BooleanField(_("演示数据"), default=False)
    created_at = models.DateTimeField(_("建立时间"))
    created_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("建立账号"))
    changed_at = models.DateTimeField(_("修改时间"))

    objects = TerritorialQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("选址研究")
        ordering = ["-pk"]
        indexes = [division_index("site_study")]
        constraints = [
            models.CheckConstraint(condition=Q(share__gte=1, share__lte=100), name="site_study_share_is_a_percentage"),
            models.CheckConstraint(condition=Q(cost_new__gte=0, cost_inside__gte=0), name="site_study_costs_are_not_negative"),
            models.CheckConstraint(condition=Q(budget=None) | Q(budget__gte=0), name="site_study_budget_is_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class SiteRun(models.Model):
    """One reckoning of a study: what was asked is frozen in `asked`, what came out is in `result` (see zones/site_studies/reckoning.py).

    The state is the job's; a run that was cancelled keeps no result.
    """

    study = models.ForeignKey(SiteStudy, models.CASCADE, related_name="runs", verbose_name=_("选址研究"))
    number = models.PositiveIntegerField(_("第几次"))
    job = models.OneToOneField(Job, models.PROTECT, related_name="+", verbose_name=_("后台任务"))
    asked = models.JSONField(_("输入"))
    result = models.JSONField(_("结果"), null=True, blank=True)
    asked_at = models.DateTimeField(_("发起时间"))
    asked_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("发起账号"))
    cancelled_at = models.DateTimeField(_("取消时间"), null=True, blank=True)
    cancelled_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("取消账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("选址运算")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["study", "number"], name="site_run_number_once"),
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None) | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
                name="site_run_cancelled_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study} #{self.number}"


class PlannedSite(models.Model):
    """A site of a result that the county plans to build: `station` or `point` is its row in the register, as planned."""

    run = models.ForeignKey(SiteRun, models.CASCADE, related_name="planned", verbose_name=_("选址运算"))
    number = models.PositiveSmallIntegerField(_("点位序号"))
    station = models.ForeignKey(Station, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("规划的设施"))
    point = models.ForeignKey(
        SurveillancePoint, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("规划的监控点")
    )
    planned_at = models.DateTimeField(_("列入规划时间"))
    planned_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("列入规划账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("规划点位")
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="site_planned_once")]

    def __str__(self) -> str:
        return f"{self.run} {self.number}"
