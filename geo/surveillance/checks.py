"""Dated checks of surveillance points: one by one, or from a file. The point's state follows its newest check."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import pii
from geo.faults import PERSONAL, Fault, sentence
from geo.importing.report import shown
from geo.importing.values import Parsed, Target, as_text, parse
from geo.models import SurveillanceCheck, SurveillancePoint, User
from geo.readers import LINE, ReadError, Source, describe
from geo.readers.tables import plain_header
from geo.surveillance import sql

ROWS_AT_MOST = 50_000
PROBLEMS_SHOWN = 50
HEADERS = {
    "key": ("监控点编号", "来源编号", "编号", "设备编码", "source_key", "code", "id"),
    "checked_on": ("检查日期", "日期", "checked_on", "date"),
    "result": ("结果", "检查结果", "工作状态", "状态", "result", "status"),
    "note": ("备注", "说明", "note"),
}
# What inspectors write for the three results, beside the labels.
RESULTS = {
    "正常": "working", "完好": "working", "在线": "working", "working": "working", "ok": "working", "故障": "faulty", "损坏": "faulty",
    "离线": "faulty", "faulty": "faulty", "已拆除": "removed", "拆除": "removed", "removed": "removed",
}  # fmt: skip


class CheckRefused(ValueError):
    """Nothing was written. `problems` are (line, field, reason, value) of a file; the text says it for a single check."""

    def __init__(self, text: str, problems: list[tuple[int, str, str, str]] = (), count: int = 0):
        super().__init__(text)
        self.problems, self.count = list(problems)[:PROBLEMS_SHOWN], count or len(problems)


@dataclass(frozen=True)
class Noted:
    """How many checks a file brought, and how many of them were there already."""

    new: int
    known: int


def note_check(point: SurveillancePoint, *, checked_on: date, result: str, note: str, by: User, now: datetime) -> SurveillanceCheck:
    """Write down one check. Raises CheckRefused with the reason."""
    note = note.strip()
    if checked_on > timezone.localtime(now).date():
        raise CheckRefused(_("检查日期不能晚于今天。"))
    if result not in SurveillanceCheck.Result.values:
        raise CheckRefused(_("请选择检查结果。"))
    if len(note) > 200:
        raise CheckRefused(_("备注不超过200个字。"))
    if found := pii.find(note):
        raise CheckRefused(_("备注中像是有%(kind)s，请删去。") % {"kind": PERSONAL[found[0].kind]})
    check = SurveillanceCheck(
        point=point, division_id=point.division_id, checked_on=checked_on, result=result, note=note, noted_by=by, noted_at=now
    )
    try:
        with transaction.atomic():
            check.save()
            _follow([point.pk], now)
    except IntegrityError as problem:
        raise CheckRefused(_("这个监控点当天已有检查记录。")) from problem
    return check


def read_checks(path: Path, *, by: User, now: datetime) -> Noted:
    """Write down all checks of a CSV or XLSX file, or none: raises CheckRefused with every line that is wrong."""
    try:
        lines, columns = _read(path)
    except ReadError as problem:
        raise CheckRefused(describe(problem)) from problem
    mine = SurveillancePoint.objects.in_division(by.division_id)
    points = {
        point.source_key: point for point in mine.filter(source_key__in=set(columns["key"].to_pylist())).only("source_key", "division_id")
    }
    known = _known(points, by)
    rows, problems = _judge(lines, columns, points, known, timezone.localtime(now).date())
    if problems:
        raise CheckRefused(_("文件中有%(n)s处问题，没有写入任何一行。") % {"n": len(problems)}, sorted(problems), len(problems))
    checks = [
        SurveillanceCheck(
            point=points[key], division_id=points[key].division_id, checked_on=day, result=result, note=note, noted_by=by, noted_at=now
        )
        for key, day, result, note in rows
        if (key, day) not in known
    ]
    try:
        with transaction.atomic():
            SurveillanceCheck.objects.bulk_create(checks, batch_size=2000)
            _follow([point.pk for point in points.values()], now)
    except IntegrityError as problem:
        raise CheckRefused(_("别人刚刚登记过其中的检查，请再导入一次。")) from problem
    return Noted(len(checks), len(rows) - len(checks))


def _known(points: dict[str, SurveillancePoint], by: User) -> dict[tuple[str, date], str]:
    """Results that are there already, by the point's key and the day."""
    keys = {point.pk: key for key, point in points.items()}
    rows = SurveillanceCheck.objects.in_division(by.division_id).filter(point_id__in=keys)
    return {(keys[point], day): result for point, day, result in rows.values_list("point_id", "checked_on", "result")}


def _follow(points: list[int], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.FOLLOW_CHECKS, {"points": points, "now": now})


def _read(path: Path) -> tuple[list[int], dict[str, pa.Array]]:
    with Source(path) as source:
        named = {plain_header(name): name for name in source.meta.columns}
        chosen = {
            field: next((named[plain_header(each)] for each in names if plain_header(each) in named), None)
            for field, names in HEADERS.items()
        }
        missing = [HEADERS[field][0] for field in ("key", "checked_on", "result") if chosen[field] is None]
        if missing:
            raise CheckRefused(
                _("缺少列：%(missing)s。文件的列：%(columns)s。")
                % {"missing": "、".join(missing), "columns": "、".join(source.meta.columns)}
            )
        table, count = [], 0
        for batch in source:
            count += batch.num_rows
            if count > ROWS_AT_MOST:
                raise CheckRefused(_("文件超过%(n)s行，请分几次导入。") % {"n": ROWS_AT_MOST})
            table.append(batch)
    rows = pa.Table.from_batches(table) if table else None
    if rows is None or not rows.num_rows:
        raise CheckRefused(_("文件里没有检查记录。"))
    empty = pa.nulls(rows.num_rows, pa.string())
    columns = {field: empty if name is None else rows[name].combine_chunks() for field, name in chosen.items()}
    return rows[LINE].to_pylist(), columns | {"key": as_text(columns["key"])}


def _targets() -> dict[str, Target]:
    labels = "、".join(str(label) for label in SurveillanceCheck.Result.labels)
    return {
        "key": Target("key", _("监控点编号"), "text", required=True, guarded=False),
        "checked_on": Target("checked_on", _("检查日期"), "date", required=True),
        "result": Target("result", _("结果"), "choice", required=True, choices=RESULTS, choice_labels=labels),
        "note": Target("note", _("备注"), "text", blank="", limit=200),
    }


def _judge(lines: list[int], columns: dict[str, pa.Array], points: dict, known: dict, today: date) -> tuple[list[tuple], list[tuple]]:
    """Rows as (key, day, result, note), and problems as (line, field, reason, value)."""
    targets = _targets()
    parsed = {field: parse(columns[field], target) for field, target in targets.items()}
    problems = [
        (lines[row], targets[field].label, _reason(one, targets[field], row), shown(columns[field][row].as_py()))
        for field, one in parsed.items()
        for row in one.faults.nonzero()[0].tolist()
    ]
    rows = list(zip(*(parsed[field].values.to_pylist() for field in targets), strict=True))
    twice = Counter((key, day) for key, day, _result, _note in rows)
    for line, (key, day, result, _note) in zip(lines, rows, strict=True):
        if key and key not in points:
            problems.append((line, targets["key"].label, _("本辖区内没有这个编号的监控点"), shown(key)))
        if day and day > today:
            problems.append((line, targets["checked_on"].label, _("检查日期不能晚于今天"), day.isoformat()))
        if key and day and twice[key, day] > 1:
            problems.append((line, targets["checked_on"].label, _("同一监控点同一天在文件中出现多次"), shown(key)))
        if result and known.get((key, day), result) != result:
            problems.append((line, targets["result"].label, _("当天已有检查记录，结果不同"), shown(key)))
    return rows, problems


def _reason(parsed: Parsed, target: Target, row: int) -> str:
    fault = Fault(int(parsed.faults[row]))
    params = {"choices": target.choice_labels, "limit": target.limit, "kind": PERSONAL.get(parsed.personal.get(row, ""), "")}
    return sentence(fault, **params)
