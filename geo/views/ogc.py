"""WFS for desktop programs, and the page that says how to connect them."""
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.decorators.vary import vary_on_headers

from geo import ogc
from geo.access import by_key
from geo.proofs import gives_out

# The decorators keep the library's own mark: reading by POST needs no CSRF token, because it changes nothing.
wfs = by_key(gives_out(cache_control(private=True, no_store=True)(vary_on_headers("Cookie", "Authorization")(ogc.Service.as_view()))))


@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    context = {
        "layers": ogc.described_layers() if request.user.reads_business_data else [],
        "address": request.build_absolute_uri(reverse("wfs")),
        "most": settings.WFS_FEATURES_AT_MOST,
    }
    return render(request, "geo/ogc.html", context)
