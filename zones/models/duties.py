"""R14, R21, R24: what is due regularly, by which rule, for which unit, and what became of it."""
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from geo.querysets import TerritorialQuerySet
from zones.models.register_standards import UnitLevel

FINISHED = ("done", "late")


class DutyKind(models.TextChoices):
    SCREENING = "screening", _("矛盾纠纷排查")
    INSPECTION = "inspection", _("治安排查")
    BULLETIN = "bulletin", _("通报")
    MEETING = "meeting", _("恳谈会")
    ANALYSIS = "analysis", _("形势分析")
    RATING = "rating", _("等级公布")
    ZONES = "zones", _("示范区")


class DutyStandard(models.Model):
    """One version of the periods. A version is never edited; a newer one takes over from its `valid_from`."""

    version = models.CharField(_("版本"), max_length=20, unique=True)
    title = models.CharField(_("标题"), max_length=120)
    valid_from = models.DateField(_("施行日期"), unique=True)
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = _("定期任务标准")
        ordering = ["valid_from"]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class DutyRule(models.Model):
    """One duty of every unit of a level. `rrule` is an RFC 5545 recurrence rule in days; `shift` says where a day off is moved.

    Counts are working days: how long before the due day people are reminded, and how long after it the work still counts as late.
    """

    class Shift(models.TextChoices):
        BEFORE = "before", _("提前到工作日")
        AFTER = "after", _("顺延到工作日")
        NONE = "none", _("不移动")

    standard = models.ForeignKey(DutyStandard, models.PROTECT, related_name="rules", verbose_name=_("标准"))
    code = models.CharField(_("代码"), max_length=40)
    kind = models.CharField(_("类别"), max_length=12, choices=DutyKind.choices)
    level = models.CharField(_("层级"), max_length=8, choices=UnitLevel.choices)
    name = models.CharField(_("名称"), max_length=60)
    name_en = models.CharField(_("英文名称"), max_length=80, blank=True)
    rrule = models.CharField(_("周期规则"), max_length=120)
    shift = models.CharField(_("遇节假日"), max_length=8, choices=Shift.choices)
    remind_working_days = models.PositiveSmallIntegerField(_("提前提醒（工作日）"))
    grace_working_days = models.PositiveSmallIntegerField(_("可补办（工作日）"))
    asks_counts = models.BooleanField(_("填报数量"), default=False)
    is_own_assumption = models.BooleanField(_("周期为本系统默认"))
    source = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = _("定期任务规则")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["standard", "code"], name="duty_rule_once_a_version")]

    def __str__(self) -> str:
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name


class DutyQuerySet(TerritorialQuerySet):
    def of_unit(self, code: str):
        """The unit's own, without those of the units below it."""
        return self.in_division(code).filter(division=code)

    def between(self, first, last):
        """Due on one of the days, both included."""
        return self.filter(due_on__gte=first, due_on__lte=last)

    def overdue(self, today):
        """The due day is over and nothing was reported yet; it still can be, late."""
        return self.filter(state=Duty.State.DUE, due_on__lt=today)

    def judged(self, today):
        """Those that count for the share in time: finished, missed or overdue."""
        return self.exclude(state=Duty.State.DUE, due_on__gte=today)


class Duty(models.Model):
    """What one unit has to do once. Days are the county's; `occurs_on` is the day by the rule, `due_on` the working day it fell to.

    Work from `opens_on` to `due_on` is in time, up to `lapses_on` late; after it the duty is missed. A report given by mistake can be
    taken back on its own day; its photos stay, those of the report that counts have its moment.
    """

    class State(models.TextChoices):
        DUE = "due", _("待办")
        DONE = "done", _("按时完成")
        LATE = "late", _("逾期完成")
        MISSED = "missed", _("未完成")

    # Both are read by the one statement that makes the rows; the database's own check of each row took three quarters of its time.
    rule = models.ForeignKey(
        DutyRule, models.PROTECT, related_name="duties", db_index=False, db_constraint=False, verbose_name=_("规则")
    )
    division = models.ForeignKey(
        "geo.Division", models.PROTECT, related_name="+", db_index=False, db_constraint=False, verbose_name=_("行政区划")
    )
    opens_on = models.DateField(_("开始日期"))
    occurs_on = models.DateField(_("规则日期"))
    due_on = models.DateField(_("到期日"))
    lapses_on = models.DateField(_("补办截止"))
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, db_default=State.DUE, default=State.DUE)
    note = models.CharField(_("完成情况"), max_length=500, blank=True, db_default="")
    found_count = models.PositiveIntegerField(_("排查数"), null=True, blank=True)
    settled_count = models.PositiveIntegerField(_("化解数"), null=True, blank=True)
    done_at = models.DateTimeField(_("完成时间"), null=True, blank=True)
    done_by = models.ForeignKey(
        "geo.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("完成账号")
    )
    missed_at = models.DateTimeField(_("判定未完成时间"), null=True, blank=True)
    reason = models.CharField(_("未完成原因"), max_length=500, blank=True, db_default="")
    reason_at = models.DateTimeField(_("说明时间"), null=True, blank=True)
    reason_by = models.ForeignKey(
        "geo.User", models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("说明账号")
    )
    is_invented = models.BooleanField(_("演示数据"), default=False, db_default=False)

    objects = DutyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("定期任务")
        ordering = ["due_on", "division_id", "pk"]
        indexes = [
            models.Index(fields=["division", "due_on"], opclasses=["varchar_pattern_ops", "date_ops"], name="duty_by_unit_and_day"),
            models.Index(fields=["due_on"], name="duty_by_day"),
            models.Index(fields=["lapses_on"], condition=Q(state="due"), name="duty_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["rule", "division", "occurs_on"], name="duty_once"),
            models.CheckConstraint(
                condition=Q(opens_on__lte=F("due_on"), due_on__lte=F("lapses_on")), name="duty_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(state__in=FINISHED, done_at__isnull=False, done_by__isnull=False)
                | (~Q(state__in=FINISHED) & Q(done_at=None, done_by=None, note="", found_count=None)),
                name="done_duty_has_moment_and_person",
            ),
            models.CheckConstraint(
                condition=Q(state="missed", missed_at__isnull=False) | (~Q(state="missed") & Q(missed_at=None)),
                name="missed_duty_has_its_moment",
            ),
            models.CheckConstraint(
                condition=Q(reason="", reason_at=None, reason_by=None)
                | (Q(state="missed", reason_at__isnull=False, reason_by__isnull=False) & ~Q(reason="")),
                name="duty_reason_has_moment_and_person",
            ),
            models.CheckConstraint(
                condition=Q(settled_count=None) | Q(settled_count__lte=F("found_count")), name="settled_is_part_of_found"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.due_on}"

    def is_overdue(self, today) -> bool:
        return self.state == self.State.DUE and self.due_on < today


class DutyPhoto(models.Model):
    """A picture handed in with a finished duty, drawn anew."""

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="photos", verbose_name=_("定期任务"))
    file = models.FileField(_("文件"), upload_to="duties/")
    content_type = models.CharField(_("类型"), max_length=40)
    byte_count = models.PositiveIntegerField(_("字节数"))
    sha256 = models.CharField(_("摘要"), max_length=64)
    added_at = models.DateTimeField(_("上传时间"))
    added_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("上传账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("定期任务照片")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.duty_id} {self.sha256[:8]}"
