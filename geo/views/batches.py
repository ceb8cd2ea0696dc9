from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from geo.layers import registry
from geo.models import Batch


@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    """What files have changed, newest first. A batch crosses territories, so only the county's officers read this page."""
    if request.user.role != request.user.Role.COUNTY_OFFICER:
        raise PermissionDenied
    page = Paginator(Batch.objects.select_related("applied_by"), 50).get_page(request.GET.get("page"))
    for batch in page:
        layer = registry.get(batch.layer)
        batch.layer_title = layer.title if layer else batch.layer
    return render(request, "geo/batches.html", {"page": page})
