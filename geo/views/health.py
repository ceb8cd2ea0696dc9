"""Whether this process can answer, for whoever watches over the server: nothing of what is in it."""
import shutil
from datetime import timedelta
from pathlib import Path

import redis
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from geo import metrics
from geo.access import public

FRESH_S = 5
WORKER_WITHIN = timedelta(minutes=3)
FREE_BYTES = 512 * 1024**2


@public
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Alive: 200 where database and queue answer, 503 with the names of those that do not. Any answer means that the process lives."""
    return _told(("database", _database), ("queue", _queue))


@public
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Ready for readers: besides, the tables are this code's, there is room to write, and a worker has been heard of."""
    return _told(("database", _database), ("queue", _queue), ("migrations", _migrated), ("disk", _room), ("worker", _worker))


def _told(*parts: tuple) -> JsonResponse:
    missing = [name for name, answers in parts if not answers()]
    return JsonResponse({"status": "failing" if missing else "ok", "missing": missing}, status=503 if missing else 200)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _queue() -> bool:
    try:
        cache.set("health", settings.CELERY_TASK_DEFAULT_QUEUE, FRESH_S)
    except redis.RedisError:
        return False
    return True


def _migrated() -> bool:
    """By names alone: every file of ours is among those that were applied."""
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError:
        return False
    ours = (apps.get_app_config(label) for label in ("geo", "patrol", "zones"))
    return all((each.label, path.stem) in applied for each in ours for path in Path(each.path, "migrations").glob("[0-9]*.py"))


def _room() -> bool:
    room = Path(settings.MEDIA_ROOT)
    return shutil.disk_usage(room if room.exists() else settings.BASE_DIR).free >= FREE_BYTES


def _worker() -> bool:
    try:
        seen = metrics.worker_seen()
    except redis.RedisError:
        return False
    return bool(seen) and timezone.now() - seen < WORKER_WITHIN
