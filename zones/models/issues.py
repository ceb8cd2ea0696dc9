"""R15, R16: the issue register (挂号销号). Every problem has a number, an owner, a deadline, evidence, and is closed by a second person."""
import pgtrigger
from django.contrib.gis.db import models
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models.places import division_index, division_key, geometry_twin, tile_index
from geo.querysets import TerritorialQuerySet
from zones.models.handed_in import HandedIn
from zones.models.register_standards import CODE_LENGTH, IssueCategory, UnitLevel

FIXED = ("reported_fixed", "closed")
OPEN = ("registered", "assigned", "rectifying", "reported_fixed")


class IssueQuerySet(TerritorialQuerySet):
    """Who reads an issue: its territory, its responsible unit, and the units that share it; kept together in `reader_codes`."""

    def visible_to(self, user):
        if not user.is_authenticated or not user.is_active or not user.division_id or not user.reads_business_data:
            return self._with_scope().none()
        mine = Q(reader_codes__contains=[user.division_id])
        if len(user.division_id) <= CODE_LENGTH[UnitLevel.COUNTY]:  # such lists read most of the rows: the cheaper look first
            mine = Q(division__code__within=user.division_id) | mine
        return self._with_scope().filter(mine)

    def open(self):
        return self.filter(state__in=Issue.OPEN)

    def overdue(self, today):
        """Past the deadline and not yet reported fixed."""
        return self.filter(state__in=Issue.AT_WORK, due_on__lt=today)


class Issue(models.Model):
    """One problem at one place. `number` is the official text, `number_seq` runs without gaps within unit and year.

    `geom` is the point of the problem (EPSG:4326); `is_approximate` says that only its division is known. `division` is where it
    lies, `unit` who has to mend it, `level` which level is in charge now (it rises by escalation). `due_on` is the last day.
    """

    class State(models.TextChoices):
        REGISTERED = "registered", _("已挂号")
        ASSIGNED = "assigned", _("已交办")
        RECTIFYING = "rectifying", _("整改中")
        REPORTED_FIXED = "reported_fixed", _("待核查")
        CLOSED = "closed", _("已销号")
        WITHDRAWN = "withdrawn", _("已撤销")

    class Source(models.TextChoices):
        HAND = "hand", _("人工登记")
        PATROL = "patrol", _("巡逻日志")
        INSPECTION = "inspection", _("排查")
        FEEDBACK = "feedback", _("群众反映")

    OVER = (State.CLOSED, State.WITHDRAWN)
    AT_WORK = (State.REGISTERED, State.ASSIGNED, State.RECTIFYING)
    OPEN = (*AT_WORK, State.REPORTED_FIXED)

    number = models.CharField(_("编号"), max_length=60)
    number_unit = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", db_index=False, verbose_name=_("挂号单位"))
    number_year = models.PositiveSmallIntegerField(_("年度"))
    number_seq = models.PositiveIntegerField(_("序号"))
    state = models.CharField(_("状态"), max_length=14, choices=State.choices, default=State.REGISTERED)
    category = models.ForeignKey(IssueCategory, models.PROTECT, related_name="issues", db_index=False, verbose_name=_("类别"))
    text = models.CharField(_("问题"), max_length=1000)
    division = division_key()
    geom = models.PointField(_("位置"), spatial_index=False)
    geom_3857 = geometry_twin(models.PointField)
    is_approximate = models.BooleanField(_("位置不详"), default=False)
    place_layer = models.CharField(_("图层"), max_length=40, blank=True)
    place_pk = models.BigIntegerField(_("对象"), null=True, blank=True)
    place_name = models.CharField(_("地点"), max_length=120, blank=True)
    source = models.CharField(_("来源"), max_length=10, choices=Source.choices, default=Source.HAND)
    source_ref = models.CharField(_("来源编号"), max_length=60, blank=True)
    unit = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", db_index=False, verbose_name=_("责任单位"))
    level = models.CharField(_("办理层级"), max_length=8, choices=UnitLevel.choices)
    reader_codes = ArrayField(models.CharField(max_length=12), verbose_name=_("可见单位"))
    due_on = models.DateField(_("整改期限"))
    registered_at = models.DateTimeField(_("挂号时间"))
    registered_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", db_index=False, verbose_name=_("挂号账号"))
    fixed_at = models.DateTimeField(_("报告整改时间"), null=True, blank=True)
    fixed_by = models.ForeignKey(
        "geo.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("报告整改账号")
    )
    closed_at = models.DateTimeField(_("销号时间"), null=True, blank=True)
    closed_by = models.ForeignKey(
        "geo.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("销号账号")
    )
    recheck_on = models.DateField(_("回查日期"), null=True, blank=True)
    relapse_count = models.PositiveSmallIntegerField(_("复发次数"), default=0)
    is_invented = models.BooleanField(_("演示数据"), default=False)
    updated_at = models.DateTimeField(_("更新时间"), db_default=Now())

    objects = IssueQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("问题")
        ordering = ["pk"]
        indexes = [
            division_index("issue"),
            tile_index("issue"),
            GinIndex(fields=["reader_codes"], name="issue_by_reader"),
            GinIndex(OpClass(F("text"), name="gin_trgm_ops"), name="issue_text_parts"),
            GinIndex(OpClass(F("number"), name="gin_trgm_ops"), name="issue_number_parts"),
            models.Index(fields=["place_layer", "place_pk"], name="issue_by_place", condition=Q(place_pk__isnull=False)),
            # One for each order that the list offers; the key makes the order complete.
            *(
                models.Index(fields=[name, "id"], name=f"issue_by_{name}")
                for name in (
                    "number", "state", "category", "source", "unit", "level", "due_on", "registered_at", "updated_at", "relapse_count",
                )
            ),
            models.Index(fields=["registered_by"], name="issue_by_registrar"),
            models.Index(fields=["unit"], opclasses=["varchar_pattern_ops"], name="issue_in_unit"),
            # The everyday list: what is not over, the most pressing first.
            models.Index(fields=["due_on", "id"], name="issue_open_by_due_on", condition=Q(state__in=OPEN)),
            models.Index(fields=["recheck_on"], name="issue_by_recheck_on", condition=Q(recheck_on__isnull=False)),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(fields=["number_unit", "number_year", "number_seq"], name="issue_number_once"),
            models.UniqueConstraint(fields=["source", "source_ref"], condition=~Q(source_ref=""), name="one_issue_from_one_source"),
            models.CheckConstraint(
                condition=Q(place_layer="", place_pk=None) | (~Q(place_layer="") & Q(place_pk__isnull=False)),
                name="issue_place_has_layer_and_key",
            ),
            models.CheckConstraint(
                condition=Q(state__in=FIXED, fixed_at__isnull=False, fixed_by__isnull=False)
                | (~Q(state__in=FIXED) & Q(fixed_at=None, fixed_by=None)),
                name="fixed_issue_has_moment_and_person",
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False, closed_by__isnull=False)
                | (~Q(state="closed") & Q(closed_at=None, closed_by=None, recheck_on=None)),
                name="closed_issue_has_moment_and_person",
            ),
            models.CheckConstraint(condition=Q(closed_by=None) | ~Q(closed_by=F("fixed_by")), name="nobody_closes_the_own_fix"),
        ]
        triggers = [pgtrigger.Protect(name="numbers_stay", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.number

    def is_overdue(self, today) -> bool:
        return self.state in self.AT_WORK and self.due_on < today


class IssueCounter(models.Model):
    """The last number given by a unit in a year. Locked until the issue that took it is committed: no gap, none twice."""

    unit = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("挂号单位"))
    year = models.PositiveSmallIntegerField(_("年度"))
    last = models.PositiveIntegerField(_("最后序号"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("挂号序号")
        constraints = [models.UniqueConstraint(fields=["unit", "year"], name="one_counter_a_unit_and_year")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.year}: {self.last}"


class JointUnit(models.Model):
    """A unit that shares an issue, an edge street for example; said by a person, never guessed."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="joint_units", verbose_name=_("问题"))
    unit = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("协办单位"))
    added_at = models.DateTimeField(_("时间"))
    added_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("操作账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("协办单位")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["issue", "unit"], name="joint_unit_once")]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.unit_id}"


class IssueNote(models.Model):
    """What was said or changed beside the moves: comments, deadlines, units, escalations. Never changed; `by` is empty for the system."""

    class Kind(models.TextChoices):
        COMMENT = "comment", _("留言")
        DEADLINE = "deadline", _("改期限")
        UNIT = "unit", _("改责任单位")
        SHARED = "shared", _("增加协办单位")
        CATEGORY = "category", _("改类别")
        ESCALATED = "escalated", _("逾期上提")
        RELATED = "related", _("关联问题")
        RECHECKED = "rechecked", _("回查")
        ATTACHED = "attached", _("附件")

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="notes", verbose_name=_("问题"))
    kind = models.CharField(_("类别"), max_length=10, choices=Kind.choices)
    text = models.CharField(_("内容"), max_length=1000)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("问题记事")
        ordering = ["pk"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.kind}"


class IssuePhoto(models.Model):
    """A picture, drawn anew: of the problem, of the mended place, or of who looked again."""

    class Stage(models.TextChoices):
        BEFORE = "before", _("整改前")
        AFTER = "after", _("整改后")
        CHECK = "check", _("核查")

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="photos", verbose_name=_("问题"))
    stage = models.CharField(_("阶段"), max_length=6, choices=Stage.choices)
    file = models.FileField(_("文件"), upload_to="issues/")
    content_type = models.CharField(_("类型"), max_length=40)
    byte_count = models.PositiveIntegerField(_("字节数"))
    sha256 = models.CharField(_("摘要"), max_length=64)
    added_at = models.DateTimeField(_("上传时间"))
    added_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("上传账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("问题照片")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.get_stage_display()}"


class IssueFile(HandedIn):
    """A paper of the issue (a picture or PDF): a notice, a contract, a bill. Photos of the place are IssuePhoto."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="files", verbose_name=_("问题"))
    file = models.FileField(_("文件"), upload_to="issue_files/")
    added_at = models.DateTimeField(_("上传时间"))
    added_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("上传账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("问题附件")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class IssueCheck(models.Model):
    """Somebody looked at the mended place. Only how far away and how accurately is kept, not where the person stood."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="checks", verbose_name=_("问题"))
    is_recheck = models.BooleanField(_("回查"), default=False)
    holds = models.BooleanField(_("整改有效"))
    distance_m = models.FloatField(_("距问题位置（米）"), null=True, blank=True)
    accuracy_m = models.FloatField(_("精度（米）"), null=True, blank=True)
    photo_count = models.PositiveSmallIntegerField(_("照片数"), default=0)
    checked_at = models.DateTimeField(_("核查时间"))
    checked_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("核查账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("问题核查")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(distance_m=None, accuracy_m=None) | Q(distance_m__isnull=False, accuracy_m__isnull=False),
                name="check_distance_has_accuracy",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.checked_at}"


class IssueWatch(models.Model):
    """Somebody wants to be told of an issue beyond the own duty."""

    issue = models.ForeignKey(Issue, models.CASCADE, related_name="watches", verbose_name=_("问题"))
    user = models.ForeignKey("geo.User", models.CASCADE, related_name="+", verbose_name=_("账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("问题关注")
        constraints = [models.UniqueConstraint(fields=["issue", "user"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.user_id}"


class IssueLink(models.Model):
    """Two issues that belong together, or one that repeats the other. `first` has the smaller key: a pair is one row."""

    class Kind(models.TextChoices):
        RELATED = "related", _("相关")
        DUPLICATE = "duplicate", _("重复")

    first = models.ForeignKey(Issue, models.CASCADE, related_name="+", verbose_name=_("问题"))
    second = models.ForeignKey(Issue, models.CASCADE, related_name="+", verbose_name=_("另一问题"))
    kind = models.CharField(_("关系"), max_length=10, choices=Kind.choices)
    added_at = models.DateTimeField(_("时间"))
    added_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("操作账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("问题关联")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="issues_linked_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="link_is_ordered"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} {self.second_id}"
