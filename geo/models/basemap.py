from django.contrib.gis.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models.places import geometry_twin, tile_index


class BasemapFeature(models.Model):
    """A road, a river or a water area drawn under the layers. Public knowledge, without territory."""

    class Kind(models.TextChoices):
        MOTORWAY = "motorway", _("高速公路")
        MAIN_ROAD = "main_road", _("主干道")
        STREET = "street", _("街道")
        RAILWAY = "railway", _("铁路")
        RIVER = "river", _("河流")
        WATER = "water", _("水面")

    kind = models.CharField(_("类别"), max_length=12, choices=Kind.choices)
    name = models.CharField(_("名称"), max_length=120, blank=True)
    geom = models.GeometryField(_("图形"), spatial_index=False)
    geom_3857 = geometry_twin(models.GeometryField)
    is_schematic = models.BooleanField(_("示意图形"))
    source = models.CharField(_("来源"), max_length=200)
    updated_at = models.DateTimeField(_("更新时间"), db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = _("底图要素")
        indexes = [tile_index("basemap")]

    def __str__(self) -> str:
        return self.name or self.get_kind_display()
