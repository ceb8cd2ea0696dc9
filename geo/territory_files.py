"""Tables of divisions and files of outlines that an operator brings, read by the same confined readers as every other file."""
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from django.utils.translation import gettext as _

from geo.coords import Datum
from geo.faults import Repair, repair_sentence, sentence
from geo.geometry import judge
from geo.readers import FAULT, GEOMETRY, LINE, Source
from geo.territory import LEVELS, TerritoryRefused

HEADERS = {
    "code": ("code", "adcode", "gb", "pac", "行政区划代码", "区划代码", "统计用区划代码", "代码"),
    "name": ("name", "行政区划名称", "区划名称", "单位名称", "名称"),
    "level": ("level", "层级", "级别"),
    "pinyin": ("pinyin", "拼音"),
    "lon": ("lon", "lng", "longitude", "经度"),
    "lat": ("lat", "latitude", "纬度"),
    "seat_source": ("seat_source", "驻地来源"),
    "source": ("source", "来源"),
}
# A boundary survey is long: a county's legal outline has tens of thousands of vertices.
MAX_VERTICES = 500_000


@dataclass
class OutlineFile:
    """Outlines in WGS-84 by division code, and what a person should know about how they were read."""

    outlines: dict[str, shapely.Geometry] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def national_code(text: object) -> str:
    """A code without the zeros that fill it up to twelve or six places: 640521000000 and 640521 are one county."""
    code = re.sub(r"\.0$", "", str(text if text is not None else "").strip())
    if not code.isdigit():
        return code
    lengths = sorted(LEVELS)
    for shorter, length in zip(reversed(lengths[:-1]), reversed(lengths[1:]), strict=True):
        if len(code) == length and code[shorter:] == "0" * (length - shorter):
            code = code[:shorter]
    return code


def _columns(names: list[str]) -> dict[str, str]:
    """Our name -> the file's, the first header that fits in the order in which we know them."""
    given = {name.strip().lower(): name for name in names}
    return {
        ours: next(given[header] for header in headers if header in given) for ours, headers in HEADERS.items() if given.keys() & {*headers}
    }


def read_division_table(path: Path, *, encoding: str | None = None) -> list[dict[str, str]]:
    """Rows for `plan_divisions`. Raises ReadError, or TerritoryRefused when code or name has no column."""
    with Source(path, encoding=encoding) as source:
        columns = _columns(source.meta.columns)
        _insist(columns, ("code", "name"), source.meta.columns)
        rows = []
        for batch in source:
            for row in batch.select([LINE, *columns.values()]).to_pylist():
                cells = {ours: "" if row[theirs] is None else str(row[theirs]) for ours, theirs in columns.items()}
                rows.append({**cells, "code": national_code(cells["code"]), "line": row[LINE]})
    return rows


def _insist(columns: dict[str, str], wanted: tuple[str, ...], given: list[str]) -> None:
    missing = [HEADERS[name][0] for name in wanted if name not in columns]
    if missing:
        raise TerritoryRefused(
            [_("文件里没有这一列：%(missing)s；有：%(given)s") % {"missing": "、".join(missing), "given": "、".join(given)}]
        )


def read_outlines(path: Path, *, datum: Datum, part: str | None = None, encoding: str | None = None) -> OutlineFile:
    """Outlines by the code column. Several features of one code are its parts. Raises ReadError and TerritoryRefused."""
    found, problems = OutlineFile(), []
    parts: dict[str, list[shapely.Geometry]] = {}
    with Source(path, layer=part, encoding=encoding) as source:
        columns = _columns(source.meta.columns)
        _insist(columns, ("code",), source.meta.columns)
        for batch in source:
            codes = [national_code(code) for code in batch.column(columns["code"]).to_pylist()]
            lines = batch.column(LINE).to_pylist()
            fault = batch.column(FAULT).to_numpy(zero_copy_only=False)
            judged = judge(batch.column(GEOMETRY), shape="area", datum=datum, fault=fault, max_vertices=MAX_VERTICES)
            for row, (code, line) in enumerate(zip(codes, lines, strict=True)):
                if judged.fault[row]:
                    details = {"wanted": _("面"), "count": judged.vertex_counts.get(row, 0), "limit": MAX_VERTICES}
                    problems.append(
                        _("%(line)s %(code)s：%(why)s") % {"line": line, "code": code, "why": sentence(judged.fault[row], **details)}
                    )
                else:
                    parts.setdefault(code, []).append(judged.geometries[row])
            found.notes += _repairs(judged, codes)
    if problems:
        raise TerritoryRefused(problems)
    found.outlines = {code: shapely.union_all(shapes) if len(shapes) > 1 else shapes[0] for code, shapes in parts.items()}
    return found


def _repairs(judged, codes: list[str]) -> list[str]:
    areas = {mending.row: mending for mending in judged.mendings}
    notes = []
    for row in np.flatnonzero(judged.repair):
        note = f"{codes[row]}：{repair_sentence(Repair(int(judged.repair[row])))}"
        if row in areas:
            numbers = {"before": areas[row].before_m2 / 1e6, "after": areas[row].after_m2 / 1e6}
            note += _("（面积 %(before).3f → %(after).3f 平方公里）") % numbers
        notes.append(note)
    return notes
