"""KML, KMZ and GML: read once by a parser that refuses what is dangerous, then by GDAL."""
import os
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from xml.parsers import expat
from xml.sax.saxutils import unescape

from geo.readers.archives import check_names, check_sizes, inflate, own_name
from geo.readers.batches import Meta, Stream
from geo.readers.errors import ReadError
from geo.readers.vector import choose_layer, layers_of, open_vector

DEPTH = 100
# What LIBKML adds to every feature for drawing only.
_DRAWING = {"altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon", "snippet"}
_DECLARED = re.compile(rb"""^(\xef\xbb\xbf)?\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_DATA_NAME = re.compile(rb"""(<(?:\w+:)?Data\s[^>]*?name\s*=\s*)(["'])(.*?)\2""", re.S)
_PLAIN = re.compile(r"\w+", re.A)
_CHINESE = {"gb2312", "gbk", "gb18030", "gb_2312-80", "cp936"}


def read_kml(path: Path, *, folder: Path, layer: str | None = None, **_options) -> Stream:
    """`folder` is an empty directory that the caller removes."""
    return _read(path, Meta("kml"), folder / f"{path.stem or 'layer'}.kml", layer, "KML")


def read_gml(path: Path, *, folder: Path, layer: str | None = None, **_options) -> Stream:
    """Beside our own copy there is no .xsd and no .gfs that could say something else."""
    return _read(path, Meta("gml"), folder / "layer.gml", layer, "GML")


def read_kmz(path: Path, *, folder: Path, layer: str | None = None, **_options) -> Stream:
    """The archive's doc.kml, or its first .kml; pictures and further files are never unpacked."""
    meta = Meta("kmz")
    inner = folder / "inner.kml"
    try:
        with zipfile.ZipFile(path) as archive:
            check_sizes(archive)
            check_names(archive)
            inside = [member for member in archive.infolist() if PurePosixPath(own_name(member)).suffix.lower() == ".kml"]
            if not inside:
                raise ReadError("broken", kind="KMZ")
            first = next((member for member in inside if PurePosixPath(member.filename).name.lower() == "doc.kml"), inside[0])
            inflate(archive, first, inner)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error):
        raise ReadError("broken", kind="KMZ") from None
    if len(inside) > 1:
        meta.warn("only_first_kml", name=own_name(first)[:80], count=len(inside))
    return _read(inner, meta, folder / f"{path.stem or 'layer'}.kml", layer, "KMZ")


def _read(path: Path, meta: Meta, copy: Path, layer: str | None, kind: str) -> Stream:
    _bring(path, copy, meta)
    names = guard(copy, meta)
    renamed = _plain_names(copy, names) if kind != "GML" else {}
    # LIBKML calls the layer of a KML without folders by its document's or its file's name.
    meta.parts = layers_of(copy, kind)
    meta.layer = choose_layer(meta.parts, layer)
    options = {"DOWNLOAD_SCHEMA": "NO", "REGISTRY": "", "XLINK_RESOLVE": "NO"} if kind == "GML" else {}
    return open_vector(copy, meta, kind, without=set() if kind == "GML" else _DRAWING, renamed=renamed, **options)


def _bring(path: Path, copy: Path, meta: Meta) -> None:
    """Our own name for the file; text in a Chinese code page, which no XML parser here knows, becomes UTF-8."""
    with path.open("rb") as file:
        declared = _DECLARED.match(file.read(200))
    encoding = declared[2].decode().lower() if declared else "utf-8"
    meta.encoding = "GB18030" if encoding in _CHINESE else encoding.upper()
    if encoding not in _CHINESE:
        os.link(path, copy) if path.parent == copy.parent else copy.symlink_to(path)
        return
    try:
        text = path.read_bytes().decode("gb18030")
    except UnicodeDecodeError as problem:
        raise ReadError("bad_encoding", line=problem.object.count(b"\n", 0, problem.start) + 1, encoding="GB18030") from None
    copy.write_text(re.sub(r"^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*[\"'][^\"']*[\"']", r"\1", text, count=1), encoding="utf-8")


def _plain_names(copy: Path, names: set[str]) -> dict[str, str]:
    """LIBKML makes every Chinese letter of a <Data name="…"> an underscore: it is given plain names, which are {plain: ours}."""
    if not names:
        return {}
    plain = {name: f"siwu_data_{number}" for number, name in enumerate(sorted(names))}

    def rename(found: re.Match) -> bytes:
        name = unescape(found[3].decode("utf-8"), {"&quot;": '"', "&apos;": "'"})
        return found[1] + found[2] + plain.get(name, name).encode() + found[2]

    text = _DATA_NAME.sub(rename, copy.read_bytes())
    copy.unlink()
    copy.write_bytes(text)
    return {ours: name for name, ours in plain.items()}


def guard(path: Path, meta: Meta) -> set[str]:
    """Refuse a document type (and with it every entity), too deep a nesting, broken markup. Links are counted, never followed.

    Gives the names of <Data> that hold more than Latin letters, digits and underscores.
    """
    parser = expat.ParserCreate()
    depth = links = 0
    names: set[str] = set()

    def refuse(*_arguments) -> None:
        raise ReadError("unsafe_content", what="DOCTYPE")

    def begin(name: str, attributes: dict) -> None:
        nonlocal depth, links
        depth += 1
        if depth > DEPTH:
            raise ReadError("too_deep")
        local = name.rpartition(":")[2]
        links += local == "NetworkLink"
        if local == "Data" and not _PLAIN.fullmatch(attributes.get("name", "_")):
            names.add(attributes["name"])

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as problem:
        raise ReadError("bad_xml", line=problem.lineno) from None
    if links:
        meta.warn("network_link", count=links)
    return names
