"""Who asked for an account or for other rights, who granted them, and what else was done to an account."""
import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from geo.models.people import User


class AccountRequest(models.Model):
    """The system administrator asks, the security administrator grants: neither alone makes an account that may do something."""

    class What(models.TextChoices):
        NEW = "new", _("新建账号")
        RIGHTS = "rights", _("变更角色或辖区")
        FACTOR = "factor", _("移除第二验证")

    class State(models.TextChoices):
        ASKED = "asked", _("待授权")
        GRANTED = "granted", _("已授权")
        DECLINED = "declined", _("不同意")

    what = models.CharField(_("事项"), max_length=10, choices=What.choices)
    username = models.CharField(_("账号"), max_length=60)
    account = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="requests", verbose_name=_("账号"))
    role = models.CharField(_("角色"), max_length=20, choices=User.Role.choices)
    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("所属区划"))
    why = models.CharField(_("理由"), max_length=200)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField(_("申请时间"))
    asked_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("申请账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("账号申请")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["username"], condition=Q(state="asked"), name="account_is_asked_for_once"),
            models.CheckConstraint(condition=Q(what="new") | Q(account__isnull=False), name="rights_are_of_an_account"),
        ]

    def __str__(self) -> str:
        return f"{self.username} {self.get_what_display()}"


class AccountEvent(models.Model):
    """What was done to an account, by whom and when. Rows are added and never changed."""

    class What(models.TextChoices):
        MADE = "made", _("建立")
        RIGHTS = "rights", _("变更角色或辖区")
        PASSWORD = "password", _("发放一次性密码")
        SUSPENDED = "suspended", _("停用")
        RESTORED = "restored", _("恢复")
        UNLOCKED = "unlocked", _("解除锁定")
        FACTOR_SET = "factor_set", _("设置第二验证")
        FACTOR_OFF = "factor_off", _("移除第二验证")
        CODES_MADE = "codes_made", _("生成恢复码")
        CODE_USED = "code_used", _("用掉恢复码")

    account = models.ForeignKey("geo.User", models.PROTECT, related_name="events", verbose_name=_("账号"))
    what = models.CharField(_("事项"), max_length=10, choices=What.choices)
    note = models.CharField(_("说明"), max_length=200, blank=True)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey("geo.User", models.PROTECT, null=True, related_name="+", verbose_name=_("操作账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("账号记录")
        ordering = ["-pk"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.account_id} {self.what}"
