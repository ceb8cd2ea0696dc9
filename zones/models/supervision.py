"""R20: what comes in through the public doors, and what the public reads of it. Nothing here says who sent a thing."""
import pgtrigger
from django.contrib.gis.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from geo.models import Compound
from geo.models.places import division_index, division_key
from geo.models.standards import DatedQuerySet
from geo.querysets import TerritorialQuerySet
from zones.models.publications import Publication
from zones.models.ratings import Grade


class SupervisionStandard(models.Model):
    """One version of the doors' rules: windows in days, deadlines in working days, budgets against floods."""

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    is_own_assumption = models.BooleanField(_("系统默认，非上级规定"))
    valid_from = models.DateField(_("施行日期"))
    figures = models.JSONField(_("数值"))

    objects = DatedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("群众监督标准")
        ordering = ["valid_from", "pk"]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class ReceivedQuerySet(TerritorialQuerySet):
    def visible_to(self, user):
        """Officers of the territory: a text not yet moderated may say things of people, so nobody else reads it."""
        mine = super().visible_to(user)
        return mine if getattr(user, "writes_business_data", False) else mine.none()

    def waiting(self):
        return self.filter(state__in=self.model.WAITING)

    def overdue(self, today):
        return self.waiting().filter(due_on__lt=today)


class Received(models.Model):
    """What every door takes in. The sender is not kept: a receipt number and a secret code (hashed here) are all that links the two.

    `due_on` is the last day for the answer; `answer` is what the status page shows, and where a grade was contested, everybody.
    """

    receipt = models.CharField(_("回执号"), max_length=20, unique=True)
    code_hash = models.CharField(_("查询码摘要"), max_length=64)
    division = division_key()
    place_name = models.CharField(_("地点"), max_length=120, blank=True)
    text = models.CharField(_("内容"), max_length=2000)
    received_at = models.DateTimeField(_("收到时间"))
    due_on = models.DateField(_("答复期限"))
    answer = models.CharField(_("答复"), max_length=1000, blank=True)
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)
    answered_by = models.ForeignKey(
        "geo.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("答复账号")
    )
    is_invented = models.BooleanField(_("演示数据"), default=False)

    objects = ReceivedQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.receipt

    def is_late(self, today) -> bool:
        return self.state in self.WAITING and self.due_on < today


def answered(name: str, *states: str) -> models.CheckConstraint:
    """An answer has its moment and its person, and the states that end with one have it."""
    whole = Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")
    condition = (Q(state__in=states) & whole) | (~Q(state__in=states) & Q(answer="", answered_at=None, answered_by=None))
    return models.CheckConstraint(condition=condition, name=f"{name}_answer_is_whole")


def waiting(name: str, *states: str) -> models.Index:
    return models.Index(fields=["due_on", "id"], name=f"{name}_waiting", condition=Q(state__in=states))


class Feedback(Received):
    """Something seen, at a compound, at a point, or only in a division. `content_hash` finds the same text sent again."""

    class State(models.TextChoices):
        NEW = "new", _("待审核")
        ACCEPTED = "accepted", _("已受理")
        DECLINED = "declined", _("不予受理")
        DUPLICATE = "duplicate", _("重复反映")
        ANSWERED = "answered", _("已答复")

    class Category(models.TextChoices):
        FACILITY = "facility", _("公共设施损坏")
        FIRE = "fire", _("消防隐患")
        HAZARD = "hazard", _("治安隐患")
        ORDER = "order", _("场所、街路秩序")
        GRADE = "grade", _("等级和公示")
        OTHER = "other", _("其他")

    WAITING = (State.NEW, State.ACCEPTED)

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.NEW)
    category = models.CharField(_("类别"), max_length=10, choices=Category.choices)
    public_id = models.UUIDField(_("小区公开编号"), null=True, blank=True)
    geom = models.PointField(_("位置"), null=True, blank=True, spatial_index=False)
    content_hash = models.CharField(_("内容摘要"), max_length=64)
    duplicate_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="duplicates", verbose_name=_("同一件事")
    )

    class Meta(Received.Meta):
        verbose_name = verbose_name_plural = _("群众反映")
        indexes = [
            division_index("feedback"),
            waiting("feedback", "new", "accepted"),
            models.Index(fields=["content_hash"], name="feedback_by_content"),
        ]
        constraints = [
            answered("feedback", "declined", "answered"),
            models.CheckConstraint(
                condition=Q(state="duplicate", duplicate_of__isnull=False) | (~Q(state="duplicate") & Q(duplicate_of=None)),
                name="duplicate_feedback_names_the_first",
            ),
        ]


class Appeal(Received):
    """Against one published grade. `decided_colour` is the grade that an upheld appeal brought."""

    class State(models.TextChoices):
        RECEIVED = "received", _("待受理")
        ACCEPTED = "accepted", _("已受理，待决定")
        REFUSED = "refused", _("不予受理")
        UPHELD = "upheld", _("申诉成立")
        REJECTED = "rejected", _("维持原等级")
        WITHDRAWN = "withdrawn", _("已撤回")

    class Appellant(models.TextChoices):
        MANAGER = "manager", _("管理单位")
        RESIDENT_GROUP = "resident_group", _("居民集体")

    WAITING = (State.RECEIVED, State.ACCEPTED)

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.RECEIVED)
    appellant = models.CharField(_("申诉方"), max_length=14, choices=Appellant.choices)
    publication = models.ForeignKey(Publication, models.PROTECT, related_name="appeals", verbose_name=_("公布"))
    public_id = models.UUIDField(_("小区公开编号"))
    decided_colour = models.CharField(_("改定等级"), max_length=10, choices=Grade.Colour.choices, blank=True)

    class Meta(Received.Meta):
        verbose_name = verbose_name_plural = _("申诉")
        indexes = [division_index("appeal"), waiting("appeal", "received", "accepted")]
        constraints = [
            answered("appeal", "refused", "upheld", "rejected", "withdrawn"),
            models.UniqueConstraint(
                fields=["publication", "public_id"], condition=Q(state="accepted"), name="one_running_appeal_against_a_grade"
            ),
            models.CheckConstraint(
                condition=(Q(state="upheld") & ~Q(decided_colour="")) | (~Q(state="upheld") & Q(decided_colour="")),
                name="upheld_appeal_has_its_colour",
            ),
        ]


class RightOfReply(Received):
    """What the manager says beside the published grade, once an officer has read it."""

    class State(models.TextChoices):
        NEW = "new", _("待审核")
        SHOWN = "shown", _("已公开")
        DECLINED = "declined", _("不予公开")

    WAITING = (State.NEW,)

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.NEW)
    publication = models.ForeignKey(Publication, models.PROTECT, related_name="replies", verbose_name=_("公布"))
    public_id = models.UUIDField(_("小区公开编号"))

    class Meta(Received.Meta):
        verbose_name = verbose_name_plural = _("管理单位回应")
        indexes = [division_index("reply"), waiting("reply", "new")]
        constraints = [answered("reply", "shown", "declined")]


class ReinspectionRequest(Received):
    """What was wrong is mended, says the manager or whoever lives there: please look again."""

    class State(models.TextChoices):
        NEW = "new", _("待审核")
        ACCEPTED = "accepted", _("已安排复查")
        DECLINED = "declined", _("不予安排")
        ANSWERED = "answered", _("已答复")

    WAITING = (State.NEW, State.ACCEPTED)

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.NEW)
    public_id = models.UUIDField(_("小区公开编号"))

    class Meta(Received.Meta):
        verbose_name = verbose_name_plural = _("复查申请")
        indexes = [division_index("reinspection"), waiting("reinspection", "new", "accepted")]
        constraints = [answered("reinspection", "declined", "answered")]


class ReceivedPhoto(models.Model):
    """A picture that came with something, drawn anew; seen by officers alone until it becomes an issue's."""

    feedback = models.ForeignKey(Feedback, models.CASCADE, null=True, blank=True, related_name="photos", verbose_name=_("群众反映"))
    appeal = models.ForeignKey(Appeal, models.CASCADE, null=True, blank=True, related_name="photos", verbose_name=_("申诉"))
    reinspection = models.ForeignKey(
        ReinspectionRequest, models.CASCADE, null=True, blank=True, related_name="photos", verbose_name=_("复查申请")
    )
    file = models.FileField(_("文件"), upload_to="received/")
    content_type = models.CharField(_("类型"), max_length=40)
    byte_count = models.PositiveIntegerField(_("字节数"))
    sha256 = models.CharField(_("摘要"), max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = _("收到的照片")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(feedback__isnull=False, appeal=None, reinspection=None)
                | Q(feedback=None, appeal__isnull=False, reinspection=None)
                | Q(feedback=None, appeal=None, reinspection__isnull=False),
                name="photo_came_with_one_thing",
            )
        ]

    def __str__(self) -> str:
        return self.sha256[:12]


class Standing(models.Model):
    """What the public reads beside a frozen grade: an appeal's course and its answer, and the manager's reply. No key leads inside."""

    class State(models.TextChoices):
        PENDING = "pending", _("等级待定")
        UPHELD = "upheld", _("申诉成立")
        REJECTED = "rejected", _("维持原等级")

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="standings", verbose_name=_("公布"))
    public_id = models.UUIDField(_("小区公开编号"))
    state = models.CharField(_("申诉情况"), max_length=10, choices=State.choices, blank=True)
    since = models.DateTimeField(_("时间"))
    outcome_text = models.CharField(_("申诉答复"), max_length=1000, blank=True)
    reply_text = models.CharField(_("管理单位回应"), max_length=1000, blank=True)
    updated_at = models.DateTimeField(_("更新时间"))

    class Meta:
        verbose_name = verbose_name_plural = _("等级的申诉情况")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "public_id"], name="one_standing_beside_a_grade"),
            models.CheckConstraint(
                condition=Q(state__in=["upheld", "rejected"]) & ~Q(outcome_text="") | Q(state__in=["", "pending"], outcome_text=""),
                name="standing_outcome_has_its_text",
            ),
        ]
        triggers = [pgtrigger.Protect(name="stays", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.public_id} {self.get_state_display()}"


class ManagerCodeQuerySet(TerritorialQuerySet):
    division_field = "compound__division"


class ManagerCode(models.Model):
    """The code by which a compound's manager shows after publication that it is the manager: handed over on paper, hashed here.

    One a compound: a new one ends the old.
    """

    compound = models.OneToOneField(Compound, models.CASCADE, related_name="manager_code", verbose_name=_("居民小区"))
    code_hash = models.CharField(_("验证码摘要"), max_length=64)
    issued_at = models.DateTimeField(_("发放时间"))
    issued_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", db_index=False, verbose_name=_("发放账号"))
    valid_until = models.DateField(_("有效期至"))

    objects = ManagerCodeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("管理单位验证码")

    def __str__(self) -> str:
        return f"{self.compound_id} {self.valid_until}"
