"""Forms that stream: GeoJSON (RFC 7946), CSV, KML. Bytes, a chunk at a time; numbers are written so that they read back exactly."""
import io
import json
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import shapely

from geo.exporting.rows import WKT, Chunk, Field, OutDatum, X, Y
from geo.spreadsheets import protect

_JSON_NEEDS_CARE = r'["\\\x00-\x1f]'
_NUMERIC = ("integer", "number")
_XML_FORBIDDEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"


def csv(fields: list[Field], chunks: Iterable[Chunk], *, datum: OutDatum, title: str, areas: bool, mark: bool = True) -> Iterator[bytes]:
    """`mark` is the byte order mark by which spreadsheets know UTF-8. No cell is a formula; see geo.spreadsheets."""
    headers = [each.header for each in fields] + ([WKT] if areas else [X, Y])
    yield (b"\xef\xbb\xbf" if mark else b"") + (",".join(headers) + "\r\n").encode()
    options = pa.csv.WriteOptions(include_header=False)
    for chunk in chunks:
        arrays = [protect(column) if pa.types.is_string(column.type) else column for column in _in_order(fields, chunk)]
        places = [_wkt(chunk)] if areas else [_text(chunk.x), _text(chunk.y)]
        sink = io.BytesIO()
        pa.csv.write_csv(pa.table([*arrays, *places], names=headers), sink, options)
        yield sink.getvalue()


def geojson(fields: list[Field], chunks: Iterable[Chunk], *, datum: OutDatum, title: str, areas: bool) -> Iterator[bytes]:
    """RFC 7946 knows WGS-84 alone: any other datum is named at the head of the file, and in every object."""
    head = {"type": "FeatureCollection", "name": title, "datum": datum.title}
    yield (json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [').encode()
    names = [json.dumps(each.header, ensure_ascii=False) + ":" for each in fields]
    before = b"\n"
    for chunk in chunks:
        values = [_json(column, each) for column, each in zip(_in_order(fields, chunk), fields, strict=True)]
        parts = ['{"type":"Feature","geometry":', *_json_place(chunk, areas), ',"properties":{']
        for number, (name, value) in enumerate(zip(names, values, strict=True)):
            parts += [("," if number else "") + name, value]
        lines = pc.binary_join_element_wise(*parts, "}}", "")
        yield before + ",\n".join(lines.to_pylist()).encode()
        before = b",\n"
    yield b"\n]}\n"


def kml(fields: list[Field], chunks: Iterable[Chunk], *, datum: OutDatum, title: str, areas: bool) -> Iterator[bytes]:
    """KML 2.2, WGS-84 by definition. The first field is the placemark's name, every field an ExtendedData entry."""
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{escape(title)}</name>\n"
    ).encode()
    opening = [f"<Data name={quoteattr(each.header)}><value>" for each in fields]
    for chunk in chunks:
        values = [_xml(column) for column in _in_order(fields, chunk)]
        parts = ["<Placemark><name>", values[0], "</name><ExtendedData>"]
        for start, value in zip(opening, values, strict=True):
            parts += [start, value, "</value></Data>"]
        lines = pc.binary_join_element_wise(*parts, "</ExtendedData>", *_kml_place(chunk, areas), "</Placemark>\n", "")
        yield "".join(lines.to_pylist()).encode()
    yield b"</Document></kml>\n"


def _in_order(fields: list[Field], chunk: Chunk) -> list[pa.Array]:
    return [chunk.columns[each.name] for each in fields]


def _wkt(chunk: Chunk) -> pa.Array:
    return pa.array(shapely.to_wkt(chunk.geometries, rounding_precision=-1), pa.string())


def _text(numbers) -> pa.Array:
    return pc.cast(pa.array(numbers, pa.float64(), from_pandas=True), pa.string())  # nothing where there is no place


def _json(column: pa.Array, each: Field) -> pa.Array:
    if each.kind in _NUMERIC:
        if each.kind == "number":
            column = pc.if_else(pc.is_finite(column), column, None)  # JSON has no word for NaN
        return pc.coalesce(column.cast(pa.string()), pa.scalar("null"))
    text = column.cast(pa.string())
    if pc.any(pc.match_substring_regex(text, _JSON_NEEDS_CARE).fill_null(False)).as_py():
        return pa.array([json.dumps(value, ensure_ascii=False) for value in text.to_pylist()], pa.string())
    return pc.coalesce(pc.binary_join_element_wise('"', text, '"', ""), pa.scalar("null"))


def _json_place(chunk: Chunk, areas: bool) -> list:
    if areas:
        return [pa.array(shapely.to_geojson(chunk.geometries), pa.string())]
    return ['{"type":"Point","coordinates":[', _text(chunk.x), ",", _text(chunk.y), "]}"]


def _xml(column: pa.Array) -> pa.Array:
    text = pc.coalesce(column.cast(pa.string()), pa.scalar(""))
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = pc.replace_substring(text, sign, entity)
    return pc.replace_substring_regex(text, _XML_FORBIDDEN, " ")


def _kml_place(chunk: Chunk, areas: bool) -> list:
    if not areas:
        return ["<Point><coordinates>", _text(chunk.x), ",", _text(chunk.y), "</coordinates></Point>"]
    return [pa.array([_kml_outline(each) for each in chunk.geometries], pa.string())]


def _kml_outline(outline: shapely.MultiPolygon) -> str:
    return "<MultiGeometry>" + "".join(_kml_polygon(each) for each in shapely.get_parts(outline)) + "</MultiGeometry>"


def _kml_polygon(polygon: shapely.Polygon) -> str:
    inner = "".join(f"<innerBoundaryIs>{_kml_ring(ring)}</innerBoundaryIs>" for ring in polygon.interiors)
    return f"<Polygon><outerBoundaryIs>{_kml_ring(polygon.exterior)}</outerBoundaryIs>{inner}</Polygon>"


def _kml_ring(ring: shapely.LinearRing) -> str:
    places = " ".join(f"{x!r},{y!r}" for x, y in shapely.get_coordinates(ring).tolist())
    return f"<LinearRing><coordinates>{places}</coordinates></LinearRing>"
