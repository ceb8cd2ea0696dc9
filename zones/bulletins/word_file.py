"""The DOCX of a bulletin, laid out after GB/T 9704: A4 with its margins, 小标宋, 仿宋 三号, 28 pt lines, page numbers outside."""
import io
from collections.abc import Mapping

from docx import Document as new_document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from zones.bulletins import word_fonts
from zones.bulletins.content import Document, Table

# The fonts that such papers are set in. For a program without one of them the document carries what stands in for it.
TITLE, BODY, HEADING, NUMBERS = "方正小标宋简体", "仿宋_GB2312", "黑体", "宋体"
STAND_INS = {TITLE: word_fonts.SERIF_BOLD, BODY: word_fonts.SERIF, HEADING: word_fonts.SANS, NUMBERS: word_fonts.SERIF}
LATIN = "Times New Roman"
RED = RGBColor(0xC0, 0x00, 0x00)
LEFT, CENTRE, RIGHT = WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
TEXT_WIDTH_MM = 156
# Widths of the units' table: a name and ten numbers.
WIDE_FIRST_MM = 32


def make(told: Document, pictures: Mapping[str, bytes]) -> bytes:
    paper = new_document()
    _page(paper)
    _head(paper, told)
    for block in told.blocks:
        if block.heading:
            _line(paper, block.heading, font=HEADING, indent=True, keep=True)
        for text in block.paragraphs:
            _line(paper, text, indent=True)
    _signature(paper, told)
    _annex(paper, told, pictures)
    word_fonts.embed(paper, STAND_INS)
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def _page(paper) -> None:
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    section.footer_distance = Mm(28)
    paper.settings.odd_and_even_pages_header_footer = True
    _page_number(section.footer.paragraphs[0], RIGHT)
    _page_number(section.even_page_footer.paragraphs[0], LEFT)
    style = paper.styles["Normal"]
    _font(style, BODY, 16)
    style.paragraph_format.space_after = Pt(0)


def _font(holder, name: str, size: float) -> None:
    holder.font.name, holder.font.size = LATIN, Pt(size)
    fonts = holder.element.get_or_add_rPr().get_or_add_rFonts()
    for which in ("w:eastAsia", "w:hAnsi", "w:ascii"):
        fonts.set(qn(which), name if which == "w:eastAsia" else LATIN)


def _page_number(paragraph, side) -> None:
    """— 1 —, one character from the outer edge."""
    paragraph.alignment = side
    if side == RIGHT:
        paragraph.paragraph_format.right_indent = Pt(14)
    else:
        paragraph.paragraph_format.left_indent = Pt(14)
    for text, is_field in (("— ", False), ("PAGE", True), (" —", False)):
        run = paragraph.add_run("" if is_field else text)
        _font(run, NUMBERS, 14)
        if is_field:
            _field(run, text)


def _field(run, name: str) -> None:
    for kind, text in (("begin", ""), ("", name), ("end", "")):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        run._r.append(part)


def _line(
    paper, text: str, *, font: str = BODY, size: float = 16, at=LEFT, indent: bool = False, red: bool = False, keep: bool = False,
    before: float = 0, after: float = 0, spacing: float = 28,
):  # fmt: skip
    paragraph = paper.add_paragraph()
    shape = paragraph.paragraph_format
    paragraph.alignment = at
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(spacing)
    shape.space_before, shape.space_after, shape.keep_with_next = Pt(before), Pt(after), keep
    if indent:
        shape.first_line_indent = Pt(2 * size)
    run = paragraph.add_run(text)
    _font(run, font, size)
    if red:
        run.font.color.rgb = RED
    return paragraph


def _head(paper, told: Document) -> None:
    bulletin = told.bulletin
    for text in (["演示数据（虚构）"] if bulletin.is_invented else []) + ([told.state] if told.state else []):
        _line(paper, text, font=HEADING, size=14, at=RIGHT, spacing=22)
    _line(paper, told.red_head, font=TITLE, size=_fitting(told.red_head, 36), at=CENTRE, red=True, spacing=52, after=12)
    _border(_line(paper, told.number, at=CENTRE, after=4), "bottom", "C00000", 18)
    _line(paper, bulletin.title, font=TITLE, size=_fitting(bulletin.title, 22), at=CENTRE, before=28, after=18, spacing=34)
    _line(paper, f"{bulletin.addressees}：")


def _fitting(text: str, largest: float) -> float:
    """The largest size up to this that keeps the text on one line, within reason."""
    return max(18, min(largest, TEXT_WIDTH_MM / 25.4 * 72 / max(len(text), 1)))


def _border(paragraph, side: str, colour: str, eighths: int) -> None:
    borders = OxmlElement("w:pBdr")
    line = OxmlElement(f"w:{side}")
    for name, value in (("val", "single"), ("sz", str(eighths)), ("space", "4"), ("color", colour)):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _picture(paper, content: bytes, caption: str) -> None:
    paragraph = paper.add_paragraph()
    paragraph.alignment = CENTRE
    paragraph.paragraph_format.keep_with_next = True
    paragraph.paragraph_format.space_before = Pt(6)
    paragraph.add_run().add_picture(io.BytesIO(content), width=Mm(TEXT_WIDTH_MM - 2))
    paragraph.runs[0]._r.xpath(".//wp:docPr")[0].set("descr", caption)
    _line(paper, caption, font=HEADING, size=12, at=CENTRE, spacing=20, after=6)


def _table(paper, told: Table) -> None:
    _line(paper, told.caption, font=HEADING, size=12, at=CENTRE, spacing=20, before=10, after=2, keep=True)
    table = paper.add_table(rows=1, cols=len(told.head))
    table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
    size = 9 if len(told.head) > 6 else 11
    widths = _widths(told)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    for index, text in enumerate(told.head):
        _cell(table.rows[0].cells[index], text, HEADING, size, CENTRE, widths[index])
    _mark(table.rows[0], "w:tblHeader")
    for line in told.rows:
        row = table.add_row()
        _mark(row, "w:cantSplit")
        for index, text in enumerate(line):
            _cell(row.cells[index], text, BODY, size, LEFT if index == 0 else CENTRE, widths[index])


def _widths(told: Table) -> list[float]:
    """In millimetres."""
    if told.widths:
        return [TEXT_WIDTH_MM * share / sum(told.widths) for share in told.widths]
    first = WIDE_FIRST_MM if len(told.head) > 6 else 54
    return [first] + [(TEXT_WIDTH_MM - first) / (len(told.head) - 1)] * (len(told.head) - 1)


def _mark(row, name: str) -> None:
    mark = OxmlElement(name)
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)


def _cell(cell, text: str, font: str, size: float, at, width_mm: float) -> None:
    cell.width = Mm(width_mm)
    paragraph = cell.paragraphs[0]
    paragraph.alignment = at
    paragraph.paragraph_format.space_before = paragraph.paragraph_format.space_after = Pt(1.5)
    _font(paragraph.add_run(text), font, size)


def _signature(paper, told: Document) -> None:
    _line(paper, f"附件：{told.annex}", indent=True, before=28, keep=True)
    name = _line(paper, told.bulletin.issuer, at=RIGHT, before=56, keep=True)
    day = _line(paper, told.day_text, at=RIGHT)
    day.paragraph_format.right_indent = name.paragraph_format.right_indent = Pt(64)


def _annex(paper, told: Document, pictures: Mapping[str, bytes]) -> None:
    _line(paper, "附件", font=HEADING, keep=True).paragraph_format.page_break_before = True
    for table in told.tables:
        _table(paper, table)
    for name, caption in told.captions.items():
        if name in pictures:
            _picture(paper, pictures[name], caption)
    for text in told.notes:
        _line(paper, text, size=10.5, spacing=17, before=10 if text is told.notes[0] else 0, indent=text is not told.notes[0])
    end = _line(paper, f"{told.bulletin.issuer}　　{told.day_text}印发", size=14, before=24, at=CENTRE)
    _border(end, "top", "000000", 6)
