"""Public answers kept under the version of what is published: a publication, a correction, an appeal or a bulletin switches all at once.

Nothing expires by time. The version is asked of the database for every request (one row by its key), so no process can go on
showing what was replaced; what was kept under an older version is never asked for again and falls out of the bounded store.
The whole answer is kept with its headers, gzipped as it goes out, and answered with 304 to whoever has it.
"""
import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date, quote_etag
from django.utils.translation import gettext as _

from geo.shell import LANGUAGES
from zones import published
from zones.spam import sender_of

API = "/api/open/v1/"
# Everything that an answer may depend on is in the key: no public page knows who reads it.
PREFIXES = (
    "/compounds/", "/compare/", "/criteria/", "/contest/", "/recompute/", "/open-data/", "/changes/", "/public-bulletins/", "/data/",
    "/public-tiles/", API,
)  # fmt: skip
WITHOUT = (".pdf", "/outlines.geojson", ".html")
LONGEST_QUERY = 1000
LEAST_ZIPPED = 400
MINUTE = 60


class Store:
    """The answers of one process: the least recently asked leave first when the bytes are used up."""

    def __init__(self, most: int):
        self.most, self.bytes = most, 0
        self.kept: OrderedDict[tuple, tuple] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: tuple) -> tuple | None:
        with self.lock:
            found = self.kept.get(key)
            if found is not None:
                self.kept.move_to_end(key)
            return found

    def put(self, key: tuple, status: int, headers: tuple, body: bytes) -> None:
        size = len(body) + 1000
        if size > self.most // 8:
            return
        with self.lock:
            before = self.kept.pop(key, None)
            self.bytes += size - (len(before[2]) + 1000 if before else 0)
            self.kept[key] = (status, headers, body)
            while self.bytes > self.most:
                _key, (_status, _headers, gone) = self.kept.popitem(last=False)
                self.bytes -= len(gone) + 1000


class PublicCacheMiddleware:
    """Outermost, so that a kept answer costs neither session nor template; it carries the headers that the others set."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response
        self.store = Store(settings.PUBLIC_CACHE_BYTES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if request.method not in ("GET", "HEAD") or not _is_kept(path) or len(request.META.get("QUERY_STRING", "")) > LONGEST_QUERY:
            return self.get_response(request)
        if path.startswith(API) and (refused := refusal(request, "open_data")):
            return refused
        zipped = "gzip" in request.META.get("HTTP_ACCEPT_ENCODING", "")
        host = request.META.get("HTTP_HOST", "")
        version, changed_at = published.version_and_moment()
        key = (version, path, request.META.get("QUERY_STRING", ""), _language(request), zipped, host)
        found = self.store.get(key)
        if found is None:
            response = self.get_response(request)
            if path.startswith(API):
                response.headers["Access-Control-Allow-Origin"] = "*"
            if not _may_be_kept(request, response):
                return response
            response = _with_tag(response, key, zipped, changed_at)
            self.store.put(key, 200, tuple(response.items()), response.content)
            found = 200, tuple(response.items()), response.content
        return _answer(request, *found, changed_at)


def _is_kept(path: str) -> bool:
    return path == "/" or (path.startswith(PREFIXES) and not path.endswith(WITHOUT))


def _may_be_kept(request: HttpRequest, response: HttpResponse) -> bool:
    """A door's form is made for one reader and says no-store."""
    is_whole = response.status_code == 200 and request.method == "GET" and not response.streaming and not response.cookies
    return is_whole and "no-store" not in response.headers.get("Cache-Control", "")


def _language(request: HttpRequest) -> str:
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in LANGUAGES else settings.LANGUAGE_CODE


def _with_tag(response: HttpResponse, key: tuple, zipped: bool, changed_at: datetime | None) -> HttpResponse:
    if zipped and not response.has_header("Content-Encoding") and len(response.content) > LEAST_ZIPPED:
        response.content = gzip.compress(response.content, 6, mtime=0)
        response.headers["Content-Encoding"] = "gzip"
    response.headers["ETag"] = quote_etag(hashlib.sha256(repr(key[:5]).encode() + response.content).hexdigest()[:32])
    if response.headers.get("Cache-Control", "") == "":
        response.headers["Cache-Control"] = "no-cache"
    patch_vary_headers(response, ["Cookie", "Accept-Encoding"])
    if changed_at is not None:
        response.headers["Last-Modified"] = http_date(changed_at.timestamp())
    response.headers["Content-Length"] = str(len(response.content))
    return response


def _answer(request: HttpRequest, status: int, headers: tuple, body: bytes, changed_at: datetime | None) -> HttpResponse:
    response = HttpResponse(b"" if request.method == "HEAD" else body, status=status)
    for name, value in headers:
        response.headers[name] = value
    if "HTTP_IF_NONE_MATCH" in request.META or "HTTP_IF_MODIFIED_SINCE" in request.META:
        moment = int(changed_at.timestamp()) if changed_at else None
        return get_conditional_response(request, etag=response.headers["ETag"], last_modified=moment, response=response)
    return response


def refusal(request: HttpRequest, what: str) -> HttpResponse | None:
    """Counts one more of this network in this minute; the answer for it where the budget is used up."""
    now = timezone.now()
    most = {"open_data": settings.OPEN_DATA_A_MINUTE, "papers": settings.PAPERS_A_MINUTE}[what]
    key = f"public:{what}:{sender_of(request, now=now)}:{now:%H%M}"
    cache.add(key, 0, 2 * MINUTE)
    try:
        count = cache.incr(key)
    except ValueError:  # dropped by the cache between the two
        count = 1
    if count <= most:
        return None
    left = MINUTE - now.second
    with translation.override(_language(request)):
        text = _("同一网络问得太多，请%(seconds)d秒后再来。") % {"seconds": left}
    response = JsonResponse({"detail": text}, status=429, json_dumps_params={"ensure_ascii": False})
    response.headers["Retry-After"] = str(left)
    return response
