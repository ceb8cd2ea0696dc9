"""The layers that patrol adds to the one map."""

from django.utils.translation import gettext_lazy as _

from geo.layers import NAME, SOURCE_KEY, Column, Layer, LegendClass, register
from patrol.models import Beat

register(
    Layer(
        name="beats",
        model=Beat,
        title=_("巡区"),
        shape="area",
        class_field="kind",
        classes=(
            LegendClass("area", _("片区"), "#2f6f73", "巡"),
            LegendClass("route", _("路线"), "#7a5c2e", "线"),
        ),
        columns=(
            NAME,
            SOURCE_KEY,
            Column("kind", ("类别", "类型", "type")),
            Column("weekly_visit_target", ("每周到访目标", "visits")),
        ),
        visible=False,
        depth=15,
        fill=0.12,
    )
)
