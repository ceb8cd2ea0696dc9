"""Doors for kept apps (Traccar Client, OsmAnd, OwnTracks): their formats, our one store. 2xx only for what is stored.

The token stands in the path where the app has no headers; `config` keeps such paths out of the access log.
"""

import base64
import binascii
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from geo.access import by_token
from patrol import devices, intake, points, protocols
from patrol.figures import figures
from patrol.models import Device, Door
from patrol.points import PointsRefused
from patrol.protocols import Malformed

BODY_AT_MOST = 64 * 1024


@by_token
@csrf_exempt
@require_http_methods(["GET", "POST"])
def osmand(request: HttpRequest, token: str) -> HttpResponse:
    """Also Traccar Client before 9: parameters in the query, or in the form where the query is empty."""
    return _answered(request, token, (Door.OSMAND, Door.TRACCAR), lambda device, now_ms: protocols.osmand(
        dict((request.GET or request.POST).lists()), now_ms=now_ms, speed_unit=device.speed_unit))  # fmt: skip


@by_token
@csrf_exempt
@require_http_methods(["GET", "POST"])
def traccar(request: HttpRequest, token: str) -> HttpResponse:
    if request.method == "GET" or request.GET:
        return osmand(request, token)
    return _answered(request, token, (Door.TRACCAR,), lambda _device, _now_ms: protocols.traccar(request.body))


@by_token
@csrf_exempt
@require_POST
def owntracks(request: HttpRequest, token: str = "") -> HttpResponse:
    """The token in the path, or as the password of HTTP Basic."""
    response = _answered(request, token or _password(request), (Door.OWNTRACKS,), lambda _device, _now: protocols.owntracks(request.body))
    return JsonResponse([], safe=False) if response.status_code == 200 else response


def _answered(request: HttpRequest, token: str, doors: tuple[str, ...], read: Callable) -> HttpResponse:
    """401 for whom we do not know, 422 for what cannot be read, 413 for too much, 200 for what is stored (or held nothing to store)."""
    now = timezone.now()
    device = devices.holder(token, now=now)
    if device is None or device.door not in doors:
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="Siwu", charset="UTF-8"'})
    if int(request.headers.get("Content-Length") or 0) > BODY_AT_MOST:
        return HttpResponse(status=413)
    try:
        _store(device, read(device, int(now.timestamp() * 1000)), now)
    except (Malformed, PointsRefused) as fault:
        name = fault.field if isinstance(fault, Malformed) else fault.column
        text = _("“%(name)s”不是有效的数值。") % {"name": name} if name else _("内容无法识别。")
        return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=200)


def _store(device: Device, rows: list, now) -> None:
    if rows:
        ahead_s = figures(now).clock_ahead_s
        read = points.read(rows, crs="wgs84", now_ms=int(now.timestamp() * 1000), ahead_s=ahead_s)
        intake.fixes(device=device, points=read, now=now)


def _password(request: HttpRequest) -> str:
    scheme, _space, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
