"""The phone page: a shell without any data, and the worker that keeps it for where there is no signal.

Everything personal comes from the phone's own store or from the door for phones, with the device's token.
"""

import hashlib
import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from geo.access import public
from patrol.phone_parts import parts
from patrol.phone_words import words

MODULES = (
    "app", "bodies", "duty", "log_form", "nearby", "outbox", "photo_upload", "pictures", "pii", "queue_list", "rescue", "sender", "sketch",
    "store", "tracker", "wire",
)  # fmt: skip
FILES = ("geo/site.css", "patrol/phone/phone.css", "patrol/phone/icon.svg", *(f"patrol/phone/{name}.js" for name in MODULES))


def shown() -> dict:
    """What the page is drawn with: our own and what other modules add."""
    said = words()
    for part in parts:
        said |= part.words()
    return {"words": said, "parts": list(parts), "scripts": [static(part.script) for part in parts]}


@public
@require_GET
@cache_control(no_cache=True)
def phone(request: HttpRequest) -> HttpResponse:
    return render(request, "patrol/phone.html", shown())


@public
@require_GET
@cache_control(no_cache=True)
def phone_worker(request: HttpRequest) -> HttpResponse:
    """Its bytes change with every release, so that the browser fetches the new files, and only then."""
    more = [file for part in parts for file in part.files]
    files = [reverse("phone"), reverse("phone_manifest"), *map(static, [*FILES, *more])]
    page = render(request, "patrol/phone.html", shown()).content
    version = hashlib.sha256(json.dumps(files).encode() + page).hexdigest()[:16]
    context = {"files": json.dumps(files), "version": version, "page": reverse("phone")}
    response = render(request, "patrol/phone_worker.js", context, content_type="text/javascript; charset=utf-8")
    response.headers["Service-Worker-Allowed"] = reverse("phone")
    return response


@public
@require_GET
def phone_manifest(request: HttpRequest) -> JsonResponse:
    icon = {"src": static("patrol/phone/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}
    return JsonResponse(
        {
            "name": _("四无巡逻"), "short_name": _("四无巡逻"), "lang": request.LANGUAGE_CODE, "start_url": reverse("phone"),
            "scope": reverse("phone"), "display": "standalone", "orientation": "portrait", "background_color": "#12181d",
            "theme_color": "#1b4f72", "icons": [icon, {**icon, "purpose": "maskable"}],
        },
        content_type="application/manifest+json",
    )  # fmt: skip
