from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from geo import editing
from geo.editing.history import described
from geo.layers import BASE_LINES


@require_GET
def base_lines(request: HttpRequest) -> HttpResponse:
    """Roads, railways and rivers of the base map, for the county's officers to mend."""
    if not editing.may_edit(BASE_LINES, request.user):
        raise PermissionDenied
    asked = request.GET.get("q", "")[:60].replace("\x00", "").strip()
    page = Paginator(editing.rows(BASE_LINES, request.user).filter(name__icontains=asked).order_by("kind", "name", "pk"), 50)
    shown = page.get_page(request.GET.get("page"))
    for line in shown:
        line.size_in_words = described("line", line.geom)
    return render(request, "geo/base_lines.html", {"layer": BASE_LINES, "page": shown, "asked": asked})
