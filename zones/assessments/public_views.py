"""Notices of projects for the public: no account, only what was published."""
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from geo.access import public
from zones.assessments import public_pages as pages


@public
@require_safe
@gzip_page
def public_assessments(request: HttpRequest) -> HttpResponse:
    page = Paginator(pages.notices(), pages.PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "zones/public_assessments.html", {"page": page, "today": timezone.localdate()})


@public
@require_safe
@gzip_page
def public_assessment(request: HttpRequest, public_id: UUID) -> HttpResponse:
    found = pages.notices().filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return render(request, "zones/public_assessment.html", pages.one(found, on=timezone.localdate()))
