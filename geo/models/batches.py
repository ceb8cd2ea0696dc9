"""What a file changed, so that it can be taken back."""
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class BatchQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The own batches; a county officer also sees those of everybody in the own territory and those of the server's commands."""
        if not getattr(user, "writes_business_data", False) or not user.division_id:
            return self.none()
        if user.role == user.Role.COUNTY_OFFICER:
            return self.filter(Q(applied_by=None) | Q(applied_by__division__code__startswith=user.division_id))
        return self.filter(applied_by=user)


class Batch(models.Model):
    class State(models.TextChoices):
        APPLIED = "applied", _("已入库")
        REVERTED = "reverted", _("已撤回")

    layer = models.CharField(_("图层"), max_length=40)
    file_name = models.CharField(_("文件名"), max_length=255)
    sha256 = models.CharField(_("文件摘要"), max_length=64)
    datum = models.CharField(_("坐标系"), max_length=20)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.APPLIED)
    counts = models.JSONField(_("数量"), default=dict)
    applied_at = models.DateTimeField(_("入库时间"), db_default=Now())
    applied_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("操作账号"))
    reverted_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    reverted_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("撤回账号"))

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("导入批次")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="applied", reverted_at=None, reverted_by=None) | Q(state="reverted", reverted_at__isnull=False),
                name="batch_reverted_has_its_moment",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.file_name}"

    @staticmethod
    def counts_of_new(count: int) -> dict[str, int]:
        """Of rows that were all new, as an import's report counts them (geo.importing.report)."""
        return {"read": count, "new": count, "changed": 0, "unchanged": 0, "rejected": 0}


class BatchChange(models.Model):
    """The row as it was before the batch changed it. New rows carry the batch's number themselves."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="changes", verbose_name=_("批次"))
    object_id = models.BigIntegerField(_("对象编号"))
    before = models.JSONField(_("原值"))

    class Meta:
        verbose_name = verbose_name_plural = _("批次改动")
        constraints = [models.UniqueConstraint(fields=["batch", "object_id"], name="one_before_image_per_object")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.object_id}"
