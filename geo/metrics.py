"""Figures for the operator's monitoring. Labels are names of views, states and kinds: nobody's name, no place, no address.

A figure is a function with a name; a module adds its own with `@figure`, or the age of something with `ages`.
"""
import os
import shutil
import time
from collections.abc import Callable, Iterable
from datetime import datetime

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from geo import backups
from geo.models import AuditCheck, Job

REQUESTS = Counter("siwu_requests", "Requests answered, by view, method and status.", ["view", "method", "status"])
SECONDS = Histogram("siwu_request_seconds", "Seconds until the answer began, by view.", ["kind"], buckets=(0.05, 0.15, 0.5, 1, 2, 5, 10))
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
METHODS = {"GET", "HEAD", "OPTIONS", *UNSAFE}
WORKER_SEEN = "worker-seen"

Samples = Iterable[tuple[tuple[str, ...], float]]
figures: list[tuple[str, str, tuple[str, ...], Callable[[], Samples]]] = []
# What must not grow old: the last backup, the last look at the chain of audit events.
ages: dict[str, Callable[[], datetime | None]] = {
    "backup": lambda: backups.last().get("base_at"),
    "archive_moment": lambda: backups.last().get("moment_at"),
    "restore_drill": lambda: backups.last().get("drill_at"),
    "worker_seen": lambda: worker_seen(),
    "audit_verified": lambda: AuditCheck.objects.aggregate(at=Max("at"))["at"],
}


def figure(name: str, told: str, *labels: str) -> Callable:
    def add(read: Callable[[], Samples]) -> Callable[[], Samples]:
        figures.append((name, told, labels, read))
        return read

    return add


class MetricsMiddleware:
    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        view = (match.view_name or match.func.__name__) if match else "-"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(view, method, response.status_code).inc()
        kind = "tile" if request.path_info.startswith("/tiles/") else "write" if method in UNSAFE else "read"
        SECONDS.labels(kind).observe(time.perf_counter() - began)
        return response


def saw_worker(*, now: datetime) -> None:
    """Beat sends, a worker does: only where both live is this said every minute."""
    cache.set(WORKER_SEEN, now.timestamp(), None)


def worker_seen() -> datetime | None:
    at = cache.get(WORKER_SEEN)
    return at and datetime.fromtimestamp(at, timezone.get_default_timezone())


@figure("siwu_jobs", "Background jobs, by state.", "state")
def jobs() -> Samples:
    known = dict.fromkeys(Job.State.values, 0) | dict(Job.objects.order_by().values_list("state").annotate(Count("pk")))
    return [((state,), count) for state, count in known.items()]


@figure("siwu_oldest_waiting_job_seconds", "How long the oldest job has been waiting; 0 when none does.")
def oldest_waiting() -> Samples:
    oldest = Job.objects.filter(state=Job.State.WAITING).aggregate(at=Min("created_at"))["at"]
    return [((), (timezone.now() - oldest).total_seconds() if oldest else 0)]


@figure("siwu_queue_length", "Messages that no worker has taken.")
def queue_length() -> Samples:
    return [((), redis.Redis.from_url(settings.REDIS_URL, socket_timeout=3).llen(settings.CELERY_TASK_DEFAULT_QUEUE))]


@figure("siwu_disk_free_bytes", "Free bytes, by what is kept there.", "where")
def disk_free() -> Samples:
    places = {"media": settings.MEDIA_ROOT, "code": settings.BASE_DIR, **({"archive": settings.ARCHIVE} if settings.ARCHIVE else {})}
    return [((name,), shutil.disk_usage(path).free) for name, path in places.items() if os.path.exists(path)]


@figure("siwu_age_seconds", "Seconds since it last happened; absent when it never did.", "what")
def seconds_since() -> Samples:
    moments = {name: read() for name, read in ages.items()}
    return [((name,), (timezone.now() - at).total_seconds()) for name, at in moments.items() if at]


class Figures(Collector):
    """Read when they are asked for. One that cannot be read is missing, and counted as such."""

    def collect(self):
        failed = 0
        for name, told, labels, read in figures:
            family = GaugeMetricFamily(name, told, labels=labels)
            try:
                for values, value in read():
                    family.add_metric(values, value)
                yield family
            except (DatabaseError, redis.RedisError, OSError):
                failed += 1
        yield GaugeMetricFamily("siwu_figures_unreadable", "Figures that could not be read just now.", value=failed)


def text() -> bytes:
    """All web processes together, where they share a folder for it (PROMETHEUS_MULTIPROC_DIR)."""
    shared = "PROMETHEUS_MULTIPROC_DIR" in os.environ
    counted = CollectorRegistry()
    if shared:
        MultiProcessCollector(counted)
    read = CollectorRegistry()
    read.register(Figures())
    return generate_latest(counted if shared else REGISTRY) + generate_latest(read)
