from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import importing
from geo.models import User
from geo.readers import describe


class Command(BaseCommand):
    requires_system_checks = ()  # set-up makes them; they would load every page of the web: seconds and 150 MB
    help = "把文件导入图层。默认只试算、不写入；加 --commit 才写入。"

    def add_arguments(self, parser) -> None:
        parser.add_argument("layer", help="图层名，例如 compounds")
        parser.add_argument("file", type=Path, help="GeoJSON、GeoPackage、打包的Shapefile、CSV或XLSX")
        parser.add_argument("--datum", help="坐标系：wgs84、cgcs2000、gcj02、bd09或EPSG代码（必填，系统不猜）")
        parser.add_argument("--commit", action="store_true", help="写入，作为一个可撤回的批次")
        parser.add_argument("--layer", dest="part", help="GeoPackage中的图层、压缩包中的Shapefile或工作簿中的工作表")
        parser.add_argument("--encoding", help="文字编码：UTF-8或GB18030")
        parser.add_argument("--report", type=Path, help="把所有退回和修复的行写成CSV")
        parser.add_argument("--by", help="以哪个账号的名义导入（只能导入该账号辖区内的地点）")
        parser.add_argument("--database", default="owner", help="数据库连接；默认owner，大批量写入时可重建索引")

    def handle(self, *, layer, file, datum, commit, part, encoding, report, by, database, **options) -> None:
        try:
            done = importing.run(
                layer, file, datum=datum, now=timezone.now(), by=account(by, database), commit=commit, part=part,
                encoding=encoding, using=database,
            )  # fmt: skip
        except importing.ReadError as problem:
            raise CommandError(describe(problem)) from problem
        except importing.ImportRefused as problem:
            raise CommandError(str(problem)) from problem
        for line in done.sentences():
            self.stdout.write(line)
        if report:
            done.save(report)
            self.stdout.write(_("全部退回和修复的行已写入%s。") % report)
        if commit:
            said = _("已写入，批次%(batch)s。撤回：./manage.py revert_batch %(batch)s") % {"batch": done.batch}
            self.stdout.write(self.style.SUCCESS(said))
        else:
            self.stdout.write(_("这是试算，没有写入任何数据。写入请加 --commit。"))


def account(name: str | None, database: str) -> User | None:
    if name is None:
        return None
    found = User.objects.using(database).filter(username=name, is_active=True).first()
    if found is None:
        raise importing.ImportRefused("unknown_account", name=name)
    return found
