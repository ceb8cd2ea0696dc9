"""What the database keeps for every layer of the map, by trigger: its version, and counts by grid cell for small scales."""
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class LayerVersion(models.Model):
    """Goes up with every statement that changes the layer; part of every tile's ETag."""

    layer = models.CharField(_("图层"), primary_key=True, max_length=40)
    version = models.BigIntegerField(_("版本"), default=0)
    changed_at = models.DateTimeField(_("更新时间"), db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = _("图层版本")

    def __str__(self) -> str:
        return f"{self.layer} v{self.version}"


class GridCell(models.Model):
    """How many objects of a layer, per division, lie in one cell: a 32nd of a zoom-8 tile (about 4.9 km at the equator)."""

    layer = models.CharField(_("图层"), max_length=40)
    cx = models.IntegerField(_("列"))
    cy = models.IntegerField(_("行"))
    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", db_constraint=False, verbose_name=_("行政区划"))
    object_count = models.IntegerField(_("数量"))

    class Meta:
        verbose_name = verbose_name_plural = _("网格计数")
        constraints = [models.UniqueConstraint(fields=["layer", "cx", "cy", "division"], name="one_count_per_cell_and_division")]

    def __str__(self) -> str:
        return f"{self.layer} {self.cx},{self.cy}: {self.object_count}"
