"""What the product tells a person by itself: a bell, a page, and, where the operator wants it, one mail a day."""
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from zones.models.duties import Duty
from zones.models.issues import Issue

# What came through a public door is told of once until it is read, whatever the flood.
FROM_DOORS = ("feedback", "appeal", "reply", "reinspection")


class Notice(models.Model):
    """One thing told to one person. The words follow from `kind` and the issue or duty, read with the reader's own rights."""

    class Kind(models.TextChoices):
        REGISTERED = "registered", _("新挂号，待交办")
        ASSIGNED = "assigned", _("交办给本单位")
        REPORTED_FIXED = "reported_fixed", _("报告已整改，待核查")
        SENT_BACK = "sent_back", _("退回整改")
        CLOSED = "closed", _("已销号")
        REOPENED = "reopened", _("复发，重新交办")
        WITHDRAWN = "withdrawn", _("已撤销")
        ESCALATED = "escalated", _("逾期，上提办理")
        COMMENTED = "commented", _("有新留言")
        DEADLINE = "deadline", _("期限有变")
        RECHECK = "recheck", _("到期回查")
        DUTY_SOON = "duty_soon", _("定期任务到期提醒")
        DUTY_MISSED = "duty_missed", _("定期任务未完成，待说明原因")
        FEEDBACK = "feedback", _("有新的群众反映，待审核")
        APPEAL = "appeal", _("有新的申诉，待受理")
        REPLY = "reply", _("有新的管理单位回应，待审核")
        REINSPECTION = "reinspection", _("有新的复查申请，待审核")

    user = models.ForeignKey("geo.User", models.CASCADE, related_name="notices", db_index=False, verbose_name=_("账号"))
    kind = models.CharField(_("事项"), max_length=14, choices=Kind.choices)
    issue = models.ForeignKey(Issue, models.CASCADE, null=True, blank=True, related_name="notices", verbose_name=_("问题"))
    duty = models.ForeignKey(Duty, models.CASCADE, null=True, blank=True, related_name="notices", verbose_name=_("定期任务"))
    at = models.DateTimeField(_("时间"))
    read_at = models.DateTimeField(_("阅读时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("通知")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_by_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notice_unread"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind__in=FROM_DOORS) & Q(issue=None, duty=None))
                | (~Q(kind__in=FROM_DOORS) & (Q(issue__isnull=False, duty=None) | Q(issue=None, duty__isnull=False))),
                name="notice_of_issue_duty_or_door",
            ),
            models.UniqueConstraint(
                fields=["user", "kind"], condition=Q(kind__in=FROM_DOORS, read_at=None), name="door_notice_once_unread"
            ),
            models.UniqueConstraint(fields=["user", "kind", "duty"], condition=Q(duty__isnull=False), name="duty_notice_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.get_kind_display()}"


class NoticeSetting(models.Model):
    """Where a person's daily mail goes, if anywhere: an office address of the closed network. `digest_on` is the day of the last one."""

    user = models.OneToOneField("geo.User", models.CASCADE, primary_key=True, related_name="notice_setting", verbose_name=_("账号"))
    email = models.EmailField(_("工作邮箱"), blank=True)
    digest_on = models.DateField(_("最近发送日期"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("通知设置")

    def __str__(self) -> str:
        return f"{self.user_id}"
