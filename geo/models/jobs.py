from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """Long work: a row committed with the data it is about, sent to the queue after commit, swept while it waits."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待")
        RUNNING = "running", _("进行中")
        DONE = "done", _("完成")
        FAILED = "failed", _("失败")

    task = models.CharField(_("任务"), max_length=100)
    arguments = models.JSONField(_("参数"), default=dict)
    language = models.CharField(_("语言"), max_length=10, default=settings.LANGUAGE_CODE)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING)
    done_share = models.FloatField(_("进度"), default=0)
    message = models.CharField(_("说明"), max_length=300, blank=True)
    result = models.JSONField(_("结果"), default=dict)
    created_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("发起账号"))
    created_at = models.DateTimeField(_("发起时间"), db_default=Now())
    started_at = models.DateTimeField(_("开始时间"), null=True, blank=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("后台任务")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.task} #{self.pk}"
