"""What a file is, by its first bytes, before any parser sees it. Its name may not say anything else."""
import re
import zipfile
from pathlib import Path

from geo.readers.errors import ReadError

ENDINGS = {
    ".geojson": "geojson",
    ".json": "geojson",
    ".geojsonl": "geojson",
    ".geojsons": "geojson",
    ".gpkg": "gpkg",
    ".zip": "shapefile",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".xlsx": "xlsx",
    ".kml": "kml",
    ".kmz": "kmz",
    ".gml": "gml",
    ".xml": "gml",
    ".fgb": "flatgeobuf",
}
MIB = 1024 * 1024
LIMITS_BYTES = {
    "geojson": 512 * MIB, "gpkg": 4096 * MIB, "shapefile": 200 * MIB, "csv": 1024 * MIB, "xlsx": 100 * MIB,
    "kml": 200 * MIB, "kmz": 100 * MIB, "gml": 200 * MIB, "flatgeobuf": 1024 * MIB,
}  # fmt: skip
_HEAD_BYTES = 4096
_SIGNS = (
    (b"SQLite format 3\0", "gpkg"),
    (b"fgb\x03fgb", "flatgeobuf"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
)
_FITS = {
    "gpkg": {"gpkg"}, "zip": {"shapefile", "xlsx", "kmz"}, "json": {"geojson"}, "text": {"csv"},
    "kml": {"kml"}, "gml": {"gml"}, "flatgeobuf": {"flatgeobuf"},
}  # fmt: skip
_APPLICATION_IDS = (b"GPKG", b"GP10", b"GP11")
_ROOT = re.compile(rb"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[^<]*")
_PROLOG = re.compile(rb"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.S)


def kind_of(path: Path) -> str:
    """One of the values of ENDINGS; ReadError for everything else. Reads the first bytes, and of an archive the table."""
    if not path.is_file():
        raise ReadError("missing", name=path.name)
    ending = path.suffix.lower()
    kind = ENDINGS.get(ending)
    if kind is None:
        raise ReadError("unsupported_kind", ending=ending or path.name)
    size = path.stat().st_size
    if size == 0:
        raise ReadError("empty", name=path.name)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    found = _content(head)
    if ending == ".xml" and found == "kml":
        kind = "kml"
    elif ending == ".zip" and found == "zip":
        kind = _of_archive(path)
    if size > LIMITS_BYTES[kind]:
        raise ReadError("too_big", size_mb=size // MIB, limit_mb=LIMITS_BYTES[kind] // MIB)
    # A comma-separated text may begin with any character, a brace too.
    if kind not in _FITS.get(found, ()) and not (kind == "csv" and found == "json"):
        raise ReadError("kind_mismatch", ending=ending, found=found)
    if kind == "gpkg" and head[68:72] not in _APPLICATION_IDS:
        raise ReadError("broken", kind="GeoPackage")
    return kind


def _content(head: bytes) -> str:
    for sign, name in _SIGNS:
        if head.startswith(sign):
            return name
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n\x1e")
    if start.startswith(b"<"):
        return _markup(start)
    if start.startswith((b"{", b"[")):
        return "json"
    return "text"


def _markup(head: bytes) -> str:
    """kml, gml or xml, by the root element: <kml>, or one that names GML's or WFS's namespace."""
    root = _ROOT.search(_PROLOG.sub(b"", head))
    if root is None:
        return "xml"
    if root[2] == b"kml":
        return "kml"
    return "gml" if root[2].endswith(b"FeatureCollection") and b"/gml" in root[0] + head else "xml"


def _of_archive(path: Path) -> str:
    """A .zip is what lies in it: a workbook, a KMZ under another name, else parts of a Shapefile."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.lower() for name in archive.namelist()[:1000]]
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return "shapefile"
    if "xl/workbook.xml" in names:
        return "xlsx"
    return "kmz" if any(name.endswith(".kml") for name in names) and not any(name.endswith(".shp") for name in names) else "shapefile"
