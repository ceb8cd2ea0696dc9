"""A new version of one of the standards while it is written. Adopted by a second person it becomes a row of that standard."""
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class RuleDraft(models.Model):
    """`board` names the standard (zones.rulebook.boards), `document` holds its values as that module reads them from a version."""

    class State(models.TextChoices):
        DRAFT = "draft", _("起草")
        ADOPTED = "adopted", _("已施行")
        DROPPED = "dropped", _("已作废")

    board = models.CharField(_("标准"), max_length=20)
    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("制定单位"))
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.DRAFT)
    base_version = models.CharField(_("起草所依据的版本"), max_length=20)
    title = models.CharField(_("标题"), max_length=120)
    valid_from = models.DateField(_("施行日期"))
    change_note = models.CharField(_("改动说明"), max_length=500, blank=True)
    document = models.JSONField(_("内容"))
    adopted_version = models.CharField(_("施行的版本"), max_length=20, blank=True)
    edited_at = models.DateTimeField(_("修改时间"))
    edited_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("修改账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("标准草案")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="adopted") & ~Q(adopted_version="") | ~Q(state="adopted") & Q(adopted_version=""),
                name="rule_draft_adopted_has_version",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.adopted_version or self.get_state_display()}"
