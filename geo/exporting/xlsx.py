"""XLSX, a chunk at a time: the few parts that a workbook of one plain sheet has, its cells joined a whole column at once.

A library that is handed cell by cell (XlsxWriter) takes eight times as long and keeps 16 digits of a number;
here every number reads back exactly. Text is inline text (`inlineStr`), so that no cell is ever a formula.
"""
import zipfile
from collections.abc import Iterable
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geo.exporting.errors import ExportRefused
from geo.exporting.rows import WKT, Chunk, Field, OutDatum, X, Y
from geo.spreadsheets import protect

EXCEL_ROWS, EXCEL_CHARACTERS = 1_048_575, 32_767
# Days from Excel's zero to 1 January 1970.
_EPOCH = 25569
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    # Cell styles: 0 plain, 1 a day, 2 bold.
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
# What XML cannot hold, and what a reader would take for its escaped form, as Office writes them.
_ESCAPED, _FORBIDDEN = r"_(x[0-9A-Fa-f]{4}_)", r"[\x00-\x08\x0b\x0c\x0e-\x1f]"


def write(fields: list[Field], chunks: Iterable[Chunk], path: Path, *, datum: OutDatum, title: str, areas: bool) -> None:
    headers = [*(each.header for each in fields), *([WKT] if areas else [X, Y])]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, text in _PARTS.items():
            archive.writestr(name, _HEAD + text)
        sheet = f'<sheets><sheet name={quoteattr(title[:31])} sheetId="1" r:id="rId1"/></sheets>'
        archive.writestr("xl/workbook.xml", f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{sheet}</workbook>')
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=False) as part:
            part.write(_opening(headers).encode())
            count = 0
            for chunk in chunks:
                count += len(chunk)
                if count > EXCEL_ROWS:
                    raise ExportRefused("too_many_rows", limit=EXCEL_ROWS)
                part.write("".join(_rows(fields, chunk, areas).to_pylist()).encode())
            part.write(b"</sheetData></worksheet>")


def _opening(headers: list[str]) -> str:
    cells = "".join(f'<c s="2" t="inlineStr"><is><t>{escape(header)}</t></is></c>' for header in headers)
    pane = '<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" state="frozen"/></sheetView></sheetViews>'
    widths = f'<cols><col min="1" max="{len(headers)}" width="16" customWidth="1"/></cols>'
    return f'{_HEAD}<worksheet xmlns="{_MAIN}">{pane}{widths}<sheetData><row>{cells}</row>\n'


def _rows(fields: list[Field], chunk: Chunk, areas: bool) -> pa.Array:
    cells = [_cells(chunk.columns[each.name], each.kind) for each in fields]
    cells += [_text(_outlines(fields, chunk))] if areas else [_cells(pa.array(each, pa.float64()), "number") for each in (chunk.x, chunk.y)]
    return pc.binary_join_element_wise("<row>", *cells, "</row>\n", "")


def _cells(column: pa.Array, kind: str) -> pa.Array:
    if kind == "date":
        days = pc.add(column.cast(pa.int32()), _EPOCH).cast(pa.string())
        return _joined('<c s="1"><v>', days, "</v></c>")
    if kind in ("integer", "number"):
        if kind == "number":
            column = pc.if_else(pc.is_finite(column), column, None)
        return _joined("<c><v>", column.cast(pa.string()), "</v></c>")
    return _text(protect(column))


def _text(column: pa.Array) -> pa.Array:
    text = pc.if_else(pc.equal(column, ""), None, column)
    text = pc.replace_substring_regex(text, _ESCAPED, r"_x005F_\1")
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "_x000D_")):
        text = pc.replace_substring(text, sign, entity)
    text = pc.replace_substring_regex(text, _FORBIDDEN, " ")
    return _joined('<c t="inlineStr"><is><t xml:space="preserve">', text, "</t></is></c>")


def _joined(before: str, text: pa.Array, after: str) -> pa.Array:
    """An empty cell where there is nothing: cells carry no address, each stands after the one before it."""
    return pc.coalesce(pc.binary_join_element_wise(before, text, after, ""), pa.scalar("<c/>"))


def _outlines(fields: list[Field], chunk: Chunk) -> pa.Array:
    texts = pa.array(shapely.to_wkt(chunk.geometries, rounding_precision=-1), pa.string())
    long = pc.index(pc.greater(pc.utf8_length(texts), EXCEL_CHARACTERS), True).as_py()
    if long >= 0:
        raise ExportRefused("outline_too_long", name=chunk.columns[fields[0].name][long].as_py(), limit=EXCEL_CHARACTERS)
    return texts
