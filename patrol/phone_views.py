"""The phone page: three answers without an account, and nothing about anybody in them."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from geo.access import public
from patrol import phone

# Asked again each time, by a browser that is online; the service worker keeps its own copy.
FRESH = {"Cache-Control": "no-cache", "Vary": "Cookie"}


@public
@require_safe
def shell(request: HttpRequest) -> HttpResponse:
    html = phone.shell()
    # By this the service worker tells our page from a captive portal's.
    return HttpResponse(html, headers={**FRESH, "X-Siwu-Phone": phone.version(html)})


@public
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    settings = {"version": phone.version(phone.shell()), "files": phone.files()}
    text = render_to_string("patrol/phone_worker.js", {"settings": json.dumps(settings)})
    return HttpResponse(text, content_type="text/javascript; charset=utf-8", headers={**FRESH, "Service-Worker-Allowed": "/phone/"})


@public
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    return JsonResponse(phone.manifest(), content_type="application/manifest+json", headers=FRESH)
