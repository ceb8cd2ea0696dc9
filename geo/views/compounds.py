"""Where courtyards and compounds do not agree: told, never mended silently."""
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from geo import compounds
from geo.models import Courtyard


@require_GET
def courtyard_check(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    mine = Courtyard.objects.visible_to(request.user).select_related("division", "compound")
    astray = compounds.astray_from_compound(mine).order_by("inside_share", "pk")
    alone = mine.filter(compound=None).order_by("name", "pk")
    context = {
        "page": Paginator(astray, 50).get_page(request.GET.get("page")),
        "alone": alone[:50],
        "alone_count": alone.count(),
        "limit_percent": round(100 * compounds.INSIDE_SHARE),
    }
    return render(request, "geo/courtyard_check.html", context)
