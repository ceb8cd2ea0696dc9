"""R13: which zones become a year's demonstration zones: the plan, own figures, scenarios and what each run of them found."""
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models.standards import DatedQuerySet
from geo.querysets import TerritorialQuerySet
from zones.models.zones import RectificationZone


class PlanCriteria(models.Model):
    """One version of the indicators by which zones are compared. A version is never edited; a change is a new version.

    `document` is read by zones.year_plans.criteria: each indicator's name, unit, direction, reference bounds and starting points.
    """

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    is_own_assumption = models.BooleanField(_("系统默认，非上级规定"))
    valid_from = models.DateField(_("施行日期"))
    document = models.JSONField(_("指标"))
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("示范区遴选指标")
        ordering = ["valid_from", "pk"]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class YearPlanQuerySet(TerritorialQuerySet):
    """A plan is its own county's: what lies above or below has no part in it."""

    def visible_to(self, user):
        return super().visible_to(user).filter(division=user.division_id)


class YearPlan(models.Model):
    """A county's choice of one year's demonstration zones. Its decision file moves it on from `draft`."""

    class State(models.TextChoices):
        DRAFT = "draft", _("拟订中")
        CHECKED = "checked", _("已审核")
        SIGNED = "signed", _("已签发")

    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("县"))
    year = models.PositiveSmallIntegerField(_("年度"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    criteria = models.ForeignKey(PlanCriteria, models.PROTECT, related_name="+", verbose_name=_("指标版本"))
    is_invented = models.BooleanField(_("演示数据"), default=False)
    created_at = models.DateTimeField(_("建立时间"))
    created_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("建立账号"))

    objects = YearPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("年度示范区遴选")
        ordering = ["-year", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["division", "year"], name="one_plan_a_county_and_year"),
            models.CheckConstraint(condition=Q(year__gte=2000, year__lte=2100), name="plan_year_is_a_year"),
        ]

    def __str__(self) -> str:
        return f"{self.division.name} {self.year}"


class OwnIndicator(models.Model):
    """An indicator that the registers do not hold (cost, say), with its declaration; its figures came by XLSX or by hand."""

    class Direction(models.TextChoices):
        MORE = "more", _("越大越优先")
        LESS = "less", _("越小越优先")

    plan = models.ForeignKey(YearPlan, models.CASCADE, related_name="own_indicators", verbose_name=_("遴选"))
    key = models.CharField(_("代号"), max_length=20)
    name = models.CharField(_("名称"), max_length=40)
    unit = models.CharField(_("单位"), max_length=20, blank=True)
    direction = models.CharField(_("方向"), max_length=4, choices=Direction.choices)
    low = models.FloatField(_("参考下限"))
    high = models.FloatField(_("参考上限"))
    source = models.CharField(_("来源"), max_length=120)
    as_of = models.DateField(_("数据日期"))
    loaded_at = models.DateTimeField(_("导入时间"))
    loaded_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("导入账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("自有指标")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "key"], name="one_own_indicator_a_plan_and_key"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="own_indicator_bounds_in_order"),
        ]

    def __str__(self) -> str:
        return self.name


class OwnFigure(models.Model):
    """One zone's figure of an own indicator. A zone without a row is missing, not zero."""

    indicator = models.ForeignKey(OwnIndicator, models.CASCADE, related_name="figures", verbose_name=_("自有指标"))
    zone = models.ForeignKey(RectificationZone, models.CASCADE, related_name="+", verbose_name=_("整治区域"))
    value = models.FloatField(_("数值"))

    class Meta:
        verbose_name = verbose_name_plural = _("自有指标数值")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["indicator", "zone"], name="one_own_figure_a_zone")]

    def __str__(self) -> str:
        return f"{self.indicator_id} {self.zone_id}"


class ScenarioQuerySet(TerritorialQuerySet):
    division_field = "plan__division"

    def visible_to(self, user):
        """The own ones, and those of the county that were shared."""
        mine = super().visible_to(user).filter(plan__division=user.division_id)
        return mine.filter(Q(is_shared=True) | Q(created_by=user))


class Scenario(models.Model):
    """One way of weighing and demanding. `document` is read by zones.year_plans.settings: weights by stakeholder, demands, bonus, draws."""

    plan = models.ForeignKey(YearPlan, models.CASCADE, related_name="scenarios", verbose_name=_("遴选"))
    name = models.CharField(_("名称"), max_length=60)
    is_shared = models.BooleanField(_("已共享"), default=False)
    seed = models.PositiveIntegerField(_("随机种子"), default=20)
    document = models.JSONField(_("权重与要求"), default=dict)
    created_at = models.DateTimeField(_("建立时间"))
    created_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("建立账号"))
    edited_at = models.DateTimeField(_("修改时间"))

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("遴选方案")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["plan", "name"], name="one_scenario_a_plan_and_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def division_id(self) -> str:
        return self.plan.division_id


class ScenarioRunQuerySet(TerritorialQuerySet):
    division_field = "scenario__plan__division"

    def visible_to(self, user):
        mine = super().visible_to(user).filter(scenario__plan__division=user.division_id)
        return mine.filter(Q(scenario__is_shared=True) | Q(scenario__created_by=user))

    def done(self):
        return self.filter(job__state="done")

    def computing(self):
        return self.filter(job__state__in=("waiting", "running"), cancelled_at=None)


class ScenarioRun(models.Model):
    """One computation of a scenario: what went in (never changed again) and, once its job is done, what came out.

    Both documents are described in zones.year_plans.runs.
    """

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="runs", verbose_name=_("方案"))
    job = models.OneToOneField("geo.Job", models.PROTECT, related_name="+", verbose_name=_("后台任务"))
    frozen = models.JSONField(_("冻结的输入"))
    result = models.JSONField(_("结果"), null=True, blank=True)
    started_at = models.DateTimeField(_("发起时间"))
    started_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("发起账号"))
    cancelled_at = models.DateTimeField(_("取消时间"), null=True, blank=True)
    cancelled_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("取消账号"))

    objects = ScenarioRunQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("方案计算")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(cancelled_at=None, cancelled_by=None) | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
                name="cancelled_run_has_moment_and_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.scenario} #{self.pk}"

    @property
    def division_id(self) -> str:
        return self.scenario.division_id
