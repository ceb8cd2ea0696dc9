"""The pages of bulletins. Every view begins with what the reader may see."""
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from geo import workflow
from geo.access import get_for
from geo.models import Division
from zones import kept_pictures
from zones.bulletins import files, pages, zone_map
from zones.bulletins import writing as verbs
from zones.models import Bulletin
from zones.register_words import RegisterRefused

REFUSALS = (RegisterRefused, workflow.MoveRefused)


@require_GET
def bulletins(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/bulletins.html", pages.listing(request.user, request.GET, now=timezone.now()))


@require_POST
def bulletin_new(request: HttpRequest) -> HttpResponse:
    if not request.user.writes_business_data:
        raise PermissionDenied
    asked, now = request.POST.get("unit", "").replace("\x00", "")[:12], timezone.now()
    unit = get_object_or_404(Division.objects.in_division(request.user.division_id), pk=asked)
    try:
        protects = bool(request.POST.get("protected"))
        made = verbs.draft(unit, request.POST.get("period", "")[:20], by=request.user, now=now, is_protected=protects)
    except REFUSALS as refused:
        context = pages.listing(request.user, {}, now=now, typed=request.POST.dict())
        return render(request, "zones/bulletins.html", context | {"error": str(refused)}, status=422)
    messages.success(request, _("已起草。数据已固定，正文可以修改。"))
    return redirect("bulletin", pk=made.pk)


@require_GET
def bulletin(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; as JSON, how far its files are."""
    found = get_for(request.user, Bulletin, pk)
    if request.headers.get("Accept", "").startswith("application/json"):
        job = files.of(found).order_by("-pk").first()
        told = {"state": job.state if job else "done", "share": job.done_share if job else 1, "message": job.message if job else ""}
        return JsonResponse(told, headers={"Cache-Control": "no-store"})
    return render(request, "zones/bulletin.html", pages.one(found, request.user))


def _done(request: HttpRequest, pk: int, act: Callable[[Bulletin], str]) -> HttpResponse:
    """Do it, or bring the page back with the reason and with what was typed."""
    found = get_for(request.user, Bulletin, pk)
    try:
        told = act(found)
    except REFUSALS as refused:
        found.refresh_from_db()
        context = pages.one(found, request.user, typed=request.POST.dict())
        return render(request, "zones/bulletin.html", context | {"error": str(refused)}, status=422)
    messages.success(request, told)
    return redirect("bulletin", pk=pk)


@require_POST
def bulletin_texts(request: HttpRequest, pk: int) -> HttpResponse:
    def act(found: Bulletin) -> str:
        is_new = verbs.edit(found, request.POST.dict(), by=request.user, now=timezone.now())
        return _("已保存。") if is_new else _("没有改动。")

    return _done(request, pk, act)


@require_POST
def bulletin_figures(request: HttpRequest, pk: int) -> HttpResponse:
    def act(found: Bulletin) -> str:
        verbs.renew(found, by=request.user, now=timezone.now(), is_protected=bool(request.POST.get("protected")))
        return _("已重新取数。没有改过的段落已重新起草。")

    return _done(request, pk, act)


@require_POST
def bulletin_move(request: HttpRequest, pk: int) -> HttpResponse:
    def act(found: Bulletin) -> str:
        with transaction.atomic():
            done = verbs.move(found, request.POST.get("to", ""), by=request.user, now=timezone.now(), why=request.POST.get("why", ""))
            if done.to_state == Bulletin.State.PUBLISHED:
                files.ask(found, by=request.user)
        return _("已办理：%(state)s。") % {"state": Bulletin.State(done.to_state).label}

    return _done(request, pk, act)


@require_POST
def bulletin_correct(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Bulletin, pk)
    try:
        made = verbs.correct(found, reason=request.POST.get("reason", ""), by=request.user, now=timezone.now())
    except REFUSALS as refused:
        context = pages.one(found, request.user, typed=request.POST.dict())
        return render(request, "zones/bulletin.html", context | {"error": str(refused)}, status=422)
    messages.success(request, _("已起草更正通报。原通报不变。"))
    return redirect("bulletin", pk=made.pk)


@require_POST
def bulletin_files(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Bulletin, pk)
    with transaction.atomic():
        files.ask(found, by=request.user)
    return redirect("bulletin", pk=pk)


@require_GET
def bulletin_file(request: HttpRequest, pk: int, name: str) -> FileResponse:
    """A file of what the bulletin says now; 404 until it has been made."""
    found = get_for(request.user, Bulletin, pk)
    path = files.path_of(found, name)
    if path is None:
        raise Http404
    is_paper = name in files.PAPERS
    disposition = content_disposition_header(True, f"{pages.file_name(found)}.{name}") if is_paper else "inline"
    return kept_pictures.shown(lambda: path.open("rb"), files.TYPES[name], disposition)


@require_GET
def bulletin_map(request: HttpRequest, pk: int) -> HttpResponse:
    """A file to keep and open without a network. Its scripts are its own: never let them run as ours."""
    found = get_for(request.user, Bulletin, pk)
    response = HttpResponse(zone_map.printable(found))
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{pages.file_name(found)}.html")
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["Cache-Control"] = "private, no-store"
    return response
