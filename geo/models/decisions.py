"""Who moved what from which state to which, when and why. Rows are added and never changed."""
import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Decision(models.Model):
    """One move of one object. `kind` is the model's label in lower case ("geo.campaign"), `object_id` its key as text.

    `division_id` is the object's own, so that a reader sees the decisions of the own territory only.
    """

    kind = models.CharField(_("对象类别"), max_length=60)
    object_id = models.CharField(_("对象编号"), max_length=40)
    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", db_index=False, verbose_name=_("行政区划"))
    from_state = models.CharField(_("原状态"), max_length=30)
    to_state = models.CharField(_("新状态"), max_length=30)
    why = models.TextField(_("理由"), blank=True)
    decided_at = models.DateTimeField(_("时间"), db_default=Now())
    decided_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("操作账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("办理记录")
        ordering = ["pk"]
        indexes = [models.Index(fields=["kind", "object_id"], name="decision_by_object")]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}: {self.from_state} → {self.to_state}"
