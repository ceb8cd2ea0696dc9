"""What a file is, by its name and its first bytes, before any parser sees it. Both must agree."""
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
    ".xlsx": "xlsx",
}
MIB = 1024 * 1024
LIMITS_BYTES = {"geojson": 512 * MIB, "gpkg": 4096 * MIB, "shapefile": 200 * MIB, "csv": 1024 * MIB, "xlsx": 100 * MIB}
_SIGNS = (
    (b"SQLite format 3\0", "gpkg"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"%PDF", "pdf"),
    (b"\x1f\x8b", "gzip"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
)
_FITS = {"gpkg": {"gpkg"}, "zip": {"shapefile", "xlsx"}, "json": {"geojson"}, "text": {"csv"}}
_APPLICATION_IDS = (b"GPKG", b"GP10", b"GP11")


def kind_of(path: Path) -> str:
    """geojson, gpkg, shapefile, csv or xlsx; ReadError for everything else. Reads 100 bytes."""
    if not path.is_file():
        raise ReadError("missing", name=path.name)
    ending = path.suffix.lower()
    kind = ENDINGS.get(ending)
    if kind is None:
        raise ReadError("unsupported_kind", ending=ending or path.name)
    size = path.stat().st_size
    if size == 0:
        raise ReadError("empty", name=path.name)
    if size > LIMITS_BYTES[kind]:
        raise ReadError("too_big", size_mb=size // MIB, limit_mb=LIMITS_BYTES[kind] // MIB)
    with path.open("rb") as file:
        head = file.read(100)
    found = _content(head)
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
        return "xml"
    if start.startswith((b"{", b"[")):
        return "json"
    return "text"
