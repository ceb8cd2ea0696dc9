"""Keys with which an account's own desktop programs read the layers."""
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class AccessKeyQuerySet(models.QuerySet):
    def unrevoked(self):
        return self.filter(revoked_at=None)

    def in_force(self, now: datetime):
        return self.unrevoked().filter(expires_at__gt=now)


class AccessKey(models.Model):
    """A personal, read-only key. The key itself is shown once and kept nowhere: `digest` is its SHA-256.

    `account_state` is the account's session hash when the key was made: a change of password, role, territory or
    activity ends the key as it ends the sessions.
    """

    user = models.ForeignKey("geo.User", models.PROTECT, related_name="access_keys", verbose_name=_("账号"))
    label = models.CharField(_("用途"), max_length=60)
    digest = models.CharField(_("摘要"), max_length=64, unique=True)
    account_state = models.CharField(_("账号状态摘要"), max_length=64)
    created_at = models.DateTimeField(_("生成时间"), db_default=Now())
    expires_at = models.DateTimeField(_("到期时间"))
    last_used_at = models.DateTimeField(_("最近使用"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)

    objects = AccessKeyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("访问密钥")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(label=""), name="access_key_has_a_purpose"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="access_key_expires_after_it_was_made"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.label}"
