"""GeoPackage and zipped Shapefile, written a chunk at a time to a path; memory does not grow with the list."""
import tempfile
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio

from geo.exporting.errors import ExportRefused
from geo.exporting.rows import Chunk, Field, OutDatum

DBF_BYTES = 254
_ARROW = {"integer": pa.int64(), "number": pa.float64(), "date": pa.date32()}


def gpkg(fields: list[Field], chunks: Iterable[Chunk], path: Path, *, datum: OutDatum, title: str, areas: bool) -> None:
    _vector(fields, [each.header for each in fields], chunks, path, datum, areas, driver="GPKG", layer=path.stem)


def shapefile(fields: list[Field], chunks: Iterable[Chunk], path: Path, *, datum: OutDatum, title: str, areas: bool) -> None:
    """A zip of .shp, .shx, .dbf, .cpg (UTF-8), .prj, and a list of what the short field names stand for."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        shape = Path(folder, f"{path.stem}.shp")
        names = [each.short for each in fields]
        _vector(fields, names, _fitting(fields, chunks), shape, datum, areas, driver="ESRI Shapefile", encoding="UTF-8")
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in sorted(Path(folder).iterdir()):
                archive.write(part, part.name)
            archive.writestr("fields.csv", "\ufeff" + "".join(f"{each.short},{each.header}\r\n" for each in fields))


def _fitting(fields: list[Field], chunks: Iterable[Chunk]) -> Iterable[Chunk]:
    """A Shapefile would cut longer texts without a word."""
    for chunk in chunks:
        for each in fields:
            column = chunk.columns[each.name]
            if pa.types.is_string(column.type) and (pc.max(pc.binary_length(column)).as_py() or 0) > DBF_BYTES:
                raise ExportRefused("text_too_long", field=each.header, limit=DBF_BYTES)
        yield chunk


def _vector(
    fields: list[Field], names: list[str], chunks: Iterable[Chunk], path: Path, datum: OutDatum, areas: bool, **options
) -> None:
    typed = [pa.field(name, _ARROW.get(each.kind, pa.string())) for name, each in zip(names, fields, strict=True)]
    schema = pa.schema([*typed, pa.field("geom", pa.binary())])
    trouble: list[Exception] = []

    def batches():
        try:
            for chunk in chunks:
                yield pa.record_batch([*(chunk.columns[each.name] for each in fields), chunk.wkb()], schema=schema)
        except Exception as problem:  # GDAL would only say that the stream ended badly
            trouble.append(problem)
            raise

    reader = pa.RecordBatchReader.from_batches(schema, batches())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # GCJ-02 and BD-09 have no code to declare; the datum column names them
            pyogrio.write_arrow(
                reader, path, geometry_name="geom", geometry_type="MultiPolygon" if areas else "Point",
                crs=f"EPSG:{datum.epsg}" if datum.epsg else None, **options,
            )  # fmt: skip
    except Exception:
        if trouble:
            raise trouble[0] from None
        raise
