"""Bulletins for the public: those that were printed with protected numbers."""
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from geo.access import public
from zones import public_papers, published
from zones.models import PublishedBulletin

PAGE_SIZE = 30


@public
@require_safe
@gzip_page
def public_bulletins(request: HttpRequest) -> HttpResponse:
    page = Paginator(published.bulletins().defer("content"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "zones/public_bulletins.html", {"page": page})


def _bulletin(public_id: UUID) -> PublishedBulletin:
    found = published.bulletins().filter(public_id=public_id).first()
    if found is None:
        raise Http404
    found.correction = published.bulletins().filter(corrects=found).first()
    return found


@public
@require_safe
@gzip_page
def public_bulletin(request: HttpRequest, public_id: UUID) -> HttpResponse:
    return render(request, "zones/public_bulletin.html", {"bulletin": _bulletin(public_id)})


@public
@require_safe
def public_bulletin_file(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = _bulletin(public_id)
    address = request.build_absolute_uri(reverse("public_bulletin", args=[public_id]))
    return public_papers.answer(request, "bulletin", None, public_id, {"bulletin": found, "address": address})
