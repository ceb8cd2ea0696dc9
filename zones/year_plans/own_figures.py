"""Own figures as XLSX: the template to fill in, and reading it back. Nothing is taken over unless every line is right."""
import io
import math
import tempfile
from collections.abc import Mapping, Sequence

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from geo.readers import LINE, ReadError, Source, describe
from geo.workbooks import write_workbook
from zones.year_plans.refusals import PlanRefused

BYTES_AT_MOST = 5_000_000
TOLD_AT_MOST = 8
# The headers of a file in either language.
NUMBER, VALUE = ("区域编号", "zone number"), ("数值", "value")


def template(zones: Sequence[Mapping], known: Mapping[int, float], *, unit: str) -> bytes:
    """Every candidate with its figure, if it has one."""
    out = io.BytesIO()
    heads = (_("区域编号"), _("区域"), _("乡镇"), _("数值"))
    rows = [(each["pk"], each["name"], each["town_name"], known.get(each["pk"])) for each in zones]
    notes = [_("在“数值”列填数字；没有数据就留空，空白不按零计算。"), _("单位：%(unit)s") % {"unit": unit or "—"}]
    write_workbook(out, [(_("自有指标"), heads, rows, notes)])
    return out.getvalue()


def read(upload: UploadedFile, zones: Mapping[int, str]) -> dict[int, float]:
    """Figures by zone; empty cells are left out. Raises PlanRefused that names the line and the field of what is wrong."""
    if upload.size > BYTES_AT_MOST:
        raise PlanRefused(_("文件太大，最大5 MB。"), {"file": _("文件太大，最大5 MB。")})
    rows, faults, found = _rows(upload), [], {}
    for line, number, value in rows:
        try:
            zone = _zone(number, zones)
            if zone in found:
                raise PlanRefused(_("区域编号：%(text)s重复") % {"text": zone})
            found[zone] = None
            found[zone] = _value(value)
        except PlanRefused as refused:
            faults.append(_("第%(line)d行 %(why)s") % {"line": line, "why": refused})
    if faults:
        more = _("；还有%(count)d处") % {"count": len(faults) - TOLD_AT_MOST} if len(faults) > TOLD_AT_MOST else ""
        raise _refused(_("文件有错，什么也没有导入：%(faults)s%(more)s。") % {"faults": _("；").join(faults[:TOLD_AT_MOST]), "more": more})
    figures = {zone: value for zone, value in found.items() if value is not None}
    if not figures:
        raise _refused(_("文件里没有任何数值。"))
    return figures


def _refused(text: str) -> PlanRefused:
    return PlanRefused(text, {"file": text})


def _rows(upload: UploadedFile) -> list[tuple[int, object, object]]:
    """(line, zone number, value) of each filled line, up to the template's notes."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as kept:
        for chunk in upload.chunks():
            kept.write(chunk)
        kept.flush()
        try:
            with Source(kept.name) as source:
                if source.kind != "xlsx":
                    raise _refused(_("请上传XLSX文件。"))
                names = {name.strip().lower(): name for name in source.meta.columns}
                columns = [_column(names, each) for each in (NUMBER, VALUE)]
                rows = [row for batch in source for row in zip(*(batch.column(name).to_pylist() for name in (LINE, *columns)), strict=True)]
        except ReadError as error:
            raise _refused(describe(error)) from error
    notes = (_("在“数值”列"), _("单位："), "在“数值”列", "单位：")
    return [row for row in rows if row[1] not in (None, "") and not str(row[1]).startswith(notes)]


def _column(names: Mapping[str, str], wanted: tuple[str, ...]) -> str:
    found = next((names[each] for each in wanted if each in names), None)
    if found is None:
        raise _refused(_("表头缺少“%(name)s”列。") % {"name": _("区域编号") if wanted is NUMBER else _("数值")})
    return found


def _zone(cell: object, zones: Mapping[int, str]) -> int:
    text = str(cell).strip()
    if not text.isdecimal() or int(text) not in zones:
        raise PlanRefused(_("区域编号：“%(text)s”不是候选区域的编号") % {"text": text[:20]})
    return int(text)


def _value(cell: object) -> float | None:
    if cell is None or str(cell).strip() == "":
        return None
    try:
        value = float(str(cell).strip())
    except ValueError as wrong:
        raise PlanRefused(_("数值：“%(text)s”不是数字") % {"text": str(cell)[:20]}) from wrong
    if not math.isfinite(value) or not 0 <= value <= 1e9:
        raise PlanRefused(_("数值：应在0到10亿之间"))
    return value
