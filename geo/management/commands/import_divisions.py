from argparse import ArgumentParser
from datetime import date
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from geo.coords import DatumError, parse_datum
from geo.models import Division
from geo.readers import ReadError, describe
from geo.territory import TerritoryRefused, apply_divisions, apply_outlines, plan_divisions, plan_outlines
from geo.territory_files import read_division_table, read_outlines

NAMED = 20


class Command(BaseCommand):
    requires_system_checks = ()  # set-up makes them; they would load every page of the web: seconds and 150 MB
    help = "导入行政区划代码表和轮廓。默认只试算、不写入；加 --commit 才写入。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="代码表（CSV或XLSX），列：code、name，可有 level、pinyin、lon、lat、source")
        parser.add_argument("--outlines", type=Path, metavar="FILE", help="轮廓文件，按代码列对应行政区划")
        parser.add_argument("--datum", help="轮廓的坐标系：wgs84、cgcs2000、gcj02、bd09或EPSG代码（必填，系统不猜）")
        parser.add_argument("--from", dest="starts_on", type=date.fromisoformat, metavar="DATE", help="轮廓自哪天起有效，例如 2026-01-01")
        parser.add_argument("--source", default="", help="轮廓的来源，例如“县民政局2025年勘界成果”")
        parser.add_argument("--schematic", action="store_true", help="是示意轮廓，不是法定界线")
        parser.add_argument("--layer", dest="part", help="GeoPackage中的图层或压缩包中的Shapefile")
        parser.add_argument("--encoding", help="文字编码：UTF-8或GB18030")
        parser.add_argument("--commit", action="store_true", help="写入")

    def handle(self, *args, file: Path | None, outlines: Path | None, commit: bool, **options) -> None:
        if not file and not outlines:
            raise CommandError(_("请给出代码表，或 --outlines 轮廓文件。"))
        try:
            if file:
                self._divisions(file, commit, options["encoding"])
            if outlines:
                self._outlines(outlines, commit, **options)
        except ReadError as problem:
            raise CommandError(describe(problem)) from problem
        except DatumError as problem:
            choices = "、".join(problem.choices)
            raise CommandError(_("请用 --datum 指明坐标系：%(choices)s 或其他EPSG代码。") % {"choices": choices}) from problem
        except TerritoryRefused as refused:
            self._list(refused.lines)
            raise CommandError(_("有 %(count)d 处问题，没有写入任何数据。") % {"count": len(refused.lines)}) from refused
        if not commit:
            self.stdout.write(_("这是试算，没有写入任何数据。写入请加 --commit。"))

    def _divisions(self, file: Path, commit: bool, encoding: str | None) -> None:
        plan = plan_divisions(read_division_table(file, encoding=encoding))
        numbers = {"new": len(plan.new), "changed": len(plan.changed), "same": plan.same_count}
        self.stdout.write(_("行政区划：新增 %(new)d，改动 %(changed)d，未变 %(same)d") % numbers)
        self._list([f"{division.code} {division.name}" for division in plan.changed])
        if commit:
            apply_divisions(plan)

    def _outlines(self, file: Path, commit: bool, *, datum: str, starts_on: date | None, source: str, schematic: bool, **options) -> None:
        if starts_on is None:
            raise CommandError(_("请用 --from 写明轮廓自哪天起有效。"))
        found = read_outlines(file, datum=parse_datum(datum), part=options["part"], encoding=options["encoding"])
        known = set(Division.objects.filter(code__in=found.outlines).values_list("code", flat=True))
        wanted = {code: shape for code, shape in found.outlines.items() if code in known}
        plan = plan_outlines(wanted, source=source or file.name, is_schematic=schematic, starts_on=starts_on)
        numbers = {"new": len(plan.new), "ended": len(plan.ended), "replaced": len(plan.replaced), "same": plan.same_count}
        self.stdout.write(_("轮廓：新增 %(new)d，结束旧轮廓 %(ended)d，替换 %(replaced)d，未变 %(same)d") % numbers)
        self._list(found.notes)
        self._list([_("%(code)s：没有这个代码的区划，略过") % {"code": code or "（空）"} for code in found.outlines if code not in known])
        if not wanted:
            raise CommandError(_("文件里没有任何已知区划的轮廓。"))
        if commit:
            apply_outlines(plan)

    def _list(self, lines: list[str]) -> None:
        for line in lines[:NAMED]:
            self.stdout.write(f"  {line}")
        if len(lines) > NAMED:
            self.stdout.write(_("  …… 共 %(count)d 处") % {"count": len(lines)})
