"""Tables as XLSX. Text stays text: no cell can become a formula or a link, also after it was saved as CSV."""

from collections.abc import Iterable, Sequence
from typing import BinaryIO

import xlsxwriter

from geo.importing.report import safe_cell

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDEST = 48


def write_workbook(target: BinaryIO, sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[object]], Sequence[str]]]) -> None:
    """Sheets as (name, headers, rows, notes below the table). Numbers and None stay what they are, everything else is text."""
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    bold, day = book.add_format({"bold": True, "bottom": 1}), book.add_format({"num_format": "yyyy-mm-dd"})
    for name, headers, rows, notes in sheets:
        sheet = book.add_worksheet(name)
        widths = [_width(header) for header in headers]
        sheet.freeze_panes(1, 0)
        for column, header in enumerate(headers):
            sheet.write_string(0, column, header, bold)
        line = 0
        for line, row in enumerate(rows, 1):
            for column, value in enumerate(row):
                widths[column] = max(widths[column], _width(value))
                _write(sheet, line, column, value, day)
        for number, note in enumerate(notes, line + 2):
            sheet.write_string(number, 0, note)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, min(width, _WIDEST) + 2)
    book.close()


def _write(sheet, line: int, column: int, value: object, day) -> None:
    match value:
        case None | "":
            pass
        case bool():
            sheet.write_boolean(line, column, value)
        case int() | float():
            sheet.write_number(line, column, value)
        case _ if hasattr(value, "isoformat") and not hasattr(value, "hour"):
            sheet.write_datetime(line, column, value, day)
        case _:
            sheet.write_string(line, column, safe_cell(str(value)))


def _width(value: object) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in str(value if value is not None else ""))
