"""What proves, beside the password, that the holder of an account signs in."""
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SecondFactor(models.Model):
    """An authenticator app or a security key. `last_count` only rises, so that nothing that was shown once proves anything again.

    For an app, `secret` is its shared secret, sealed (geo.second_factor), and `last_count` the last half minute whose code was used;
    for a key, `secret` is its public half as it came from the key, and `last_count` the key's own counter of signatures.
    """

    class Kind(models.TextChoices):
        APP = "app", _("验证器应用")
        KEY = "key", _("安全密钥")

    user = models.ForeignKey("geo.User", models.CASCADE, related_name="factors", verbose_name=_("账号"))
    kind = models.CharField(_("种类"), max_length=5, choices=Kind.choices)
    secret = models.BinaryField(_("密文或公钥"))
    credential = models.BinaryField(_("密钥编号"), null=True, blank=True, unique=True)
    last_count = models.BigIntegerField(_("已用计数"), default=0)
    made_at = models.DateTimeField(_("设置时间"))
    last_used_at = models.DateTimeField(_("最近使用"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("第二验证")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(kind="app"), name="one_app_for_each_account"),
            models.CheckConstraint(condition=Q(credential=None) ^ Q(kind="key"), name="keys_have_their_number"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.kind}"


class RecoveryCode(models.Model):
    """One way in for a person whose phone or key is lost. Shown once; `digest` is all that is kept."""

    user = models.ForeignKey("geo.User", models.CASCADE, related_name="recovery_codes", verbose_name=_("账号"))
    digest = models.CharField(_("摘要"), max_length=64, unique=True)
    used_at = models.DateTimeField(_("使用时间"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("恢复码")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.used_at or '—'}"
