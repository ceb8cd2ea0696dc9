from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.audit import heads, retention, verifying, writer
from geo.models import AuditHead


class Command(BaseCommand):
    requires_system_checks = ()
    help = "审计链：verify 核验，heads 列出每日封存，write 立即入链，purge 清理到期的日子，resume 恢复备份后重新接续。"

    def add_arguments(self, parser) -> None:
        parser.add_argument("verb", choices=["verify", "heads", "write", "purge", "resume"])
        parser.add_argument("--printed", action="append", default=[], metavar="2026-11-28=摘要", help="与打印的封存核对，可多次")
        parser.add_argument("--heads", type=Path, help="封存文件的另一个副本所在的文件夹")
        parser.add_argument("--until", help="恢复到的时刻（ISO 8601）：封存文件在这以后记下的不算；只核验，不留记录")
        parser.add_argument("--why", default="", help="resume 的理由")

    def handle(self, *, verb: str, printed: list[str], heads: Path | None, until: str | None, why: str, **options) -> None:
        if heads:
            settings.AUDIT_HEADS = heads
        try:
            getattr(self, f"_{verb}")(printed=printed, until=until, why=why)
        except (writer.ChainBroken, verifying.HeadsUnreadable, ValueError) as problem:
            raise CommandError(str(problem)) from problem

    def _verify(self, *, printed: list[str], until: str | None, **_rest) -> None:
        told = {date.fromisoformat(day): given for day, _sign, given in (each.partition("=") for each in printed)}
        moment = datetime.fromisoformat(until) if until else None
        found = verifying.verify(now=timezone.now(), printed=told, until=moment)
        if not moment:
            verifying.note(found, now=timezone.now())
        for fault in found.faults:
            self.stdout.write(self.style.ERROR(f"✗ {fault}"))
        counts = {"n": f"{found.entries:,}", "last": f"{found.last_seq:,}", "waiting": found.waiting}
        if found.faults:
            raise CommandError(_("审计链有%(n)s处问题。") % {"n": len(found.faults)})
        self.stdout.write(self.style.SUCCESS(_("审计链完好：%(n)s条，到第%(last)s条；待入链%(waiting)s条。") % counts))

    def _heads(self, **_rest) -> None:
        for head in AuditHead.objects.select_related("purge").order_by("day"):
            gone = _("（已清理）") if hasattr(head, "purge") else ""
            self.stdout.write(f"{heads.printed(head)}{gone}")

    def _write(self, **_rest) -> None:
        added = 0
        while (more := writer.write(now=timezone.now())) == writer.AT_ONCE:
            added += more
        self.stdout.write(_("新入链%(n)s条。") % {"n": added + more})

    def _purge(self, **_rest) -> None:
        self.stdout.write(_("清理了%(n)s天。") % {"n": len(retention.purge(now=timezone.now()))})

    def _resume(self, *, why: str, **_rest) -> None:
        moved = writer.resume(why=why, now=timezone.now())
        self.stdout.write(_("已重新接续；原来的%(n)s个封存文件另存在旁边的文件夹里。") % {"n": moved})
