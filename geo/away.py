"""What is away is no fault of the request: 503, or 507 for a full disk, with Retry-After; a page for people, JSON for all others.

`server_error` is Django's last door (`handler500`): it sees what no view caught, and what sessions, cache and middlewares raise.
"""
import errno
import sys
from collections.abc import Iterator
from enum import IntEnum

import kombu.exceptions
import psycopg
import redis.exceptions
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults
from psycopg.errors import DiskFull, ReadOnlySqlTransaction

SECONDS_TO_WAIT = 15
# Django's own classes, and the driver's: what COPY and the pool raise comes as it is.
GONE = (
    OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError, ReadOnlySqlTransaction,
    redis.exceptions.ConnectionError, redis.exceptions.TimeoutError, kombu.exceptions.OperationalError, ConnectionError,
)  # fmt: skip
FULL = {errno.ENOSPC, errno.EDQUOT}
BROKEN = {errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE}
# Redis that takes no writes says so in the first word of its answer.
REDIS_REFUSES = ("MISCONF", "OOM", "READONLY", "LOADING", "MASTERDOWN")


class Reason(IntEnum):
    AWAY = 503
    BUSY = 429
    FULL = 507


def reason(problem: BaseException | None) -> Reason | None:
    """Why, if something is away; None for what is a fault of ours. Where the connection went, later complaints follow from that."""
    found = [each for one in _chain(problem) if (each := _reason(one))]
    return max(found, default=None)


def _chain(problem: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while problem is not None and id(problem) not in seen:
        seen.add(id(problem))
        yield problem
        problem = problem.__cause__ or problem.__context__


def _reason(problem: BaseException) -> Reason | None:
    number = problem.errno if isinstance(problem, OSError) else None
    if isinstance(problem, DiskFull) or number in FULL:
        return Reason.FULL
    is_refused = isinstance(problem, redis.exceptions.ResponseError) and str(problem).startswith(REDIS_REFUSES)
    return Reason.AWAY if isinstance(problem, GONE) or number in BROKEN or is_refused else None


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is being handled."""
    why = reason(sys.exception())
    return answer(request, why) if why else defaults.server_error(request)


def answer(request: HttpRequest, why: Reason, *, seconds: int = SECONDS_TO_WAIT) -> HttpResponse:
    """Asks neither session nor database: they may be what is away."""
    if is_for_people(request):
        page = render_to_string("503.html", {"is_full": why == Reason.FULL, "is_busy": why == Reason.BUSY, "seconds": seconds})
        response = HttpResponse(page)
    else:
        texts = {
            Reason.AWAY: _("服务器暂时不能接收，内容请保留在手机上。"),
            Reason.BUSY: _("现在请求太多，内容请保留在手机上，稍后再试。"),
            Reason.FULL: _("服务器存储已满，内容请保留在手机上。"),
        }
        response = JsonResponse({"detail": texts[why]}, json_dumps_params={"ensure_ascii": False})
    response.status_code = 503 if why == Reason.BUSY else int(why)
    response.headers["Retry-After"] = str(seconds)
    response.headers["Cache-Control"] = "no-store"
    return response


def is_for_people(request: HttpRequest) -> bool:
    return "text/html" in request.META.get("HTTP_ACCEPT", "") and not request.path_info.startswith(("/api/", "/ingest/"))
