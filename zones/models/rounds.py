"""R19: what a round goes by, and what towns and managers of compounds say of its grades before they are published."""
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models import Compound
from geo.models.standards import DatedQuerySet
from geo.querysets import TerritorialQuerySet
from zones.models.handed_in import HandedIn
from zones.models.ratings import Grade, RatingRound


class RoundStandard(models.Model):
    """One version of how a round is run. A version is never edited; a round keeps the one that held when it was frozen."""

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    is_own_assumption = models.BooleanField(_("系统默认，非上级规定"))
    valid_from = models.DateField(_("施行日期"))
    review_days = models.PositiveSmallIntegerField(_("乡镇复核天数"))
    objection_days = models.PositiveSmallIntegerField(_("异议期天数"))
    enough_percent = models.PositiveSmallIntegerField(_("依据充分的小区占比（%）"))
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("评定程序标准")
        ordering = ["valid_from", "pk"]
        constraints = [models.CheckConstraint(condition=Q(enough_percent__lte=100), name="round_standard_share_is_one")]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class TownReview(models.Model):
    """A town's word that it has looked through its draft grades. A round that goes back loses them."""

    round = models.ForeignKey(RatingRound, models.CASCADE, related_name="reviews", verbose_name=_("评定期"))
    town = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("乡镇"))
    reviewed_at = models.DateTimeField(_("复核时间"))
    reviewed_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("复核账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("乡镇复核")
        ordering = ["town_id"]
        constraints = [models.UniqueConstraint(fields=["round", "town"], name="one_review_a_town_and_round")]

    def __str__(self) -> str:
        return f"{self.round} {self.town_id}"


class GradeProposalQuerySet(TerritorialQuerySet):
    division_field = "grade__compound__division"


class GradeProposal(HandedIn):
    """A town proposes another colour for a draft grade: never without a reason and a piece of evidence."""

    class State(models.TextChoices):
        OPEN = "open", _("待定")
        ACCEPTED = "accepted", _("已采纳")
        DECLINED = "declined", _("未采纳")

    grade = models.ForeignKey(Grade, models.CASCADE, related_name="proposals", verbose_name=_("等级"))
    colour = models.CharField(_("建议等级"), max_length=10, choices=Grade.Colour.choices)
    reason = models.CharField(_("理由"), max_length=300)
    file = models.FileField(_("证明材料"), upload_to="proposals/")
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.OPEN)
    proposed_at = models.DateTimeField(_("提出时间"))
    proposed_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("提出账号"))
    answer = models.CharField(_("答复"), max_length=300, blank=True)
    decided_at = models.DateTimeField(_("决定时间"), null=True, blank=True)
    decided_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("决定账号"))

    objects = GradeProposalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("等级变更建议")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["grade"], condition=Q(state="open"), name="one_open_proposal_a_grade"),
            models.CheckConstraint(condition=~Q(reason="") & ~Q(file=""), name="proposal_has_reason_and_evidence"),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None, decided_by=None, answer="")
                | (~Q(state="open") & Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(answer="")),
                name="decided_proposal_has_moment_person_and_answer",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(decided_by=models.F("proposed_by")), name="nobody_decides_the_own_proposal"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.grade_id} {self.colour}"

    @property
    def division_id(self) -> str:
        return self.grade.compound.division_id


class CompoundObjectionQuerySet(TerritorialQuerySet):
    division_field = "compound__division"

    def filed(self):
        return self.exclude(state=CompoundObjection.State.INVITED)

    def undecided(self):
        return self.filter(state=CompoundObjection.State.FILED)


class CompoundObjection(models.Model):
    """What a compound's manager may say before publication. It begins as the printed notice: its code is kept as a digest only."""

    class State(models.TextChoices):
        INVITED = "invited", _("已发通知")
        FILED = "filed", _("待答复")
        UPHELD = "upheld", _("异议成立")
        REJECTED = "rejected", _("异议不成立")

    round = models.ForeignKey(RatingRound, models.CASCADE, related_name="objections", verbose_name=_("评定期"))
    compound = models.ForeignKey(Compound, models.CASCADE, related_name="objections", verbose_name=_("居民小区"))
    code_hash = models.CharField(_("通知码摘要"), max_length=64, unique=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.INVITED)
    invited_at = models.DateTimeField(_("通知时间"))
    invited_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("通知账号"))
    text = models.CharField(_("异议内容"), max_length=1000, blank=True)
    filed_at = models.DateTimeField(_("提出时间"), null=True, blank=True)
    answer = models.CharField(_("答复"), max_length=300, blank=True)
    decided_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    decided_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("答复账号"))

    objects = CompoundObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("公布前异议")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "compound"], condition=Q(state__in=("invited", "filed")), name="one_open_objection_a_compound_and_round"
            ),
            models.CheckConstraint(
                condition=Q(state="invited", filed_at=None, text="") | (~Q(state="invited") & Q(filed_at__isnull=False) & ~Q(text="")),
                name="filed_objection_has_moment_and_text",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("invited", "filed"), decided_at=None, decided_by=None, answer="")
                | (Q(state__in=("upheld", "rejected"), decided_at__isnull=False, decided_by__isnull=False) & ~Q(answer="")),
                name="decided_objection_has_moment_person_and_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} {self.compound_id}"

    @property
    def division_id(self) -> str:
        return self.compound.division_id


class ObjectionFile(HandedIn):
    objection = models.ForeignKey(CompoundObjection, models.CASCADE, related_name="files", verbose_name=_("公布前异议"))
    file = models.FileField(_("文件"), upload_to="objections/")

    class Meta:
        verbose_name = verbose_name_plural = _("异议材料")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
