"""R14: the papers of a bulletin: a DOCX that can be edited, a PDF with its fonts inside, both with the figures, tables and pictures."""
import errno
import io
import os
import re
import zlib
from pathlib import Path

import pytest
from docx import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Mm
from fontTools.pens.areaPen import AreaPen
from fontTools.ttLib import TTFont
from PIL import Image

from geo import jobs
from geo.models import Job
from tests import cast
from tests.zones.test_bulletins import drafted, published, rows, who  # noqa: F401
from zones.bulletins import files
from zones.bulletins.jobs import make, make_files
from zones.models import RectificationZone


@pytest.fixture
def paper(who):  # noqa: F811
    geom = cast.square(105.62, 37.48, 0.01)
    RectificationZone.objects.create(name="老街", source_key="z", kind="fringe", division_id=cast.WEST_SOUTH, geom=geom, status="listed")
    return published(who)


@pytest.fixture
def made(paper, tmp_path):
    return make(paper, tmp_path)


def test_the_docx_opens_and_holds_the_words_the_figures_and_the_pictures(paper, made):
    told = Document(io.BytesIO(made["docx"]))
    text = "\n".join(each.text for each in told.paragraphs)
    texts = [each["text"] for each in paper.texts]
    for wanted in (paper.number, paper.title, "一、定期排查", "四、小区等级", "各乡镇、各派出所、各有关单位：", *texts):
        assert wanted in text, wanted
    due = paper.figures["values"]["now"]["inspections_due"]
    assert due and f"本期应完成治安排查{due}次" in text
    cells = [[cell.text for cell in row.cells] for table in told.tables for row in table.rows]
    assert ["治安排查应完成", str(due), "无数据", "无数据"] in cells and any(row[0] == "西镇" for row in cells)
    assert len(told.inline_shapes) == 2 and all(shape.width <= Mm(156) for shape in told.inline_shapes)
    assert not [each for each in told.paragraphs if not each.text.strip() and not each._p.xpath(".//w:drawing")]


def test_the_page_is_a4_with_the_margins_of_official_papers(made):
    section = Document(io.BytesIO(made["docx"])).sections[0]
    sizes = (section.page_width, section.page_height, section.top_margin, section.bottom_margin, section.left_margin, section.right_margin)
    assert [round(each.mm) for each in sizes] == [210, 297, 37, 35, 28, 26]
    assert "PAGE" in section.footer._element.xml and "PAGE" in section.even_page_footer._element.xml


def carried(content: bytes) -> dict[str, TTFont]:
    """The fonts inside a DOCX by the name that its text uses, unmixed as ECMA-376 part 1, 17.8.1 says."""
    paper = Document(io.BytesIO(content))
    table = paper.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    found = {}
    for entry in parse_xml(table.blob):
        if (embedding := entry.find(qn("w:embedRegular"))) is not None:
            blob = table.related_parts[embedding.get(qn("r:id"))].blob
            key = bytes.fromhex(re.sub(r"[{}-]", "", embedding.get(qn("w:fontKey"))))
            plain = bytes(byte ^ key[15 - place % 16] for place, byte in enumerate(blob[:32])) + blob[32:]
            found[entry.get(qn("w:name"))] = TTFont(io.BytesIO(plain))
    return found


def test_the_docx_carries_every_chinese_letter_for_computers_without_its_fonts(made):
    fonts = carried(made["docx"])
    assert set(fonts) == {"方正小标宋简体", "仿宋_GB2312", "黑体", "宋体"}
    assert all("glyf" in font and font["OS/2"].fsType == 0 for font in fonts.values())
    document = Document(io.BytesIO(made["docx"]))
    shown = 0
    for run in document.element.iter(qn("w:r")):
        text = {letter for each in run.iter(qn("w:t")) for letter in each.text if not letter.isascii()}
        (named,) = run.iter(qn("w:rFonts")) if text else (None,)
        if text:
            known = fonts[named.get(qn("w:eastAsia"))].getBestCmap()
            assert not {letter for letter in text if ord(letter) not in known}
            shown += len(text)
    assert shown > 300
    assert "龘" not in {chr(code) for code in fonts["仿宋_GB2312"].getBestCmap()}  # a part of the font, not all of it
    glyphs = fonts["方正小标宋简体"].getGlyphSet()
    area = AreaPen(glyphs)
    glyphs[fonts["方正小标宋简体"].getBestCmap()[ord("中")]].draw(area)
    assert 100_000 < abs(area.value) < 600_000  # drawn, and not filled wholly
    settings = [each.tag for each in document.settings.element]
    assert settings.index(qn("w:zoom")) + 1 == settings.index(qn("w:embedTrueTypeFonts")) == settings.index(qn("w:saveSubsetFonts")) - 1


def objects_of(pdf: bytes) -> str:
    """Everything of a PDF that is text, its compressed streams opened."""
    parts = [pdf.decode("latin-1")]
    for found in re.finditer(rb"stream\r?\n(.*?)endstream", pdf, re.S):
        try:
            parts.append(zlib.decompress(found[1]).decode("latin-1"))
        except zlib.error:
            continue
    return "\n".join(parts)


def test_the_pdf_has_a_few_a4_pages_and_every_font_inside(made):
    pdf = made["pdf"]
    told = objects_of(pdf)
    pages = len(re.findall(r"/Type\s*/Page\b", told))
    assert pdf.startswith(b"%PDF") and 3 <= pages <= 6
    assert re.search(r"/MediaBox\s*\[\s*0 0 595(\.\d+)? 841(\.\d+)?", told)
    descriptors = re.findall(r"/Type\s*/FontDescriptor.*?>>", told, re.S)
    names = set(re.findall(r"/FontName\s*/(?:[A-Z]{6}\+)?([\w-]+)", told))
    assert descriptors and all("/FontFile" in each for each in descriptors)
    assert any("Serif-CJK" in name for name in names) and any("Sans-CJK" in name for name in names), names


def test_the_pictures_are_drawn_with_chinese_letters_and_wide_enough_for_paper(made):
    for name in ("units.png", "map.png"):
        picture = Image.open(io.BytesIO(made[name]))
        assert picture.width >= 1200 and len(picture.convert("RGB").getcolors(2**24)) > 20
    assert "months.png" not in made  # no problem was ever registered: no chart of zeros


def test_a_draft_says_so_on_its_paper(who, tmp_path):  # noqa: F811
    told = Document(io.BytesIO(make(drafted(who["county"]), tmp_path)["docx"]))
    text = "\n".join(each.text for each in told.paragraphs)
    assert "草稿，未印发" in text and "（未编号）" in text


def test_the_job_makes_the_files_once_and_a_change_makes_them_stale(who, client):  # noqa: F811
    bulletin = drafted(who["county"])
    client.force_login(who["county"])
    job = files.ask(bulletin, by=who["county"])
    assert files.ask(bulletin, by=who["county"]) is None
    jobs_before = Job.objects.count()
    make_files(job=job.pk, **job.arguments)
    job.refresh_from_db()
    assert job.state == "done", job.message
    assert set(files.PAPERS) <= set(files.ready(bulletin)) and files.ask(bulletin, by=who["county"]) is None
    answer = client.get(f"/bulletins/{bulletin.pk}/files/docx/")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == files.DOCX and b"".join(answer.streaming_content)[:2] == b"PK"
    assert client.get(f"/bulletins/{bulletin.pk}/files/..%2fsecret/").status_code == 404
    client.post(f"/bulletins/{bulletin.pk}/texts/", {"title": "新的标题"})
    assert files.ready(rows().get()) == [] and client.get(f"/bulletins/{bulletin.pk}/files/pdf/").status_code == 404
    assert Job.objects.count() == jobs_before and jobs.start is not None


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "服务器存储已满，没有写入任何数据"), (errno.ENOTDIR, "请把任务号")])
def test_a_full_disk_is_told_in_words_and_leaves_nothing(who, monkeypatch, number, words):  # noqa: F811
    job = files.ask(drafted(who["county"]), by=who["county"])

    def refuse(*_said, **_named):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("zones.kept_papers.mkdtemp", refuse)
    make_files(job=job.pk, **job.arguments)
    job.refresh_from_db()
    assert job.state == "failed" and words in job.message and os.strerror(number) not in job.message


def test_only_workers_load_what_draws_and_writes():
    """Seconds and a hundred megabytes that no process of the web shall pay."""
    heavy = re.compile(r"^(from|import) (matplotlib|docx|fontTools)\b|^from zones\.bulletins import .*\b(pictures|word_file|jobs)\b", re.M)
    root = Path(__file__).resolve().parents[2]
    found = {path.name for app in ("geo", "patrol", "zones") for path in (root / app).rglob("*.py") if heavy.search(path.read_text())}
    assert found == {"pictures.py", "word_file.py", "word_fonts.py", "jobs.py", "decision_papers.py"}
