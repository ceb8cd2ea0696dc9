"""The pages of studies of effect. Every view begins with what the reader may see."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo.access import get_for
from geo.workbooks import CONTENT_TYPE
from zones.effect_studies import files, maps, pages, studies
from zones.effect_studies.forms import StudyForm
from zones.models import EffectStudy
from zones.periods import day_of
from zones.register_words import RegisterRefused


def _reader_or_403(user) -> None:
    if not studies.readers(user):
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def effects(request: HttpRequest) -> HttpResponse:
    """Studies of the county; POST asks for another one."""
    _reader_or_403(request.user)
    now, form = timezone.now(), None
    if request.method == "POST":
        if not studies.writers(request.user):
            raise PermissionDenied
        form = StudyForm(request.POST, county=request.user.division_id, on=day_of(now))
        if form.is_valid():
            made = studies.ask(**form.cleaned_data, by=request.user, now=now)
            messages.success(request, _("已提交，算完会显示在这里。"))
            return redirect("effect", pk=made.pk)
    context = pages.listing(request.user, now=now, form=form, year=request.GET.get("year", ""))
    return render(request, "zones/effects.html", context, status=422 if form else 200)


@require_GET
def effect(request: HttpRequest, pk: int) -> HttpResponse:
    """The answer; as JSON, how far the work is."""
    _reader_or_403(request.user)
    found = get_for(request.user, EffectStudy, pk)
    if request.headers.get("Accept", "").startswith("application/json"):
        told = {"state": "failed" if found.cancelled_at else found.job.state, "share": found.job.done_share, "message": found.job.message}
        return JsonResponse(told, headers={"Cache-Control": "no-store"})
    return render(request, "zones/effect.html", pages.one(found, request.user))


@require_POST
def effect_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    _reader_or_403(request.user)
    found = get_for(request.user, EffectStudy, pk)
    try:
        studies.cancel(found, by=request.user, now=timezone.now())
    except RegisterRefused as refused:
        messages.error(request, str(refused))
    return redirect("effect", pk=pk)


@require_GET
def effect_map(request: HttpRequest, pk: int) -> JsonResponse:
    """Outlines of the compared zones and of the ring, for the map of the page."""
    _reader_or_403(request.user)
    found = get_for(request.user, EffectStudy, pk)
    if not found.result:
        raise Http404
    return JsonResponse(maps.features(found, request.user), headers={"Cache-Control": "private, no-store"})


@require_GET
def effect_file(request: HttpRequest, pk: int) -> HttpResponse:
    _reader_or_403(request.user)
    found = get_for(request.user, EffectStudy, pk)
    if not found.result:
        raise Http404
    name = f'attachment; filename="siwu-effect-{found.year}-{found.pk}.xlsx"'
    return HttpResponse(files.workbook(found), content_type=CONTENT_TYPE, headers={"Content-Disposition": name})
