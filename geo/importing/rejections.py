"""The stored report of a dry run: every rejected and mended row as CSV with an index, so that any page of it opens at once; and as XLSX."""
import csv
import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter
from django.core.paginator import Paginator
from django.utils.translation import gettext as _

from geo.importing.report import Report, safe_cell

PAGE_ROWS = 100
# A sheet holds 1,048,576 rows and grows slow long before; the CSV holds everything.
XLSX_ROWS = 100_000
_CSV, _INDEX, _XLSX = "rejected.csv", "rejected.index.json", "rejected.xlsx"


@dataclass(frozen=True)
class Row:
    what: str
    line: int
    label: str
    reason: str
    value: str


def store(report: Report, folder: Path) -> int:
    """Write the three files; gives the number of rows. The reports of one folder replace each other."""
    path = folder / _CSV
    report.save(path)
    starts, count = [], 0
    with path.open("rb") as file:
        file.readline()
        start = file.tell()
        for line in file:
            if count % PAGE_ROWS == 0:
                starts.append(start)
            start += len(line)
            count += 1
    (folder / _INDEX).write_text(json.dumps({"count": count, "starts": starts}), encoding="ascii")
    _write_xlsx(path, folder / _XLSX, count)
    return count


def _write_xlsx(source: Path, target: Path, count: int) -> None:
    """Row by row in constant memory. Every cell is text except the line; text that looks like a formula is text all the same."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(target, options) as book, source.open(encoding="utf-8-sig", newline="") as file:
        sheet, bold = book.add_worksheet(_("退回的行")), book.add_format({"bold": True})
        rows = csv.reader(file)
        for column, (title, width) in enumerate(zip(next(rows), (8, 8, 18, 60, 40), strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, title, bold)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(1, min(count, XLSX_ROWS)), 4)
        for number, (what, line, *texts) in enumerate(itertools.islice(rows, XLSX_ROWS), start=1):
            sheet.write_string(number, 0, what)
            sheet.write_number(number, 1, int(line))
            for column, text in enumerate(texts, start=2):
                sheet.write_string(number, column, text)
        if count > XLSX_ROWS:
            sheet.write_string(XLSX_ROWS + 1, 3, _("其余%s行见CSV。") % (count - XLSX_ROWS))


class _Pages(list):
    """What the paginator slices: only the rows of the page asked for are read from the file."""

    def __init__(self, folder: Path):
        self.path, found = folder / _CSV, json.loads((folder / _INDEX).read_text(encoding="ascii"))
        self.total, self.starts = found["count"], found["starts"]

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, wanted: slice) -> list[Row]:
        if not self.starts:
            return []
        with self.path.open("rb") as file:
            file.seek(self.starts[wanted.start // PAGE_ROWS])
            lines = [line.decode("utf-8") for line in itertools.islice(file, wanted.stop - wanted.start)]
        return [Row(what, int(line), *(_unguarded(text) for text in texts)) for what, line, *texts in csv.reader(lines)]


def _unguarded(text: str) -> str:
    """Without the mark that keeps a spreadsheet from calculating: a page calculates nothing."""
    return text[1:] if text.startswith("'") and safe_cell(text[1:]) == text else text


def page_of(folder: Path, number: str | None):
    """A page of Django's paginator over the stored rows; None where no report is stored."""
    return Paginator(_Pages(folder), PAGE_ROWS).get_page(number) if (folder / _INDEX).exists() else None


def file_of(folder: Path, ending: str) -> Path | None:
    path = {"csv": folder / _CSV, "xlsx": folder / _XLSX}.get(ending)
    return path if path and path.exists() else None
