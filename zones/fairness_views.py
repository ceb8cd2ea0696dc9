"""The fairness monitor's page and file, for those who answer for the whole county."""
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from geo.workbooks import CONTENT_TYPE
from zones import fairness_pages as pages
from zones.models import RatingRound


def round_for(request: HttpRequest) -> RatingRound | None:
    """The round asked for, or the newest computed one. Raises PermissionDenied and Http404."""
    if not pages.reads(request.user):
        raise PermissionDenied
    computed = RatingRound.objects.computed().select_related("scheme")
    if period := request.GET.get("period", "").replace("\x00", "")[:10]:
        return get_object_or_404(computed, period=period)
    return computed.first()


@require_GET
def fairness(request: HttpRequest) -> HttpResponse:
    rating_round = round_for(request)
    found = pages.page(request.user, rating_round, now=timezone.now()) if rating_round else {}
    return render(request, "zones/fairness.html", found)


@require_GET
def fairness_file(request: HttpRequest) -> HttpResponse:
    rating_round = round_for(request)
    if rating_round is None:
        raise Http404
    body = pages.workbook(pages.page(request.user, rating_round, now=timezone.now()))
    name = f'attachment; filename="siwu-fairness-{rating_round.period}.xlsx"'
    return HttpResponse(body, content_type=CONTENT_TYPE, headers={"Content-Disposition": name})
