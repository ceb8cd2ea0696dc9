"""Forms that are whole files: XLSX, GeoPackage, zipped Shapefile. Written a chunk at a time to a path; memory does not grow."""
import tempfile
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import shapely
import xlsxwriter

from geo.exporting.errors import ExportRefused
from geo.exporting.rows import WKT, Chunk, Field, OutDatum, X, Y
from geo.spreadsheets import protect

EXCEL_ROWS, EXCEL_CHARACTERS = 1_048_575, 32_767
DBF_BYTES = 254
_ARROW = {"integer": pa.int64(), "number": pa.float64(), "date": pa.date32()}


def xlsx(fields: list[Field], chunks: Iterable[Chunk], path: Path, *, datum: OutDatum, title: str, areas: bool) -> None:
    """Text is typed as text, so that no cell is ever a formula; dates are dates, moments ISO 8601 text."""
    options = {"constant_memory": True, "strings_to_numbers": False, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(path, {**options, "tmpdir": str(path.parent)}) as book:
        sheet = book.add_worksheet(title[:31])
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        headers = [each.header for each in fields] + ([WKT] if areas else [X, Y])
        for number, header in enumerate(headers):
            sheet.set_column(number, number, 12 if header in (X, Y) else 16)
            sheet.write_string(0, number, header, bold)
        writers = [_cell_writer(sheet, each.kind, day) for each in fields]
        writers += [_cell_writer(sheet, "text", day)] if areas else [sheet.write_number] * 2
        row = 0
        for chunk in chunks:
            for cells in zip(*_cells(fields, chunk, areas), strict=True):
                row += 1
                if row > EXCEL_ROWS:
                    raise ExportRefused("too_many_rows", limit=EXCEL_ROWS)
                for number, value in enumerate(cells):
                    if value is not None:
                        writers[number](row, number, value)


def _cell_writer(sheet, kind: str, day):
    if kind in ("integer", "number"):
        return sheet.write_number
    if kind == "date":
        return lambda row, column, value: sheet.write_datetime(row, column, value, day)
    return sheet.write_string


def _cells(fields: list[Field], chunk: Chunk, areas: bool) -> list[list]:
    answer = []
    for each in fields:
        column = chunk.columns[each.name]
        if each.kind == "number":
            column = pc.if_else(pc.is_finite(column), column, None)
        answer.append((protect(column) if pa.types.is_string(column.type) else column).to_pylist())
    if not areas:
        return [*answer, chunk.x.tolist(), chunk.y.tolist()]
    texts = shapely.to_wkt(chunk.geometries, rounding_precision=-1).tolist()
    long = next((row for row, text in enumerate(texts) if len(text) > EXCEL_CHARACTERS), None)
    if long is not None:
        raise ExportRefused("outline_too_long", name=chunk.columns[fields[0].name][long].as_py(), limit=EXCEL_CHARACTERS)
    return [*answer, texts]


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
