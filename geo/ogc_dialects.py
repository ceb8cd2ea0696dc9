"""What desktop programs send that the WFS library does not take as they mean it."""
from django.http import QueryDict
from gisserver.parsers.ast import tag_registry
from gisserver.parsers.gml import GEOSGMLGeometry
from gisserver.parsers.xml import NSElement

DEFAULT_CRS = "urn:ogc:def:crs:EPSG::4326"


class Geometry(GEOSGMLGeometry):
    """GDAL leaves srsName out of a filter and means the layer's own reference system, as the standard has it."""

    @classmethod
    def from_xml(cls, element: NSElement) -> "Geometry":
        element.attrib.setdefault("srsName", DEFAULT_CRS)
        return super().from_xml(element)


def teach() -> None:
    """Put our reading of geometries in the library's place. Doing so twice changes nothing."""
    for tag, parser in tag_registry.parsers.items():
        if parser is GEOSGMLGeometry:
            tag_registry.parsers[tag] = Geometry


def with_plain_bbox(query: QueryDict) -> QueryDict:
    """In the notation "EPSG:4326" x comes before y, in answers as in questions; the library forgets it for the BBOX parameter."""
    name = next((name for name in query if name.upper() == "BBOX"), None)
    parts = query[name].split(",") if name else []
    if len(parts) == 5 and parts[4].strip().upper() == "EPSG:4326":
        query = query.copy()
        query[name] = ",".join([parts[1], parts[0], parts[3], parts[2], DEFAULT_CRS])
    return query
