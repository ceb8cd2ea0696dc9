"""A layer is a declaration. Map, legend, search, tiles, import and rights follow from it.

Each app's `layers.py` declares its own and registers them; Django finds the modules the way it finds `admin.py`.
"""
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy as _

from geo import compounds, gates
from geo.gates import Gate
from geo.models import BasemapFeature, Compound, Courtyard, Incident, Premises, PublicFacility, Station, SurveillancePoint
from geo.models.kinds import kinds_of
from geo.surveillance.gate import EXACT_POSITIONS


@dataclass(frozen=True)
class Column:
    """A model field as people and files call it. `headers` are further names that files use, Chinese or English.

    Without `by_hand` nobody types it: it comes with a file, or moves decide it.
    """

    name: str
    headers: tuple[str, ...] = ()
    popup: bool = True
    required: bool = False
    by_hand: bool = True


@dataclass(frozen=True)
class LegendClass:
    """One entry of the legend. Mark and figure are drawn with the colour, so that colour never carries the meaning alone.

    `figure` is one of circle, square, triangle, diamond, ring.
    """

    value: str
    label: object
    colour: str
    mark: str
    figure: str = "circle"


class KindClasses(Sequence):
    """The legend of a layer whose kinds are data, as the table has it now."""

    def __init__(self, layer: str):
        self.layer = layer

    def _now(self) -> list[LegendClass]:
        return [LegendClass(kind.code, kind.shown, kind.colour, kind.mark, kind.figure) for kind in kinds_of(self.layer)]

    def __getitem__(self, place):
        return self._now()[place]

    def __len__(self) -> int:
        return len(self._now())


@dataclass(frozen=True, eq=False)
class Layer:
    """`shape` is "point", "line" or "area" (multipolygon); geometry is EPSG:4326 in `geom`, EPSG:3857 in `geom_3857`.

    `class_field` is the model field whose values `classes` explain. `depends` are the layers whose change makes this
    one's tiles new. `depth` orders drawing: areas below points; `fill` is the opacity of an area's colour. `sections` add
    to an object's popup: each takes the object and returns {"title", "lines", "url"}. `editable`: people draw and change its
    objects; `exclusive`: its outlines may not overlap each other; without `territorial` it is public knowledge of the county.
    `readers` is the array of codes of the units that read an object, where more than its territory do; without `counted` nobody
    keeps how many lie in a cell. `gate` is what the layer asks of its readers beyond territory. `sector` names the fields of
    bearing, angle and range that make a point's view.
    """

    name: str
    model: type[models.Model]
    title: object
    shape: str
    columns: tuple[Column, ...]
    class_field: str = ""
    classes: Sequence[LegendClass] = ()
    depends: tuple[str, ...] = ()
    visible: bool = True
    importable: bool = True
    editable: bool = True
    exclusive: bool = False
    territorial: bool = True
    label_field: str = "name"
    time_field: str = ""
    min_zoom: int = 0
    depth: int = 0
    fill: float = 0.28
    note: object = ""
    sections: tuple[Callable[[models.Model], dict], ...] = ()
    readers: str = ""
    counted: bool = True
    gate: Gate | None = None
    sector: tuple[str, str, str] = ()

    def lets_in(self, user) -> bool:
        """Whether the reader gets single objects of the layer now; counts may be told without."""
        return self.gate is None or self.gate.lets_in(user)

    def insist(self, user) -> None:
        """Raises what answers a reader whom the layer's gate does not let in."""
        if self.gate:
            self.gate.insist(user)

    def note_read(self, user, door: str, count: int) -> None:
        """Write down that so many objects were read, where the layer asks for it."""
        if self.gate and count:
            self.gate.note(user, door, count)

    def take_out(self, user, count: int) -> None:
        """Use up what lets one file of the layer out. Raises gates.TakeOutRefused."""
        if self.gate:
            self.gate.take_out(user, count)

    def export_refusal(self, user) -> str:
        """Why positions of many objects may not leave as a file now, or nothing."""
        return str(self.gate.may_export(user)) if self.gate else ""

    @property
    def versions(self) -> tuple[str, ...]:
        return self.depends or (self.name,)

    @property
    def hand_columns(self) -> tuple[Column, ...]:
        """The columns that people fill in."""
        return tuple(each for each in self.columns if each.by_hand)

    def column_field(self, column: Column) -> models.Field:
        return self.model._meta.get_field(column.name)


@dataclass
class _Registry:
    by_name: dict[str, Layer] = field(default_factory=dict)

    def add(self, layer: Layer) -> Layer:
        if layer.name in self.by_name:
            raise ValueError(f"layer {layer.name} is declared twice")
        self.by_name[layer.name] = layer
        if layer.gate:
            gates.register(layer.model, layer.gate)
        return layer

    def __iter__(self) -> Iterator[Layer]:
        return iter(sorted(self.by_name.values(), key=lambda layer: layer.depth))

    def __getitem__(self, name: str) -> Layer:
        return self.by_name[name]

    def get(self, name: str) -> Layer | None:
        return self.by_name.get(name)


registry = _Registry()
register = registry.add


def editable_layer(name: str) -> Layer | None:
    """A layer whose objects people draw and change: a computed layer is none, the base map's lines are one."""
    layer = BASE_LINES if name == BASE_LINES.name else registry.get(name)
    return layer if layer and layer.editable and layer.importable else None


NAME = Column("name", ("名称", "名字", "小区名称", "单位名称", "title"), popup=False, required=True)
SOURCE_KEY = Column("source_key", ("编号", "编码", "来源编号", "国标编码", "设备编码", "id", "code", "key"))

register(
    Layer(
        name="compounds",
        model=Compound,
        title=_("居民小区"),
        shape="area",
        class_field="kind",
        classes=(
            LegendClass("old", _("老旧小区"), "#8a6d3b", "旧"),
            LegendClass("gated", _("封闭小区"), "#4b6a9b", "封"),
            LegendClass("open_yard", _("开放院落"), "#5b8a72", "院"),
            LegendClass("other", _("其他"), "#7a7f87", "他"),
        ),
        columns=(
            NAME,
            SOURCE_KEY,
            Column("kind", ("类别", "类型", "小区类型", "type")),
            Column("manager_unit", ("管理单位", "物业", "物业公司", "manager")),
            Column("building_count", ("楼栋数", "栋数", "楼数", "buildings")),
            Column("household_count", ("户数", "住户数", "总户数", "households")),
            Column("guard_count", ("保安人数", "保安", "门卫人数", "guards"), popup=False),
            Column("has_night_guard", ("夜间值守", "night_guard"), popup=False),
            Column("gate_count", ("出入口数", "大门数", "gates"), popup=False),
            Column("has_fence", ("围墙", "有围墙", "fence"), popup=False),
            Column("has_lighting", ("照明", "公共照明", "lighting"), popup=False),
            Column("has_access_control", ("门禁", "有门禁", "access_control"), popup=False),
            Column("fire_lanes_clear", ("消防通道", "消防通道畅通", "fire_lanes"), popup=False),
            Column("camera_count", ("摄像机数", "监控数", "cameras"), popup=False),
            Column("small_device_household_count", ("小技防户数", "small_devices"), popup=False),
            Column("fire_checked_on", ("消防检查日期", "fire_checked_on")),
            Column("open_fire_hazard_count", ("未整改火灾隐患", "火灾隐患数", "fire_hazards")),
        ),
        exclusive=True,
        visible=False,
        depth=20,
        sections=(compounds.protection, compounds.courtyards),
    )
)
register(
    Layer(
        name="courtyards",
        model=Courtyard,
        title=_("楼院"),
        shape="area",
        columns=(NAME, SOURCE_KEY, Column("household_count", ("户数", "households"))),
        classes=(LegendClass("", _("楼院"), "#9a8fb0", "楼"),),
        exclusive=True,
        visible=False,
        min_zoom=12,
        depth=25,
    )
)
register(
    Layer(
        name="stations",
        model=Station,
        title=_("警务设施"),
        shape="point",
        class_field="kind",
        classes=(
            LegendClass("police_station", _("派出所"), "#123f8c", "所", "square"),
            LegendClass("police_room", _("警务室"), "#2563b8", "室", "square"),
            LegendClass("kiosk", _("警务岗亭"), "#1f7aa8", "亭", "square"),
            LegendClass("checkpoint", _("治安卡点"), "#5b4a9c", "卡", "square"),
        ),
        columns=(
            NAME,
            SOURCE_KEY,
            Column("kind", ("类别", "类型", "type"), required=True),
            Column("status", ("建设状态", "status")),
            Column("condition", ("状况", "condition")),
            Column("hours", ("值守时间", "开放时间", "hours")),
            Column("equipment", ("装备", "equipment")),
            Column("unit", ("管理单位", "所属单位", "unit")),
        ),
        depth=60,
    )
)


register(
    Layer(
        name="surveillance",
        model=SurveillancePoint,
        title=_("监控点"),
        shape="point",
        class_field="working",
        classes=(
            LegendClass("working", _("正常"), "#3f6f8f", "○"),
            LegendClass("faulty", _("故障"), "#a63d2f", "×"),
            LegendClass("removed", _("已拆除"), "#8b8f96", "－"),
            LegendClass("unknown", _("未知"), "#8f7f3f", "?"),
            LegendClass("planned", _("规划"), "#5f6670", "◇"),
        ),
        columns=(
            NAME,
            SOURCE_KEY,
            Column("kind", ("类别", "设备类型", "type")),
            Column("place_category", ("场所类别", "安装场所", "place")),
            Column("legal_class", ("法定类别", "legal_class")),
            Column("owner_unit", ("建设管理单位", "管理单位", "权属单位", "owner")),
            Column("purpose", ("用途", "purpose")),
            Column("working", ("工作状态", "设备状态", "状态", "status")),
            Column("checked_on", ("检查日期", "checked_on")),
            Column("bearing_deg", ("朝向", "方位角", "bearing")),
            Column("view_angle_deg", ("视角", "视场角", "angle")),
            Column("range_m", ("视距", "range")),
            Column("in_use_since", ("启用日期", "投用日期", "in_use_since")),
            Column("filing_number", ("备案号", "filing_number")),
            Column("filed_on", ("备案日期", "filed_on")),
            Column("has_sign", ("提示标识", "有标识", "sign")),
            Column("retention_days", ("留存天数", "保存天数", "retention_days")),
            Column("forbidden_interior_ruled_out_on", ("禁设场所核查日期",)),
        ),
        gate=EXACT_POSITIONS,
        sector=("bearing_deg", "view_angle_deg", "range_m"),
        visible=False,
        depth=40,
    )
)
register(
    Layer(
        name="premises",
        model=Premises,
        title=_("重点场所"),
        shape="point",
        class_field="kind",
        classes=KindClasses("premises"),
        columns=(
            NAME,
            SOURCE_KEY,
            Column("kind", ("类别", "类型", "场所类型", "type"), required=True),
            Column("operator_unit", ("经营管理单位", "经营单位", "operator")),
            Column("capacity_count", ("核定人数", "capacity")),
            Column("last_inspected_on", ("最近检查日期", "检查日期", "inspected_on")),
        ),
        visible=False,
        depth=50,
    )
)
register(
    Layer(
        name="facilities",
        model=PublicFacility,
        title=_("公共设施"),
        shape="point",
        class_field="kind",
        classes=KindClasses("facilities"),
        columns=(
            NAME,
            SOURCE_KEY,
            Column("kind", ("类别", "类型", "设施类型", "type"), required=True),
            Column("condition", ("状况", "设施状况", "condition")),
            Column("owner_unit", ("权属单位", "管理单位", "owner")),
            Column("last_checked_on", ("最近检查日期", "检查日期", "checked_on")),
        ),
        visible=False,
        min_zoom=12,
        depth=35,
    )
)
register(
    Layer(
        name="incidents",
        model=Incident,
        title=_("警情"),
        shape="point",
        class_field="category",
        classes=(
            LegendClass("theft", _("盗窃"), "#7a3fa0", "盗", "diamond"),
            LegendClass("drugs", _("吸毒"), "#3f5fa0", "毒", "diamond"),
            LegendClass("crime", _("犯罪"), "#444b55", "罪", "diamond"),
            LegendClass("fire", _("火灾"), "#c2571a", "火", "diamond"),
        ),
        columns=(
            Column("source_key", ("警情编号", "来源编号", "编号", "id"), required=True),
            Column("category", ("类别", "警情类别", "category", "type"), required=True),
            Column("severity", ("严重程度", "程度", "警情程度", "严重性", "severity")),
            Column("reported_by", ("发现方式", "报告方式", "报警方式", "reported_by")),
            Column("occurred_at", ("发生时间", "时间", "发案时间", "time", "datetime", "occurred_at"), required=True),
        ),
        label_field="",
        time_field="occurred_at",
        visible=False,
        depth=45,
    )
)

# Roads, railways and rivers are drawn under the map by the base tiles, so this layer is edited but not registered.
BASE_LINES = Layer(
    name="base-lines",
    model=BasemapFeature,
    title=_("底图线"),
    shape="line",
    class_field="kind",
    classes=(
        LegendClass("motorway", _("高速公路"), "#8a5a2b", "高", "square"),
        LegendClass("main_road", _("主干道"), "#7a6a4f", "主", "square"),
        LegendClass("street", _("街道"), "#7a7f87", "街", "square"),
        LegendClass("railway", _("铁路"), "#5f5f5f", "铁", "square"),
        LegendClass("river", _("河流"), "#3c6e8a", "河", "square"),
    ),
    columns=(
        Column("name", ("名称", "name"), popup=False),
        Column("kind", ("类别", "type"), required=True),
        Column("is_schematic", ("示意图形",)),
        Column("source", ("来源", "source"), required=True),
    ),
    territorial=False,
)
