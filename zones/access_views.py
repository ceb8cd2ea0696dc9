"""Who looks at what: counts for the public, and everything that is about oneself for every account."""
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_safe

from geo.access import public
from geo.audit.reading import concerning
from geo.audit.sources import Group
from zones import access_figures as figures

PER_PAGE = 50


@public
@require_safe
@gzip_page
def public_access(request: HttpRequest) -> HttpResponse:
    return render(request, "zones/public_access.html", {"months": figures.told(), "headings": figures.headings()})


@require_GET
def my_access(request: HttpRequest) -> HttpResponse:
    own = concerning(request.user)
    counts = [(label, sum(each.group == group for each in own)) for group, label in Group.choices]
    page = Paginator(own, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "zones/my_access.html", {"page": page, "counts": [each for each in counts if each[1]]})
