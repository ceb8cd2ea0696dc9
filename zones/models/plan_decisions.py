"""R13: the decision on a year's demonstration zones, from draft to signature, and what the public is told of it."""
import pgtrigger
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from geo.querysets import TerritorialQuerySet
from zones.models.year_plans import ScenarioRun, YearPlan

PASSED_CHECK, PASSED_SIGNING = ("checked", "signed"), ("signed",)


class PlanDecisionQuerySet(TerritorialQuerySet):
    division_field = "plan__division"

    def visible_to(self, user):
        return super().visible_to(user).filter(plan__division=user.division_id)


class PlanDecision(models.Model):
    """What was decided on a run of a scenario: its best choice (`alternative` 0) or one of its alternatives (from 1 on).

    The run holds what went in and came out; `run_sha256` says that it is still the same. Drafted by one, checked by another,
    signed by a third. The plan's own state follows it. A signed decision is never changed.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        CHECKED = "checked", _("已审核")
        SIGNED = "signed", _("已签发")

    plan = models.OneToOneField(YearPlan, models.PROTECT, related_name="decision", verbose_name=_("遴选"))
    run = models.ForeignKey(ScenarioRun, models.PROTECT, related_name="+", verbose_name=_("所依据的计算"))
    run_sha256 = models.CharField(_("计算的摘要"), max_length=64)
    alternative = models.PositiveSmallIntegerField(_("采用的组合"), default=0)
    chosen = models.JSONField(_("选定的区域"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    title = models.CharField(_("标题"), max_length=120)
    issuer = models.CharField(_("发文机关"), max_length=60)
    addressees = models.CharField(_("主送"), max_length=200)
    met_on = models.DateField(_("会议日期"), null=True, blank=True)
    people_count = models.PositiveIntegerField(_("参会人数"), null=True, blank=True)
    reasons = models.CharField(_("选定理由"), max_length=2000, blank=True)
    minority = models.CharField(_("不同意见"), max_length=2000, blank=True)
    drafted_at = models.DateTimeField(_("起草时间"))
    drafted_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("起草账号"))
    edited_at = models.DateTimeField(_("修改时间"), null=True, blank=True)
    edited_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("修改账号"))
    checked_at = models.DateTimeField(_("审核时间"), null=True, blank=True)
    checked_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("审核账号"))
    signed_at = models.DateTimeField(_("签发时间"), null=True, blank=True)
    signed_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("签发账号"))
    is_invented = models.BooleanField(_("演示数据"), default=False)

    objects = PlanDecisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("示范区决定")
        ordering = ["-plan__year", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(edited_at=None, edited_by=None) | Q(edited_at__isnull=False, edited_by__isnull=False),
                name="decision_edit_has_moment_and_person",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(state__in=states, **{f"{verb}_at__isnull": False, f"{verb}_by__isnull": False})
                    | (~Q(state__in=states) & Q(**{f"{verb}_at": None, f"{verb}_by": None})),
                    name=f"{verb}_decision_has_moment_and_person",
                )
                for verb, states in (("checked", PASSED_CHECK), ("signed", PASSED_SIGNING))
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | (~Q(reasons="") & Q(met_on__isnull=False, people_count__gte=1)),
                name="checked_decision_says_why",
            ),
            models.CheckConstraint(
                condition=Q(checked_by=None) | (~Q(checked_by=F("drafted_by")) & (Q(edited_by=None) | ~Q(checked_by=F("edited_by")))),
                name="nobody_checks_the_own_decision",
            ),
            models.CheckConstraint(
                condition=Q(signed_by=None)
                | (
                    ~Q(signed_by=F("checked_by")) & ~Q(signed_by=F("drafted_by")) & (Q(edited_by=None) | ~Q(signed_by=F("edited_by")))
                ),
                name="a_third_person_signs",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="signed_is_frozen", operation=pgtrigger.Update | pgtrigger.Delete, condition=pgtrigger.Q(old__state="signed")
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def division_id(self) -> str:
        return self.plan.division_id


class PublishedPlan(models.Model):
    """A signed decision as the public reads it: which zones, by which criteria and weights. Nobody's position and no small number.

    `content` is described in zones.year_plans.decision_public.
    """

    decision = models.OneToOneField(PlanDecision, models.PROTECT, related_name="published", verbose_name=_("示范区决定"))
    public_id = models.UUIDField(_("公开编号"), db_default=RandomUUID(), unique=True, editable=False)
    year = models.PositiveSmallIntegerField(_("年度"))
    title = models.CharField(_("标题"), max_length=120)
    issuer = models.CharField(_("发文机关"), max_length=60)
    unit_name = models.CharField(_("单位"), max_length=60)
    published_at = models.DateTimeField(_("公布时间"))
    content = models.JSONField(_("内容"))
    is_invented = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("公开的示范区决定")
        ordering = ["-year", "pk"]
        triggers = [pgtrigger.Protect(name="published_plan_is_frozen", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.title
