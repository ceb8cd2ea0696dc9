"""Django's own migrate, beside a site that goes on: it asks for a lock for three seconds, lets the others by, and asks again.

Whoever waits for a table's lock makes everybody wait who comes after: without a limit one long reader and one migration stop a site.
"""
import time

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import OperationalError, connections
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, LockNotAvailable


class Command(Migrate):
    def handle(self, *args, **options) -> None:
        for wait in (*settings.MIGRATION_WAITS_S, None):
            with connections[options["database"]].cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [settings.MIGRATION_LOCK_TIMEOUT])
            try:
                return super().handle(*args, **options)
            except OperationalError as problem:
                if not isinstance(problem.__cause__, LockNotAvailable | DeadlockDetected):
                    raise
                if wait is None:
                    raise CommandError(_("表一直被占用，结构没有全部更新；已做完的部分保留，稍后再运行一次。")) from problem
                self.stdout.write(_("表被占用，%(seconds)s秒后再试。") % {"seconds": wait})
                time.sleep(wait)
