"""Figures for a monitoring program that knows the token; for everybody else there is no such page."""
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from geo import metrics
from geo.access import by_token


@by_token
@never_cache
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    if not settings.METRICS_TOKEN or kind != "Bearer" or not constant_time_compare(token, settings.METRICS_TOKEN):
        raise Http404
    return HttpResponse(metrics.text(), content_type=CONTENT_TYPE_LATEST)
