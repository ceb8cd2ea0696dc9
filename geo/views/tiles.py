"""Tiles for staff: scope first, then 304, cache or one statement."""
import gzip
from datetime import datetime

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.utils import timezone
from django.views.decorators.http import require_GET

from geo import maps, tiles
from geo.layers import Layer, registry

# Detailed tiles cost the database less than the cache's round trip; the others are worth keeping.
CACHED_UP_TO_ZOOM = 11
GZIP_FROM_BYTES = 800


@require_GET
def layer_tile(request: HttpRequest, name: str, z: int, x: int, y: int) -> HttpResponse:
    layer, address = _layer_or_404(request, name), _address_or_404(z, x, y)
    scope, since = request.user.division_id, _since(request, layer)
    return _answer(
        request,
        key=f"{name}/{scope}/{since.date() if since else ''}/{z}/{x}/{y}",
        versions=layer.versions,
        keep=z <= CACHED_UP_TO_ZOOM,
        draw=lambda: tiles.draw(layer, address, scope, since=since),
    )


@require_GET
def base_tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    address, scope, today = _address_or_404(z, x, y), request.user.division_id, timezone.localdate()
    return _answer(
        request,
        key=f"base/{scope}/{today}/{z}/{x}/{y}",
        versions=tiles.BASE_VERSIONS,
        keep=True,
        draw=lambda: tiles.draw_base(address, scope, on=today),
    )


def _answer(request: HttpRequest, *, key: str, versions: tuple[str, ...], keep: bool, draw) -> HttpResponse:
    asked = request.headers.get("If-None-Match", "")
    version = tiles.layer_version(versions) if keep or asked else None
    if version is not None and asked == _etag(key, version):
        return _with_headers(HttpResponseNotModified(), asked)
    body = cache.get(f"tile/{version}/{key}") if keep else None
    if body is None:
        tile = draw()
        version, body = tile.version, gzip.compress(tile.body, 4, mtime=0) if len(tile.body) >= GZIP_FROM_BYTES else tile.body
        if keep:
            cache.set(f"tile/{version}/{key}", body, settings.TILE_CACHE_SECONDS)
    return _with_headers(_response(request, body), _etag(key, version))


def _response(request: HttpRequest, body: bytes) -> HttpResponse:
    packed = body[:2] == b"\x1f\x8b"
    if packed and "gzip" not in request.headers.get("Accept-Encoding", ""):
        body, packed = gzip.decompress(body), False
    response = HttpResponse(body, content_type="application/vnd.mapbox-vector-tile")
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _with_headers(response: HttpResponse, etag: str) -> HttpResponse:
    # Another account on the same browser must never be shown this one's tile: the ETag holds the scope.
    for name, value in (("ETag", etag), ("Cache-Control", "private, no-cache"), ("Vary", "Cookie, Accept-Encoding")):
        response.headers[name] = value
    return response


def _etag(key: str, version: int) -> str:
    return f'"{version}-{key}"'


def _layer_or_404(request: HttpRequest, name: str) -> Layer:
    layer = registry.get(name)
    if layer is None or not request.user.reads_business_data or not layer.lets_in(request.user):
        raise Http404
    if layer.gate:
        layer.gate.note(request.user, "map", 0)
    return layer


def _address_or_404(z: int, x: int, y: int) -> tiles.TileAddress:
    address = tiles.TileAddress(z, x, y)
    if not address.exists:
        raise Http404
    return address


def _since(request: HttpRequest, layer: Layer) -> datetime | None:
    try:
        return maps.start_of(request.GET.get("since", "")) if layer.time_field else None
    except ValueError as wrong:
        raise Http404 from wrong
