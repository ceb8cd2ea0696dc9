"""R17, R18: criteria as versioned data, a round per period, a grade with its evidence."""
from datetime import date, timedelta

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from geo.models import Compound, Courtyard
from geo.querysets import TerritorialQuerySet


class RatingSchemeQuerySet(models.QuerySet):
    def for_county(self, code: str):
        """Our defaults and the county's own."""
        return self.filter(Q(division=None) | Q(division=code[:6]))


class RatingScheme(models.Model):
    """One version of the criteria. A version that was adopted is never edited; a change is a new version.

    `division` is the county that made it, none for our default and for what came in as a file. Adopted versions hold one after the
    other: no day has two (`valid_to` is the first day after).
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("起草")
        ADOPTED = "adopted", _("已施行")
        DROPPED = "dropped", _("已作废")

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.DRAFT)
    is_own_assumption = models.BooleanField(_("系统默认，非上级规定"))
    criteria = models.JSONField(_("标准"))
    valid_from = models.DateField(_("启用日期"))
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)
    division = models.ForeignKey("geo.Division", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("制定单位"))
    copied_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("起草所依据的版本"))
    change_note = models.CharField(_("改动说明"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())
    edited_at = models.DateTimeField(_("修改时间"), null=True, blank=True)
    edited_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("修改账号"))
    adopted_at = models.DateTimeField(_("施行决定时间"), null=True, blank=True)
    adopted_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("施行决定账号"))

    objects = RatingSchemeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("评定标准")
        ordering = ["valid_from"]
        constraints = [
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="scheme_dates_in_order"),
            models.CheckConstraint(
                condition=Q(edited_at=None, edited_by=None) | Q(edited_at__isnull=False, edited_by__isnull=False),
                name="scheme_edited_has_moment_and_person",
            ),
            models.CheckConstraint(
                condition=Q(adopted_at=None, adopted_by=None) | Q(state="adopted", adopted_at__isnull=False, adopted_by__isnull=False),
                name="scheme_adopted_has_moment_and_person",
            ),
            models.CheckConstraint(
                condition=Q(adopted_by=None) | Q(edited_by=None) | ~Q(adopted_by=F("edited_by")), name="nobody_adopts_the_own_scheme"
            ),
            ExclusionConstraint(
                expressions=[(Func("valid_from", "valid_to", function="daterange"), RangeOperators.OVERLAPS)],
                condition=Q(state="adopted"),
                name="one_scheme_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class RatingRoundQuerySet(models.QuerySet):
    def computed(self):
        """The newest first."""
        return self.filter(computed_at__isnull=False).order_by("-starts_on")


ON_ITS_WAY = ("approved", "objection", "published")


class RatingRound(models.Model):
    """A period being rated. `ends_on` is the day after its last day; the window of counted incidents ends there too.

    From the freeze on, grades no longer follow the registers. Moves are those of zones.round_life.
    """

    class State(models.TextChoices):
        COLLECTING = "collecting", _("收集中")
        DRAFTED = "drafted", _("已冻结起草")
        TOWN_REVIEW = "town_review", _("乡镇复核")
        APPROVED = "approved", _("县级已核")
        OBJECTION = "objection", _("异议期")
        PUBLISHED = "published", _("已公布")

    period = models.CharField(_("评定期"), max_length=10, unique=True)
    starts_on = models.DateField(_("开始"))
    ends_on = models.DateField(_("结束"))
    window_starts_on = models.DateField(_("统计起始日"))
    scheme = models.ForeignKey(RatingScheme, models.PROTECT, related_name="rounds", verbose_name=_("评定标准"))
    computed_at = models.DateTimeField(_("计算时间"), null=True, blank=True)
    computed_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("计算账号"))

    registers_version = models.BigIntegerField(_("计算时的数据版本"), default=0)

    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.COLLECTING)
    division = models.ForeignKey("geo.Division", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("评定单位"))
    standard = models.ForeignKey("zones.RoundStandard", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("程序标准"))
    frozen_at = models.DateTimeField(_("冻结时间"), null=True, blank=True)
    frozen_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("冻结账号"))
    frozen_count = models.PositiveIntegerField(_("冻结时小区数"), null=True, blank=True)
    review_until = models.DateTimeField(_("复核截止"), null=True, blank=True)
    approved_at = models.DateTimeField(_("审核时间"), null=True, blank=True)
    approved_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审核账号"))
    objection_opens_at = models.DateTimeField(_("异议期开始"), null=True, blank=True)
    objection_closes_at = models.DateTimeField(_("异议期截止"), null=True, blank=True)
    published_at = models.DateTimeField(_("公布时间"), null=True, blank=True)
    published_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("公布账号"))

    objects = RatingRoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("评定期")
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(window_starts_on__lte=F("starts_on"), starts_on__lt=F("ends_on")), name="round_dates_in_order"
            ),
            models.CheckConstraint(condition=Q(computed_at__isnull=False) | Q(computed_by=None), name="round_computed_by_has_its_moment"),
            models.CheckConstraint(
                condition=Q(state="collecting", frozen_at=None, frozen_by=None, frozen_count=None, standard=None)
                | (
                    ~Q(state="collecting")
                    & Q(frozen_at__isnull=False, frozen_by__isnull=False, frozen_count__isnull=False)
                    & Q(standard__isnull=False, division__isnull=False)
                ),
                name="frozen_round_has_moment_and_person",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ON_ITS_WAY, approved_at__isnull=False, approved_by__isnull=False)
                | (~Q(state__in=ON_ITS_WAY) & Q(approved_at=None, approved_by=None)),
                name="approved_round_has_moment_and_person",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ON_ITS_WAY[1:], objection_closes_at__gt=F("objection_opens_at"))
                | (~Q(state__in=ON_ITS_WAY[1:]) & Q(objection_opens_at=None, objection_closes_at=None)),
                name="objection_window_has_its_moments",
            ),
            models.CheckConstraint(
                condition=Q(state="published", published_at__isnull=False, published_by__isnull=False)
                | (~Q(state="published") & Q(published_at=None, published_by=None)),
                name="published_round_has_moment_and_person",
            ),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("frozen_by")), name="nobody_approves_the_own_freeze"
            ),
        ]

    def __str__(self) -> str:
        return self.period

    @property
    def last_day(self) -> date:
        return self.ends_on - timedelta(days=1)

    @property
    def is_frozen(self) -> bool:
        return self.state != self.State.COLLECTING


class GradeQuerySet(TerritorialQuerySet):
    division_field = "compound__division"

    def with_published(self, publication):
        """Adds `final_colour`, and `published`: the colour that the public reads now, or None."""
        if publication is None:
            return self.with_final().annotate(published=models.Value(None, models.CharField()))
        told = publication.grades.filter(public_id=models.OuterRef("compound__public_id"))
        return self.with_final().annotate(published=models.Subquery(told.values("colour")[:1]))

    def different(self):
        """After with_published: what holds now is not what was published."""
        return self.exclude(final_colour=Coalesce("published", models.Value("")))

    def with_final(self):
        """Adds `final_colour`: the decided one where there is one, or else the computed one."""
        return self.annotate(final_colour=Coalesce("decided_colour", "colour"))


class FourFree(models.TextChoices):
    """R17 (四无): four zeros over the period, with a register that covers every month of it."""

    HELD = "held", _("四无")
    NOT_HELD = "not_held", _("未达到")
    NOT_ENOUGH = "not_enough", _("依据不足")


STREAK_WHEN_HELD = Q(four_free="held", streak_count__gte=1) | (~Q(four_free="held") & Q(streak_count=0))


class IncidentCounts(models.Model):
    """Incidents by category, as counted. Columns, so that SQL compares them and a reader can sort by them."""

    theft_count = models.PositiveIntegerField(_("盗窃"))
    drugs_count = models.PositiveIntegerField(_("吸毒"))
    crime_count = models.PositiveIntegerField(_("犯罪"))
    fire_count = models.PositiveIntegerField(_("火灾"))
    covered_month_count = models.PositiveSmallIntegerField(_("警情登记覆盖月数"))

    class Meta:
        abstract = True


class SeverityCounts(models.Model):
    """Of the counts of the window: how many were serious, minor, and minor as well as reported by residents; and all by residents."""

    theft_serious_count = models.PositiveIntegerField(_("盗窃（严重）"), default=0, db_default=0)
    drugs_serious_count = models.PositiveIntegerField(_("吸毒（严重）"), default=0, db_default=0)
    crime_serious_count = models.PositiveIntegerField(_("犯罪（严重）"), default=0, db_default=0)
    fire_serious_count = models.PositiveIntegerField(_("火灾（严重）"), default=0, db_default=0)
    theft_minor_count = models.PositiveIntegerField(_("盗窃（轻微）"), default=0, db_default=0)
    drugs_minor_count = models.PositiveIntegerField(_("吸毒（轻微）"), default=0, db_default=0)
    crime_minor_count = models.PositiveIntegerField(_("犯罪（轻微）"), default=0, db_default=0)
    fire_minor_count = models.PositiveIntegerField(_("火灾（轻微）"), default=0, db_default=0)
    theft_resident_minor_count = models.PositiveIntegerField(_("盗窃（群众报警的轻微）"), default=0, db_default=0)
    drugs_resident_minor_count = models.PositiveIntegerField(_("吸毒（群众报警的轻微）"), default=0, db_default=0)
    crime_resident_minor_count = models.PositiveIntegerField(_("犯罪（群众报警的轻微）"), default=0, db_default=0)
    fire_resident_minor_count = models.PositiveIntegerField(_("火灾（群众报警的轻微）"), default=0, db_default=0)
    resident_count = models.PositiveIntegerField(_("群众报警数"), default=0, db_default=0)

    class Meta:
        abstract = True


class MeasureFacts(models.Model):
    """What the registers said of the compound's protection on the day of computing; empty: not known, or not asked for."""

    has_access_control = models.BooleanField(_("有门禁"), null=True, blank=True)
    has_lighting = models.BooleanField(_("公共照明完好"), null=True, blank=True)
    fire_lanes_clear = models.BooleanField(_("消防通道畅通"), null=True, blank=True)
    protection_count = models.PositiveSmallIntegerField(_("防护项数"), null=True, blank=True)
    camera_point_count = models.PositiveIntegerField(_("监控点数"), null=True, blank=True)
    working_camera_count = models.PositiveIntegerField(_("正常的监控点数"), null=True, blank=True)
    issue_count = models.PositiveIntegerField(_("挂号问题数"), null=True, blank=True)
    closed_issue_count = models.PositiveIntegerField(_("已销号问题数"), null=True, blank=True)

    class Meta:
        abstract = True


class Grade(IncidentCounts, SeverityCounts, MeasureFacts):
    """A colour with the facts it was computed from; the sentences that explain it follow from these and the criteria.

    Counts and covered months are those of the window. The compound's four-free title stands beside them, over the period.
    """

    class Colour(models.TextChoices):
        RED = "red", _("红")
        YELLOW = "yellow", _("黄")
        GREEN = "green", _("绿")
        NOT_GRADED = "not_graded", _("不评定")

    round = models.ForeignKey(RatingRound, models.CASCADE, related_name="grades", verbose_name=_("评定期"))
    compound = models.ForeignKey(Compound, models.CASCADE, related_name="grades", verbose_name=_("居民小区"))
    colour = models.CharField(_("等级"), max_length=10, choices=Colour.choices)
    household_count = models.PositiveIntegerField(_("户数"), null=True, blank=True)
    fire_checked_on = models.DateField(_("消防检查日期"), null=True, blank=True)
    open_fire_hazard_count = models.PositiveIntegerField(_("未整改火灾隐患数"), null=True, blank=True)
    four_free = models.CharField(_("四无称号"), max_length=10, choices=FourFree.choices)
    streak_count = models.PositiveIntegerField(_("连续期数"), default=0)
    period_incident_count = models.PositiveIntegerField(_("本期警情数"))
    period_covered_month_count = models.PositiveSmallIntegerField(_("本期覆盖月数"))
    decided_colour = models.CharField(_("决定的等级"), max_length=10, choices=Colour.choices, null=True, blank=True)
    decided_why = models.CharField(_("决定理由"), max_length=300, blank=True, db_default="")
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    decided_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("决定账号"))

    objects = GradeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("等级")
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_colour=None, decided_at=None, decided_by=None, decided_why="")
                | (Q(decided_colour__isnull=False, decided_at__isnull=False, decided_by__isnull=False) & ~Q(decided_why="")),
                name="decided_grade_has_moment_person_and_reason",
            ),
            models.UniqueConstraint(fields=["round", "compound"], name="one_grade_per_round"),
            models.CheckConstraint(condition=STREAK_WHEN_HELD, name="grade_streak_when_four_free"),
        ]

    def __str__(self) -> str:
        return f"{self.round} {self.get_colour_display()}"


class TitleQuerySet(TerritorialQuerySet):
    division_field = "courtyard__division"


class FourFreeTitle(IncidentCounts):
    """R17: the contest is run by courtyard (楼院). Counts and covered months are those of the period."""

    round = models.ForeignKey(RatingRound, models.CASCADE, related_name="titles", verbose_name=_("评定期"))
    courtyard = models.ForeignKey(Courtyard, models.CASCADE, related_name="titles", verbose_name=_("楼院"))
    four_free = models.CharField(_("结果"), max_length=10, choices=FourFree.choices)
    streak_count = models.PositiveIntegerField(_("连续期数"), default=0)

    objects = TitleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("四无称号")
        constraints = [
            models.CheckConstraint(condition=STREAK_WHEN_HELD, name="title_streak_when_four_free"),
            models.UniqueConstraint(fields=["round", "courtyard"], name="one_title_per_courtyard"),
        ]

    def __str__(self) -> str:
        return f"{self.round} {self.get_four_free_display()}"


class ZeroReportQuerySet(TerritorialQuerySet):
    pass


class ZeroReport(models.Model):
    """A town's word that a month had no incidents (零报告). Without it an empty month counts as missing, never as quiet."""

    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("乡镇"))
    month = models.DateField(_("月份"))
    reported_at = models.DateTimeField(_("报告时间"), db_default=Now())
    reported_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("报告账号"))

    objects = ZeroReportQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("零报告")
        ordering = ["division", "month"]
        constraints = [
            models.UniqueConstraint(fields=["division", "month"], name="one_zero_report_per_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="zero_report_names_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.division} {self.month:%Y-%m}"


class GradedCompoundQuerySet(TerritorialQuerySet):
    pass


class GradedCompound(models.Model):
    """A database view: every compound with its grade in the newest computed round. For the map; never written."""

    name = models.CharField(_("名称"), max_length=120)
    source_key = models.CharField(_("来源编号"), max_length=80)
    division = models.ForeignKey("geo.Division", models.DO_NOTHING, related_name="+", verbose_name=_("行政区划"))
    kind = models.CharField(_("类别"), max_length=10, choices=Compound.Kind.choices)
    household_count = models.PositiveIntegerField(_("户数"), null=True)
    geom = models.MultiPolygonField(_("轮廓"))
    geom_3857 = models.MultiPolygonField(_("轮廓"), srid=3857)
    period = models.CharField(_("评定期"), max_length=10, null=True)
    scheme_version = models.CharField(_("标准版本"), max_length=20, null=True)
    colour = models.CharField(_("等级"), max_length=10, choices=Grade.Colour.choices)

    objects = GradedCompoundQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "zones_gradedcompound"
        verbose_name = verbose_name_plural = _("小区等级")

    def __str__(self) -> str:
        return self.name
