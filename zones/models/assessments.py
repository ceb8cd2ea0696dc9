"""R23: whether a project may go ahead at its site: a checklist in four parts, meetings, a decision, what the public was told."""
import pgtrigger
from django.contrib.gis.db import models
from django.contrib.postgres.functions import RandomUUID
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from geo.models.history import Frozen
from geo.models.standards import DatedQuerySet
from geo.querysets import TerritorialQuerySet

DECIDED = ("go", "wait", "stop")


class AssessmentStandard(models.Model):
    """One version of the checklist, never edited. `items` hold key, part, text and text_en; `figures` how long a notice hangs and
    how many meetings are held at least.
    """

    class Part(models.TextChoices):
        LEGALITY = "legality", _("合法性")
        REASONABLENESS = "reasonableness", _("合理性")
        FEASIBILITY = "feasibility", _("可行性")
        CONTROLLABILITY = "controllability", _("可控性")

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    is_own_assumption = models.BooleanField(_("系统默认，非上级规定"))
    valid_from = models.DateField(_("施行日期"))
    figures = models.JSONField(_("数值"))
    items = models.JSONField(_("条目"))

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("项目评估标准")
        ordering = ["valid_from", "pk"]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class ProjectKind(models.TextChoices):
    BUILDING = "building", _("房屋建设")
    RENEWAL = "renewal", _("旧城和老旧小区改造")
    LAND = "land", _("土地、房屋征收")
    ROAD = "road", _("道路和交通")
    UTILITY = "utility", _("市政和环境设施")
    INDUSTRY = "industry", _("工业和物流")
    EVENT = "event", _("大型活动")
    OTHER = "other", _("其他")


class Assessment(models.Model):
    """A project at a site: a point or an outline (EPSG:4326). Who drafted or reported it does not decide it."""

    class State(models.TextChoices):
        DRAFT = "draft", _("评估中")
        REPORTED = "reported", _("待决定")
        GO = "go", _("准予实施")
        WAIT = "wait", _("暂缓实施")
        STOP = "stop", _("不予实施")
        WITHDRAWN = "withdrawn", _("已撤回")

    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("行政区划"))
    name = models.CharField(_("项目名称"), max_length=120)
    kind = models.CharField(_("类别"), max_length=10, choices=ProjectKind.choices)
    owner_unit = models.CharField(_("实施单位"), max_length=120)
    place_name = models.CharField(_("地点"), max_length=120)
    summary = models.CharField(_("项目简介"), max_length=1000)
    geom = models.GeometryField(_("位置"))
    standard = models.ForeignKey(AssessmentStandard, models.PROTECT, related_name="+", verbose_name=_("评估标准"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField(_("建立时间"))
    created_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("建立账号"))
    reported_at = models.DateTimeField(_("提交时间"), null=True, blank=True)
    reported_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("提交账号"))
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    decided_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("决定账号"))
    conclusion = models.CharField(_("决定理由"), max_length=500, blank=True)
    is_invented = models.BooleanField(_("演示数据"), default=False)

    objects = TerritorialQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("项目评估")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reported_at=None, reported_by=None) | Q(reported_at__isnull=False, reported_by__isnull=False),
                name="assessment_report_has_moment_and_person",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=DECIDED, decided_at__isnull=False, decided_by__isnull=False) & ~Q(conclusion=""))
                | (~Q(state__in=DECIDED) & Q(decided_at=None, decided_by=None, conclusion="")),
                name="decided_assessment_says_when_who_and_why",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | (~Q(decided_by=F("created_by")) & ~Q(decided_by=F("reported_by"))),
                name="nobody_decides_the_own_assessment",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AssessmentAnswer(models.Model):
    """What was found of one item. What is not met, or only in part, needs a measure; measures are told to the public."""

    class Finding(models.TextChoices):
        MET = "met", _("符合")
        PARTLY = "partly", _("部分符合")
        UNMET = "unmet", _("不符合")
        NOT_APPLICABLE = "not_applicable", _("不涉及")

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="answers", verbose_name=_("项目评估"))
    item = models.CharField(_("条目"), max_length=40)
    finding = models.CharField(_("结论"), max_length=14, choices=Finding.choices)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    measure = models.CharField(_("化解措施"), max_length=300, blank=True)
    found_at = models.DateTimeField(_("填写时间"))
    found_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("填写账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("项目评估条目")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["assessment", "item"], name="one_answer_an_item_of_an_assessment")]

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.item}"


class AssessmentMeeting(models.Model):
    """A meeting about the project: when, of which kind, how many people came. Nobody's name."""

    class Kind(models.TextChoices):
        TALK = "talk", _("座谈会")
        EXPERTS = "experts", _("论证会")
        HEARING = "hearing", _("听证会")
        LISTENING = "listening", _("恳谈会")
        VISITS = "visits", _("入户走访")

    assessment = models.ForeignKey(Assessment, models.CASCADE, related_name="meetings", verbose_name=_("项目评估"))
    kind = models.CharField(_("形式"), max_length=10, choices=Kind.choices)
    held_on = models.DateField(_("日期"))
    people_count = models.PositiveIntegerField(_("人数"))
    summary = models.CharField(_("主要意见"), max_length=500)
    added_at = models.DateTimeField(_("登记时间"))
    added_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("登记账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("项目评估会议")
        ordering = ["held_on", "pk"]
        constraints = [models.CheckConstraint(condition=Q(people_count__gte=1), name="meeting_with_people")]

    def __str__(self) -> str:
        return f"{self.held_on} {self.get_kind_display()}"


class PublishedAssessment(models.Model):
    """What the public is told of a project, frozen: that opinions are asked for, or what was decided and why.

    `parts` hold part, and its items with text, text_en, finding and measure; `meetings` kind, held_on, people_count.
    """

    class Kind(models.TextChoices):
        CONSULTATION = "consultation", _("征求意见")
        DECISION = "decision", _("决定")

    assessment = models.ForeignKey(Assessment, models.PROTECT, related_name="notices", verbose_name=_("项目评估"))
    public_id = models.UUIDField(_("公开编号"), db_default=RandomUUID(), unique=True, editable=False)
    kind = models.CharField(_("公示类别"), max_length=12, choices=Kind.choices)
    name = models.CharField(_("项目名称"), max_length=120)
    project_kind = models.CharField(_("项目类别"), max_length=10, choices=ProjectKind.choices)
    owner_unit = models.CharField(_("实施单位"), max_length=120)
    place_name = models.CharField(_("地点"), max_length=120)
    town_name = models.CharField(_("乡镇"), max_length=60)
    summary = models.CharField(_("项目简介"), max_length=1000)
    geom = models.GeometryField(_("位置"), spatial_index=False)
    standard_title = models.CharField(_("评估标准"), max_length=150)
    is_own_assumption = models.BooleanField(_("系统默认，非上级规定"))
    parts = models.JSONField(_("评估情况"))
    meetings = models.JSONField(_("会议"))
    outcome = models.CharField(_("决定"), max_length=10, choices=Assessment.State.choices, blank=True)
    outcome_text = models.CharField(_("决定理由"), max_length=500, blank=True)
    starts_on = models.DateField(_("公示开始"))
    ends_on = models.DateField(_("公示最后一天"))
    published_at = models.DateTimeField(_("公示时间"))
    published_by_unit = models.CharField(_("公示单位"), max_length=120)
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    withdrawn_reason = models.CharField(_("撤回原因"), max_length=300, blank=True)
    is_invented = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("公开的项目评估")
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="notice_days_in_order"),
            models.CheckConstraint(
                condition=Q(kind="consultation", outcome="", outcome_text="")
                | (Q(kind="decision", outcome__in=DECIDED) & ~Q(outcome_text="")),
                name="notice_of_a_decision_says_which_and_why",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_reason="") | (Q(withdrawn_at__isnull=False) & ~Q(withdrawn_reason="")),
                name="withdrawn_notice_says_why",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="notice_is_kept", operation=pgtrigger.Delete),
            Frozen(name="notice_is_frozen", exclude=["withdrawn_at", "withdrawn_reason"]),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.get_kind_display()}"
