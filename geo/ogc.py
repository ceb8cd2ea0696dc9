"""The layers over WFS 2.0, for QGIS, ArcGIS and GDAL: what the reader sees on the map, and nothing else.

Feature types are made from the layers' declarations for each request, over the rows that the reader may see: no answer,
count, extent or error can be about another territory.
"""
import logging
from collections.abc import Iterator

from django.conf import settings
from django.contrib.gis.gdal import GDALException
from django.contrib.gis.geos import GEOSException
from django.core.exceptions import FieldError, SuspiciousOperation
from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from gisserver.crs import CRS
from gisserver.exceptions import InvalidParameterValue, OperationParsingFailed, OperationProcessingFailed, OWSException, wrap_filter_errors
from gisserver.features import FeatureField, FeatureType, ServiceDescription
from gisserver.geometries import WGS84BoundingBox
from gisserver.operations import wfs20
from gisserver.output import FeatureCollection, SimpleFeatureCollection
from gisserver.output.iters import CountingIterator
from gisserver.types import XsdTypes
from gisserver.views import WFSView

from geo import maps, ogc_dialects, ogc_index
from geo.layers import Layer, registry

logger = logging.getLogger(__name__)
ogc_dialects.teach()

NAMESPACE = "urn:siwu:wfs"
OTHER_CRS = ("urn:ogc:def:crs:EPSG::4490", "urn:ogc:def:crs:EPSG::3857")
# What a client's own words can make a query raise; anything else is a fault of ours.
CLIENT_FAULTS = (
    DatabaseError, FieldError, GDALException, GEOSException, NotImplementedError, OverflowError, RecursionError, TypeError, ValueError,
)  # fmt: skip


def served_layers() -> list[Layer]:
    """The layers that desktop programs may open, in the map's order.

    Not those behind a gate: such a program can neither state a purpose for a look nor wait for a second person's approval.
    """
    return [layer for layer in registry if layer.gate is None]


def described_layers() -> list[dict]:
    """Layers and fields in words: what a column is called, and what its codes mean."""
    place = [("division_code", _("行政区划代码"), ()), ("geom", _("位置或轮廓"), ())]
    found = []
    for layer in served_layers():
        fields = [(each.name, layer.column_field(each)) for each in layer.columns]
        rows = [(name, column.verbose_name, column.choices or ()) for name, column in fields] + place
        rows = [{"name": name, "label": label, "codes": codes} for name, label, codes in rows]
        found.append({"name": layer.name, "title": layer.title, "fields": rows})
    return found


class LayerField(FeatureField):
    """GDAL 3.6 does not know xsd:nonNegativeInteger: it drops the whole schema and guesses types from the first features."""

    def _get_xsd_type(self):
        found = super()._get_xsd_type()
        return XsdTypes.integer if found == XsdTypes.nonNegativeInteger else found


class LayerFeatures(FeatureType):
    """One layer as one reader may see it. `extent` is the reader's territory: the rows' own would cost a scan of each layer."""

    def __init__(self, layer: Layer, user, extent: WGS84BoundingBox):
        super().__init__(
            layer.model.objects.visible_to(user).order_by("pk"),
            name=layer.name,
            title=str(layer.title),
            abstract=str(layer.note),
            fields=[
                *(LayerField(column.name) for column in layer.columns),
                LayerField("division_code", model_attribute="division_id"),
                LayerField("geom"),
            ],
            geometry_field_name="geom",
            show_name_field=False,  # gml:name beside a column "name" makes GDAL warn of two fields of one name
            crs=CRS.from_srid(4326),
            other_crs=[CRS.from_string(each) for each in OTHER_CRS],
        )
        self.extent = extent

    def get_bounding_box(self) -> WGS84BoundingBox:
        return self.extent


class StreamedFeatures(SimpleFeatureCollection):
    """A page of features that is counted first and then read through a cursor: memory does not grow with the page.

    Rows written between the two make `numberReturned` wrong by as many, which no client minds.
    """

    @property
    def number_matched(self) -> int:
        if self._number_matched < 0:
            with wrap_filter_errors(self.source_query):
                self._number_matched = self._bare().count()
        return self._number_matched

    def _bare(self) -> QuerySet:
        """Without the geometry as text, which would be made for every row only to be counted or passed over."""
        bare = self.queryset.all()
        bare.query.annotations = {name: value for name, value in bare.query.annotations.items() if not name.startswith(("_as_", "_As"))}
        return bare

    @property
    def number_returned(self) -> int:
        return max(0, min(self.stop, self.number_matched) - self.start)

    @property
    def _is_surely_last_page(self) -> bool:
        return self.stop >= self.number_matched

    @property
    def has_next(self) -> bool:
        return not self._is_surely_last_page

    _opened: Iterator | None = None

    def iterator(self) -> Iterator:
        self._opened = self._rows()
        self._result_iterator = CountingIterator(self._opened)
        return iter(self._result_iterator)

    def close(self) -> None:
        """Ends the transaction of rows that nobody will read: the library keeps them, and the thread's connection with them."""
        if self._opened is not None:
            self._opened.close()

    __iter__ = iterator

    def _rows(self) -> Iterator:
        # Outside a transaction the cursor would outlive its statement, and PostgreSQL make every row before it gives the first.
        with transaction.atomic(using=self.queryset.db):
            yield from self._page().iterator()

    def _page(self) -> QuerySet:
        """Rows before the page are passed over by their keys where the order is the keys' own; else each would be made and thrown away."""
        if not self.start or self.queryset.query.order_by[0] != "pk":
            return self.queryset[self.start : self.stop]
        first = list(self._bare().values_list("pk", flat=True)[self.start : self.start + 1])
        return self.queryset.filter(pk__gte=first[0])[: self.stop - self.start] if first else self.queryset.none()


class Streamed:
    """For operations that answer with features: in a firm order, so that pages neither repeat nor lose a row."""

    def get_pagination(self) -> tuple[int, int]:
        start, count = super().get_pagination()
        return start, min(count, settings.WFS_FEATURES_AT_MOST)

    def get_results(self) -> FeatureCollection:
        start, count = self.get_pagination()
        results = []
        for query in self.ows_request.queries:
            with wrap_filter_errors(query):
                found = ogc_index.through_index(query.get_queryset())
            found = found.order_by(*found.query.order_by, "pk")
            results.append(StreamedFeatures(query, query.feature_types, found, start, start + count))
        self.view.streams += results
        return FeatureCollection(results=results)


class GetFeature(Streamed, wfs20.GetFeature):
    def get_output_formats(self) -> list:
        """Without the library's CSV: files for people, safe for spreadsheets, come from the lists."""
        return [each for each in super().get_output_formats() if each.content_type != "text/csv"]


class GetPropertyValue(Streamed, wfs20.GetPropertyValue):
    pass


class Service(WFSView):
    xml_namespace = NAMESPACE
    xml_namespace_aliases = {"siwu": NAMESPACE}
    accept_operations = {"WFS": {**WFSView.accept_operations["WFS"], "GetFeature": GetFeature, "GetPropertyValue": GetPropertyValue}}

    @property
    def max_page_size(self) -> int:
        return settings.WFS_FEATURES_AT_MOST

    def dispatch(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        self.streams: list[StreamedFeatures] = []
        response = super().dispatch(request, *args, **kwargs)
        if response.streaming:
            response.streaming_content = _ending(response.streaming_content, self.streams)
        return response

    def get(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        request.GET = ogc_dialects.with_plain_bbox(request.GET)
        return super().get(request, *args, **kwargs)

    def get_service_description(self, service: str | None = None) -> ServiceDescription:
        unit = self.request.user.division.name
        return ServiceDescription(title=_("四无治安地图 %(unit)s") % {"unit": unit}, abstract=_("仅含本账号辖区内的数据。"))

    def get_feature_types(self) -> list[FeatureType]:
        """Once for a request: an operation asks several times."""
        if not hasattr(self, "_types"):
            user = self.request.user
            extent = WGS84BoundingBox(*maps.bounds(user.division_id, on=timezone.localdate()))
            self._types = [LayerFeatures(layer, user, extent) for layer in served_layers()] if user.reads_business_data else []
        return self._types

    def render_index(self, service: str | None = None) -> HttpResponse:
        return redirect("ogc_guide")

    def handle_exception(self, exc: Exception) -> HttpResponse | None:
        if isinstance(exc, SuspiciousOperation):
            return None
        if isinstance(exc, OWSException) and isinstance(exc.__cause__, DatabaseError):
            exc = exc.__cause__
        if isinstance(exc, CLIENT_FAULTS):
            logger.warning("WFS request refused: %s", type(exc).__name__)
            exc = InvalidParameterValue(_("查询条件不能执行：请检查字段名、数值类型和坐标。"), locator="filter")
        elif isinstance(exc, OWSException):
            exc.text = f"{_explained(exc)} {exc.text}"
        else:
            logger.exception("WFS request failed")
            exc = OperationProcessingFailed(_("服务器处理出错，请稍后再试或联系管理员。"))
        return super().handle_exception(exc)


def _ending(pieces: Iterator[bytes], streams: list[StreamedFeatures]) -> Iterator[bytes]:
    """The pieces; a reader that goes away early leaves no open transaction behind, which would spoil the thread for everybody after."""
    try:
        yield from pieces
    finally:
        for each in streams:
            each.close()


def _explained(exc: OWSException) -> str:
    if isinstance(exc, OperationParsingFailed):
        return _("请求的写法不对。")
    if exc.locator in {"typeNames", "resourceId"}:
        return _("没有这个图层或对象。")
    return _("参数“%(name)s”不对。") % {"name": exc.locator} if exc.locator else _("请求不能处理。")
