"""R17 for the public: the contest, a courtyard's page, and papers to hang up."""
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from geo.access import public
from zones import contest, public_papers, published
from zones import public_pages as pages
from zones.models import FourFree, PublishedGrade, PublishedTitle


@public
@require_safe
@gzip_page
def public_contest(request: HttpRequest) -> HttpResponse:
    asked = pages.asked(request, "period", "unit", "town", "size", "q")
    publication = published.find(asked["period"]) if asked["period"] else published.newest()
    if publication is None:
        raise Http404
    unit = contest.COMPOUNDS if asked["unit"] == contest.COMPOUNDS else contest.COURTYARDS
    found = contest.units(publication, unit, town=asked["town"], text=asked["q"], size=asked["size"])
    context = {
        "publication": publication, "periods": published.publications().filter(is_current=True), "asked": {**asked, "unit": unit},
        "towns": published.towns(publication), "sizes": [size for size in PublishedGrade.Size.choices if size[0]],
        "page": Paginator(found, pages.PAGE_SIZE).get_page(request.GET.get("page")),
        "places": contest.towns(publication, unit), "counts": contest.counts(publication, unit),
    }  # fmt: skip
    return render(request, "zones/public_contest.html", context)


@public
@require_safe
@gzip_page
def public_courtyard(request: HttpRequest, public_id: UUID) -> HttpResponse:
    history = list(published.title_history(public_id))
    if not history:
        raise Http404
    return render(request, "zones/public_courtyard.html", {"title": history[0], "publication": history[0].publication, "history": history})


@public
@require_safe
def compound_poster(request: HttpRequest, public_id: UUID) -> HttpResponse:
    context = pages.compound(public_id)
    if context is None:
        raise Http404
    address = request.build_absolute_uri(reverse("public_compound", args=[public_id]))
    return public_papers.answer(request, "poster", context["publication"], public_id, {**context, "address": address})


@public
@require_safe
def courtyard_certificate(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Of the newest period; 404 where the title is not held, so that no paper says what is not so."""
    unit = published.title_history(public_id).first()
    if unit is None or unit.outcome != FourFree.HELD:
        raise Http404
    return _certificate(request, unit, unit.streak_count, reverse("public_courtyard", args=[public_id]))


@public
@require_safe
def compound_certificate(request: HttpRequest, public_id: UUID) -> HttpResponse:
    unit = published.history(public_id).first()
    if unit is None or unit.title_outcome != FourFree.HELD:
        raise Http404
    return _certificate(request, unit, unit.title_streak_count, reverse("public_compound", args=[public_id]))


def _certificate(request: HttpRequest, unit: PublishedTitle | PublishedGrade, streak: int, path: str) -> HttpResponse:
    context = {"unit": unit, "streak": streak, "address": request.build_absolute_uri(path)}
    return public_papers.answer(request, "certificate", unit.publication, unit.public_id, context)
