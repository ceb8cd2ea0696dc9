"""What an import would do or has done, in sentences and as a file."""
import csv
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

from geo import pii
from geo.faults import CROSSINGS, PERSONAL, Fault, Repair, repair_sentence, sentence
from geo.readers import Meta, describe_warning

VALUE_CHARACTERS = 80
SHOWN_ROWS = 20
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula. True numbers stay numbers."""
    if not text.startswith(_FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return "'" + text
    return text


def shown(value: object) -> str:
    """A value for the report: one line, cut, and no number of a person in it."""
    text = "" if value is None else " ".join(str(value).split())
    for finding in reversed(pii.find(text)):
        length = finding.end - finding.start
        text = text[: finding.start + 2] + "*" * (length - 4) + text[finding.end - 2 :]
    return text if len(text) <= VALUE_CHARACTERS else text[: VALUE_CHARACTERS - 1] + "…"


class Notes:
    """Lines of the report file, spooled to disk: a file may be wrong in every one of a million rows."""

    def __init__(self):
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")
        self._rows = csv.writer(self._file)
        self.first: dict[str, list[tuple[int, str, str, str]]] = {}

    def add(self, what: str, line: int, label: str, reason: str, value: object = "") -> None:
        row = (int(line), label, reason, shown(value))
        self._rows.writerow([what, row[0], *(safe_cell(text) for text in row[1:])])
        first = self.first.setdefault(what, [])
        if len(first) < SHOWN_ROWS:
            first.append(row)

    def save(self, path: Path) -> None:
        self._file.seek(0)
        with path.open("w", encoding="utf-8-sig", newline="") as target:
            csv.writer(target).writerow([_("处理"), _("行号"), _("字段"), _("原因"), _("值")])
            shutil.copyfileobj(self._file, target)
        self._file.seek(0, 2)


@dataclass
class Report:
    """Counts are rows of the file. `changes` counts changed rows by field label; `examples` are (line, label, old, new)."""

    layer: str
    title: str
    file_name: str
    datum: str
    meta: Meta
    read_count: int = 0
    new_count: int = 0
    changed_count: int = 0
    unchanged_count: int = 0
    rejected_count: int = 0
    outside_count: int = 0
    repaired_count: int = 0
    made_keys: bool = False
    unmarked_count: int = 0
    resettled_count: int = 0
    ignored: tuple[str, ...] = ()
    changes: dict[str, int] = field(default_factory=dict)
    examples: list[tuple[int, str, str, str]] = field(default_factory=list)
    repairs: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)
    notes: Notes = field(default_factory=Notes)
    batch: int | None = None

    def reject(self, line: int, label: str, fault: int, value: object = "", **params) -> None:
        """One reason of one row; a row with several reasons is counted once."""
        if "kind" in params:
            params["kind"] = PERSONAL[params["kind"]]
        self.notes.add(_("退回"), line, label, sentence(Fault(fault), **params), value)
        self.reasons[Fault(fault)] += 1

    def mend(self, line: int, mending) -> None:
        reason = CROSSINGS.get(mending.reason, mending.reason)
        change = _("%(reason)s，已修复；面积由%(before).0f变为%(after).0f平方米") % {
            "reason": reason, "before": mending.before_m2, "after": mending.after_m2
        }  # fmt: skip
        self.notes.add(_("修复"), line, _("图形"), change)

    def count_repairs(self, codes) -> None:
        for repair in Repair:
            if repair and (found := int(((codes & repair) > 0).sum())):
                self.repairs[repair] += found
        self.repaired_count += int((codes > 0).sum())

    @property
    def writes(self) -> int:
        return self.new_count + self.changed_count

    @property
    def warnings(self) -> list[str]:
        return [describe_warning(*warning) for warning in self.meta.warnings]

    def as_counts(self) -> dict[str, int]:
        names = ("read", "new", "changed", "unchanged", "rejected", "outside", "repaired")
        return {name: getattr(self, f"{name}_count") for name in names}

    def sentences(self) -> list[str]:
        """The report as the operator reads it."""
        place = {"line": _("行"), "row": _("行"), "feature": _("要素")}[self.meta.line_is]
        lines = [
            _("图层：%(title)s（%(layer)s）　文件：%(name)s　坐标系：%(datum)s") % {
                "title": self.title, "layer": self.layer, "name": self.file_name, "datum": self.datum
            },
            _("读到%(read)s个%(place)s：新增%(new)s，变更%(changed)s，未变%(same)s，退回%(rejected)s（不在任何区划内的%(outside)s）。")
            % {
                "read": self.read_count, "place": place, "new": self.new_count, "changed": self.changed_count,
                "same": self.unchanged_count, "rejected": self.rejected_count, "outside": self.outside_count,
            },
        ]  # fmt: skip
        lines += [_("注意：%s") % warning for warning in self.warnings]
        if self.ignored:
            lines.append(_("未导入的列：%s") % "、".join(self.ignored))
        if self.made_keys:
            lines.append(_("文件没有编号列：按名称和位置生成编号。名称或位置一变，就会当作新对象。"))
        elif self.unmarked_count:
            lines.append(_("%s行没有编号：按名称和位置生成编号。") % self.unmarked_count)
        if self.resettled_count:
            lines.append(_("按新的轮廓重新判断了所在小区或楼院：%s个地点。") % self.resettled_count)
        lines += self._change_lines() + self._repair_lines() + self._rejection_lines()
        return lines

    def _change_lines(self) -> list[str]:
        if not self.changes:
            return []
        lines = [_("变更的字段：%s") % "，".join(f"{label} {count}" for label, count in self.changes.items())]
        return lines + [f"  {line}　{label}：{old} → {new}" for line, label, old, new in self.examples]

    def _repair_lines(self) -> list[str]:
        lines = [f"{repair_sentence(repair)}：{count}" for repair, count in self.repairs.items()]
        return lines + [f"  {line}　{reason}" for line, _label, reason, _value in self.notes.first.get(_("修复"), [])]

    def _rejection_lines(self) -> list[str]:
        first = self.notes.first.get(_("退回"), [])
        if not first:
            return []
        lines = [_("退回的原因（前%s条）：") % len(first)]
        return lines + [f"  {line}　{label}：{reason}" + (f"　[{value}]" if value else "") for line, label, reason, value in first]

    def save(self, path: Path) -> None:
        """All rejected rows, then all repaired outlines, as CSV that opens in Excel."""
        self.notes.save(path)
