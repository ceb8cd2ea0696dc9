"""Logs as JSON lines, for whoever keeps the site running: what happened and where in the code, never whose and what.

No bodies, no addresses, no paths (a path may hold a device's token, a query a coordinate), no messages of exceptions (a
database repeats the row that it refuses). What code writes by itself goes through `masked` as the last guard.
"""
import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from pythonjsonlogger.json import JsonFormatter

from geo import pii

request_id: ContextVar[str] = ContextVar("request_id", default="")
log = logging.getLogger("siwu.request")
SLOW_S = 2.0
_TOKEN = re.compile(r"(/ingest/\w+/|Bearer |Basic )[^\s?\"'<>]+")
_QUERY = re.compile(r"\?[^\s\"'<>]*=[^\s\"'<>]*")
_COORDINATE = re.compile(r"(?<![\d.])-?\d{1,3}\.\d{4,}(?!\d)")
# JSON leaves these as they are, and some readers begin a new line at them.
_BREAKS = {ord(each): f"\\u{ord(each):04x}" for each in "\x85\u2028\u2029"}
_GIVEN_ID = re.compile(r"[0-9a-zA-Z-]{8,64}")


def masked(text: str) -> str:
    """Without tokens, query strings, coordinates and personal numbers."""
    text = _COORDINATE.sub("#.#", _QUERY.sub("?***", _TOKEN.sub(r"\1***", text)))
    for finding in reversed(pii.find(text)):
        if finding.kind != pii.ADDRESS:  # a file and its line look like a host and its port
            text = text[: finding.start] + "***" + text[finding.end :]
    return text


def route_of(request: HttpRequest) -> str:
    """The pattern that the path fell under: with names where the path has values."""
    match = getattr(request, "resolver_match", None)
    return "/" + match.route if match else "-"


class Line(JsonFormatter):
    """One record, one line: JSON writes a line break inside a text as two characters."""

    def __init__(self, *args, **named):
        super().__init__("%(levelname)s %(name)s %(message)s", *args, timestamp="at", json_ensure_ascii=False,
                         rename_fields={"levelname": "level", "name": "logger", "exc_info": "error"}, **named)  # fmt: skip

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).translate(_BREAKS)

    def process_log_record(self, log_data: dict) -> dict:
        if told := request_id.get():
            log_data.setdefault("request_id", told)
        ours = ("at", "request_id")
        return {name: masked(value) if isinstance(value, str) and name not in ours else value for name, value in log_data.items()}

    def formatException(self, exc_info) -> str:
        """Kinds of the chain and places in code. The database's own name for what was broken is kept, its rows are not."""
        told, problem = [], exc_info[1]
        while problem is not None and len(told) < 10:
            diagnosis = getattr(problem, "diag", None)
            known = [getattr(diagnosis, name, None) for name in ("sqlstate", "constraint_name", "table_name")]
            told.append(" ".join([type(problem).__name__, *(each for each in known if each)]))
            problem = problem.__cause__ or (None if problem.__suppress_context__ else problem.__context__)
        places = [(frame.filename.rpartition("site-packages/")[2], frame) for frame in traceback.extract_tb(exc_info[2])]
        frames = [f"{path.removeprefix(f'{settings.BASE_DIR}/')}:{frame.lineno} {frame.name}" for path, frame in places]
        return " < ".join(told) + " at " + " > ".join(frames[-12:])


class NoPaths(logging.Filter):
    """Django tells a path in words ("Not Found: /ingest/..."); we tell the route. Celery tells the exception's message."""

    def filter(self, record: logging.LogRecord) -> bool:
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            record.msg, record.args = f"{record.levelname.lower()} {getattr(record, 'status_code', '')} {route_of(request)}", ()
            record.route, record.method = route_of(request), request.method
            # Django says this after the last middleware is over.
            record.request_id = getattr(request, "log_number", "")
        if request is not None:
            del record.request
        if record.name == "celery.app.trace" and (data := getattr(record, "data", None)):
            record.msg, record.args = f"task {data.get('name', '?')} {data.get('id', '?')}: {data.get('description', '')}", ()
            record.data = None
        return True


class RequestLogMiddleware:
    """Each request gets a number, told in the answer and in every line that it causes; failures and slow ones always leave a line."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.log_number = number = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        token, began = request_id.set(number), time.perf_counter()
        try:
            response = self.get_response(request)
            seconds = time.perf_counter() - began
            response.headers["X-Request-ID"] = number
            self._tell(request, response, seconds)
            return response
        finally:
            request_id.reset(token)

    def _tell(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        level = logging.WARNING if response.status_code >= 500 or seconds > SLOW_S else logging.INFO
        if log.isEnabledFor(level):
            facts = {"method": request.method, "route": route_of(request), "status": response.status_code, "ms": round(seconds * 1000)}
            log.log(level, "request", extra=facts)
