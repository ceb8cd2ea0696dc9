import os
import time
import unicodedata
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.models import Division
from zones.demo import DemoAccount, DemoLoaded, DemoRefused, load
from zones.models import Grade


class Command(BaseCommand):
    requires_system_checks = ()  # set-up makes them; they would load every page of the web: seconds and 150 MB
    help = "载入演示县（虚构的场所和警情）。 Load the demo county: real division codes, everything else invented."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help=_("已有行政区划时什么也不做"))

    def handle(self, *args, if_empty: bool, **options) -> None:
        if if_empty and Division.objects.exists():
            self.stdout.write(_("已有行政区划，未载入演示数据。"))
            return
        began = time.perf_counter()
        # Made before the work: a folder that cannot be written must not cost the only copy of the passwords.
        path = accounts_path()
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        try:
            loaded = load(now=timezone.now(), tell=lambda step: self.stdout.write(f"  {step}…"))
            text = account_table(loaded.accounts)
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(path)
        except DemoRefused as refused:
            raise CommandError(str(refused)) from refused
        finally:
            fresh.unlink(missing_ok=True)
        self._tell(loaded, time.perf_counter() - began)
        self.stdout.write(f"\n{text}\n" + _("账号表已写入 %(path)s（仅限本机保管）。") % {"path": path})

    def _tell(self, loaded: DemoLoaded, seconds: float) -> None:
        counts = "，".join(f"{name} {count}" for name, count in loaded.counts.items())
        self.stdout.write(_("演示数据（虚构）已载入，%(seconds).1f 秒：%(counts)s") % {"seconds": seconds, "counts": counts})
        for period, colours in loaded.colours.items():
            self.stdout.write(f"  {period}：" + "，".join(f"{Grade.Colour(name).label} {count}" for name, count in colours.items()))


def accounts_path() -> Path:
    folder = Path(os.environ.get("SIWU_RUN_DIR") or settings.BASE_DIR / ".run/server")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / "accounts.txt"


def account_table(accounts: list[DemoAccount]) -> str:
    lines = [(_("账号"), _("密码"), _("角色"), _("区划"))]
    lines += [(account.username, account.password, account.role, account.division) for account in accounts]
    widths = [max(map(_width, column)) for column in zip(*lines, strict=True)]
    table = ["  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([_("演示账号（密码在安装时随机生成，不在代码库中）"), *table]) + "\n"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
