"""Whether this process can answer, for whoever watches over the server: nothing of what is in it."""
import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from geo.access import public

FRESH_S = 5


@public
@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 where database and queue answer, 503 with the names of those that do not."""
    missing = [name for name, answers in (("database", _database), ("queue", _queue)) if not answers()]
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
