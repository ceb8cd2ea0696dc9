"""Chinese letters inside a DOCX, for computers that have none of the fonts which it names: subsets of Noto under those names.

The official fonts are not free to pass on. A program that has them uses them; another finds in the file the letters that the
document holds (ECMA-376 part 1, 17.8: embedded TrueType, its first 32 bytes mixed with its key). Who types further letters there
gets them in a font of that computer.
"""
import io
from collections.abc import Iterator, Mapping
from functools import lru_cache
from uuid import NAMESPACE_OID, UUID, uuid5

from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont
from lxml import etree

from zones.bulletins.pictures import system_font

# A face of Noto: the file of the collection, the family in it, the name that it has in the document.
SERIF = ("NotoSerifCJK-Regular.ttc", "Noto Serif CJK SC", "Noto Serif CJK SC")
SERIF_BOLD = ("NotoSerifCJK-Bold.ttc", "Noto Serif CJK SC", "Noto Serif CJK SC Bold")
SANS = ("NotoSansCJK-Regular.ttc", "Noto Sans CJK SC", "Noto Sans CJK SC")
SIMPLIFIED_CHINESE = "86"
# Of the outline, in units of which an em has 1,000.
CURVE_ERROR = 1.0
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.obfuscatedFont"
_MIXED_BYTES = 32
# What may stand before these two among a document's settings (CT_Settings).
_BEFORE = ("writeProtection", "view", "zoom", "removePersonalInformation", "removeDateAndTime", "doNotDisplayPageBoundaries")
_BEFORE += ("displayBackgroundShape", "printPostScriptOverText", "printFractionalCharacterWidth", "printFormsData")


def embed(paper, stand_ins: Mapping[str, tuple[str, str, str]]) -> None:
    """Put the letters that each font of `stand_ins` is asked for into the document, from the face that stands in for it."""
    used = letters(paper)
    faces: dict[tuple, set[str]] = {}
    for name, face in stand_ins.items():
        faces.setdefault(face, set()).update(used.get(name, ()))
    table = paper.part.part_related_by(RELATIONSHIP_TYPE.FONT_TABLE)
    parts = {face: _part(table, number, subset(face, frozenset(faces[face]))) for number, face in enumerate(sorted(faces), 1)}
    root = parse_xml(table.blob)
    for name, face in stand_ins.items():
        root.append(_entry(name, face, *parts[face]))
    table._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    _say_so(paper.settings.element)


def letters(paper) -> dict[str, set[str]]:
    """Every letter beyond ASCII by the name of the Chinese font that it is set in, page feet included."""
    found: dict[str, set[str]] = {}
    usual = _east_asian(paper.styles["Normal"].element)
    for part in _texts(paper):
        for run in part.iter(qn("w:r")):
            text = "".join(each.text or "" for each in run.iter(qn("w:t")))
            found.setdefault(_east_asian(run) or usual, set()).update(letter for letter in text if not letter.isascii())
    return found


def _texts(paper) -> Iterator:
    yield paper.element
    for section in paper.sections:
        yield section.footer._element
        yield section.even_page_footer._element


def _east_asian(holder) -> str | None:
    fonts = holder.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
    return None if fonts is None else fonts.get(qn("w:eastAsia"))


def subset(face: tuple[str, str, str], wanted: frozenset[str]) -> bytes:
    """A TrueType font of these letters; one that the face does not have is left out. Programs embed no other kind of outline."""
    font, glyphs, names = _face(*face[:2])
    by_code = {ord(letter): names[ord(letter)] for letter in sorted(wanted) if ord(letter) in names}
    order = [".notdef", *dict.fromkeys(by_code.values())]
    drawn = {}
    for name in order:
        pen = TTGlyphPen(None)
        glyphs[name].draw(Cu2QuPen(pen, CURVE_ERROR, reverse_direction=True))
        drawn[name] = pen.glyph()
    made = FontBuilder(font["head"].unitsPerEm, isTTF=True)
    made.setupGlyphOrder(order)
    made.setupCharacterMap(by_code)
    made.setupGlyf(drawn)
    made.setupHorizontalMetrics({name: (glyphs[name].width, getattr(drawn[name], "xMin", 0)) for name in order})
    made.setupHorizontalHeader(ascent=font["hhea"].ascent, descent=font["hhea"].descent)
    kept = ("sTypoAscender", "sTypoDescender", "sTypoLineGap", "usWinAscent", "usWinDescent", "usWeightClass", "panose")
    kept += ("ulUnicodeRange1", "ulUnicodeRange2", "ulCodePageRange1")
    made.setupOS2(**{name: getattr(font["OS/2"], name) for name in kept}, fsType=0)
    licence = {"licenseDescription": font["name"].getDebugName(13), "licenseInfoURL": font["name"].getDebugName(14)}
    made.setupNameTable({"familyName": face[2], "styleName": "Regular", **licence})
    made.setupPost(keepGlyphNames=False)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@lru_cache(maxsize=4)
def _face(file: str, family: str) -> tuple[TTFont, Mapping, Mapping[int, str]]:
    collection = TTCollection(system_font(file), lazy=True)
    font = next(each for each in collection.fonts if each["name"].getBestFamilyName() == family)
    return font, font.getGlyphSet(), font.getBestCmap()


def _part(table: Part, number: int, content: bytes) -> tuple[str, str]:
    """The font as a part of the document: what the table of fonts calls it, and its key."""
    key = uuid5(NAMESPACE_OID, content.hex())
    part = Part(PackURI(f"/word/fonts/font{number}.odttf"), _CONTENT_TYPE, mixed(content, key), table.package)
    return table.relate_to(part, RELATIONSHIP_TYPE.FONT), f"{{{key}}}".upper()


def mixed(content: bytes, key: UUID) -> bytes:
    """The font's first bytes XORed with its key from the last byte on; the same again gives the font back."""
    mask = key.bytes[::-1] * (_MIXED_BYTES // 16)
    return bytes(a ^ b for a, b in zip(content, mask, strict=False)) + content[_MIXED_BYTES:]


def _entry(name: str, face: tuple[str, str, str], number: str, key: str) -> etree._Element:
    entry = OxmlElement("w:font")
    entry.set(qn("w:name"), name)
    for tag, value in (("altName", face[2]), ("charset", SIMPLIFIED_CHINESE), ("family", "auto"), ("pitch", "variable")):
        told = OxmlElement(f"w:{tag}")
        told.set(qn("w:val"), value)
        entry.append(told)
    embedding = OxmlElement("w:embedRegular")
    embedding.set(qn("r:id"), number)
    embedding.set(qn("w:fontKey"), key)
    entry.append(embedding)
    return entry


def _say_so(settings) -> None:
    before = {qn(f"w:{name}") for name in _BEFORE}
    at = next((place for place, each in enumerate(settings) if each.tag not in before), len(settings))
    for name in ("w:saveSubsetFonts", "w:embedTrueTypeFonts"):
        settings.insert(at, OxmlElement(name))
