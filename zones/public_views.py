"""The public's own door: no account, no session, only what was published."""
import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from geo.access import public
from zones import downloads, published
from zones import public_pages as pages
from zones.criteria import parse_criteria
from zones.criteria_words import rows
from zones.licence import licence
from zones.models import Publication


@public
@require_safe
@gzip_page
def home(request: HttpRequest) -> HttpResponse:
    asked = pages.asked(request, "period", "number", "town", "grade", "kind", "title", "sort", "q")
    publication = published.find(asked["period"], asked["number"]) if asked["period"] else published.newest()
    if publication is None:
        if asked["period"]:
            raise Http404
        return render(request, "zones/nothing_published.html")
    return render(request, "zones/home.html", pages.home(publication, asked, request.GET.get("page")))


@public
@require_safe
@gzip_page
def public_compound(request: HttpRequest, public_id) -> HttpResponse:
    context = pages.compound(public_id)
    if context is None:
        raise Http404
    return render(request, "zones/public_compound.html", context)


@public
@require_safe
@gzip_page
def public_compare(request: HttpRequest) -> HttpResponse:
    publication = _asked_publication(request)
    ids = list(dict.fromkeys(request.GET.getlist("id")))
    return render(request, "zones/public_compare.html", pages.compare(publication, ids, pages.asked(request, "q")["q"]))


@public
@require_safe
@gzip_page
def public_changes(request: HttpRequest) -> HttpResponse:
    return render(request, "zones/public_changes.html", {"changes": published.changes()[:200]})


@public
@require_safe
@gzip_page
def public_recompute(request: HttpRequest) -> HttpResponse:
    asked = pages.asked(request, "id", "q")
    return render(request, "zones/public_recompute.html", pages.recompute(_asked_publication(request), asked))


@public
@require_safe
@gzip_page
def open_data(request: HttpRequest) -> HttpResponse:
    context = {"publication": published.newest(), "licence": licence(), "root": request.build_absolute_uri("/api/open/v1/")}
    return render(request, "zones/open_data.html", context)


def _asked_publication(request: HttpRequest) -> Publication:
    period = request.GET.get("period", "")[:10]
    publication = published.find(period, request.GET.get("number", "")) if period else published.newest()
    if publication is None:
        raise Http404
    return publication


@public
@require_safe
@gzip_page
def public_criteria(request: HttpRequest, version: str) -> HttpResponse:
    used = [publication for publication in published.publications().filter(is_current=True) if publication.scheme_version == version]
    publication = used[0] if used else published.publications().filter(scheme_version=version).first()
    if publication is None:
        raise Http404
    criteria = parse_criteria(publication.criteria)
    context = {"publication": publication, "criteria": criteria, "rows": rows(criteria), "used": used}
    return render(request, "zones/public_criteria.html", context)


def _published_or_404(request: HttpRequest, period: str) -> Publication:
    publication = published.find(period, request.GET.get("number", ""))
    if publication is None:
        raise Http404
    return publication


@public
@require_safe
@gzip_page
def public_data(request: HttpRequest, period: str, form: str) -> HttpResponse:
    publication = _published_or_404(request, period)
    return downloads.answer(request, publication, form)


@public
@require_safe
@gzip_page
def public_map_file(request: HttpRequest, period: str) -> HttpResponse:
    """A file to keep, print and open without a network. Its scripts are its own: never let them run as ours."""
    publication = _published_or_404(request, period)
    response = downloads.answer(request, publication, "html")
    response.headers["Content-Disposition"] = f'attachment; filename="siwu-{publication.period}-{publication.number}.html"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@public
@require_safe
@gzip_page
def public_points(request: HttpRequest, period: str) -> HttpResponse:
    return downloads.answer(request, _published_or_404(request, period), "points")


@public
@require_safe
@gzip_page
def public_outlines(request: HttpRequest) -> HttpResponse:
    body = downloads.outlines(timezone.localdate())
    return downloads.conditional(request, f"outlines-{hashlib.sha256(body).hexdigest()[:16]}", lambda: body, "application/geo+json")
