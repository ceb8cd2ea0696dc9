"""A list as somebody wants to find it again."""
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class SavedViewQuerySet(models.QuerySet):
    def open_to(self, user):
        """One's own, and what somebody of the same unit has shared."""
        return self.filter(Q(owner=user) | Q(is_shared=True, owner__division_id=user.division_id, owner__is_active=True))


class SavedView(models.Model):
    """Filters and order as an address (`query`), the columns beside it. It holds no rows: whoever opens it sees the own territory."""

    owner = models.ForeignKey("geo.User", models.CASCADE, related_name="saved_views", verbose_name=_("账号"))
    layer = models.CharField(_("图层"), max_length=40)
    name = models.CharField(_("名称"), max_length=60)
    query = models.TextField(_("条件"), blank=True)
    columns = models.TextField(_("显示的列"), blank=True)
    is_shared = models.BooleanField(_("本单位共享"), default=False)
    created_at = models.DateTimeField(_("保存时间"), db_default=Now())

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("常用列表")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "layer", "name"], name="one_view_of_a_name"),
            models.CheckConstraint(condition=~Q(name=""), name="view_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        return "&".join(part for part in (self.query, f"columns={self.columns}" if self.columns else "", f"view={self.pk}") if part)
