"""The pages of the safe-unit campaigns. Every view begins with what the reader may see."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo import workflow
from geo.access import get_for
from zones import campaign_forms as forms
from zones import campaign_pages as pages
from zones import campaigns as verbs
from zones import evidence, kept_pictures
from zones.campaigns import CampaignRefused
from zones.models import Campaign, CampaignKind, Candidate, EvidenceFile

REFUSALS = (CampaignRefused, workflow.MoveRefused)


@require_http_methods(["GET", "POST"])
def campaigns(request: HttpRequest) -> HttpResponse:
    """The year's campaigns with the reader's own towns; the county's officers set up a new one here."""
    if not request.user.reads_business_data:
        raise PermissionDenied
    form = forms.CampaignForm(request.POST if request.method == "POST" else None, on=timezone.localdate())
    if request.method == "POST" and form.is_valid():
        try:
            made = verbs.create(by=request.user, **form.cleaned_data)
            return redirect("campaign", pk=made.pk)
        except CampaignRefused as refused:
            form.add_error(None, str(refused))
    context = pages.overview(request.user, request.GET.get("year", "")) | {"form": form if pages.sets_up(request.user) else None}
    return render(request, "zones/campaigns.html", context, status=422 if form.is_bound else 200)


@require_GET
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Campaign, pk)
    return render(request, "zones/campaign.html", pages.campaign(found, request.user, request.GET, now=timezone.now()))


@require_GET
def campaign_map(request: HttpRequest, pk: int) -> JsonResponse:
    found = get_for(request.user, Campaign, pk)
    return JsonResponse(pages.points(found, request.user), headers={"Cache-Control": "private, no-store"})


@require_GET
def campaign_outlines(request: HttpRequest) -> JsonResponse:
    if not request.user.reads_business_data:
        raise Http404
    found = pages.outlines(request.user, on=timezone.localdate())
    return JsonResponse(found, headers={"Cache-Control": "private, max-age=600", "Vary": "Cookie"})


@require_POST
def campaign_move(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Campaign, pk)
    try:
        done = workflow.move(found, request.POST.get("to", ""), by=request.user, now=timezone.now())
        messages.success(request, _("已办理：%(state)s。") % {"state": Campaign.State(done.to_state).label})
    except REFUSALS as refused:
        messages.error(request, str(refused))
    return redirect("campaign", pk=pk)


@require_http_methods(["GET", "POST"])
def nominate(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Campaign, pk)
    if not request.user.writes_business_data:
        raise PermissionDenied
    form = forms.nomination_form(found, request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = verbs.nominate(found, by=request.user, now=timezone.now(), **form.thing())
            return redirect("candidate", pk=made.pk)
        except CampaignRefused as refused:
            form.add_error(None, str(refused))
    context = {"campaign": found, "form": form, "late": verbs.is_late(found, now=timezone.now())}
    if found.kind == CampaignKind.OFFICE:
        context["map"] = pages.map_config(request.user, "")
    return render(request, "zones/campaign_nominate.html", context, status=422 if form.is_bound else 200)


@require_GET
def candidate(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Candidate, pk)
    return render(request, "zones/candidate.html", pages.candidate(found, request.user, now=timezone.now()))


@require_POST
def candidate_answers(request: HttpRequest, pk: int) -> HttpResponse:
    """The self-check and its files, all or nothing; what was typed comes back with the reasons."""
    found = get_for(request.user, Candidate, pk)
    typed = forms.AnswersTyped(found, request.POST, request.FILES)
    return _stored(request, found, typed, lambda: typed.store(by=request.user, now=timezone.now()))


@require_POST
def candidate_findings(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Candidate, pk)
    typed = forms.FindingsTyped(found, request.POST)
    return _stored(request, found, typed, lambda: typed.store(by=request.user, now=timezone.now()))


def _stored(request: HttpRequest, found: Candidate, typed, store) -> HttpResponse:
    try:
        store()
    except CampaignRefused as refused:
        context = pages.candidate(found, request.user, now=timezone.now(), typed=typed, faults=refused.faults)
        return render(request, "zones/candidate.html", context | {"error": str(refused)}, status=422)
    messages.success(request, _("已保存。"))
    return redirect("candidate", pk=found.pk)


@require_POST
def candidate_move(request: HttpRequest, pk: int) -> HttpResponse:
    """One step. A refused one brings the page back with the reason and with what was typed."""
    found = get_for(request.user, Candidate, pk)
    typed = {name: request.POST.get(name, "") for name in ("to", "why", "award_number")}
    try:
        done = verbs.move(found, by=request.user, now=timezone.now(), **typed)
    except REFUSALS as refused:
        context = pages.candidate(found, request.user, now=timezone.now(), moving=typed)
        return render(request, "zones/candidate.html", context | {"error": str(refused)}, status=422)
    messages.success(request, _("已办理：%(state)s。") % {"state": Candidate.State(done.to_state).label})
    return redirect("candidate", pk=pk)


def _file_or_404(request: HttpRequest, pk: int) -> EvidenceFile:
    mine = Candidate.objects.visible_to(request.user).values("pk")
    return get_object_or_404(EvidenceFile.objects.select_related("candidate__campaign"), pk=pk, candidate__in=mine)


@require_GET
def evidence_file(request: HttpRequest, pk: int) -> FileResponse:
    return kept_pictures.handed_in(_file_or_404(request, pk))


@require_POST
def evidence_remove(request: HttpRequest, pk: int) -> HttpResponse:
    kept = _file_or_404(request, pk)
    try:
        evidence.remove(kept, by=request.user)
        messages.success(request, _("已删除文件“%(name)s”。") % {"name": kept.name})
    except CampaignRefused as refused:
        messages.error(request, str(refused))
    return redirect(reverse("candidate", args=[kept.candidate_id]) + f"#item-{kept.item}")


@require_GET
def awards(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/campaign_awards.html", pages.awards(request.user, request.GET, on=timezone.localdate()))


@require_GET
def awards_file(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    found = pages.awards(request.user, request.GET, on=timezone.localdate())
    response = HttpResponse(pages.awards_workbook(found["awards"]), content_type=pages.XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, _("平安创建命名名单") + ".xlsx")
    response.headers["Cache-Control"] = "private, no-store"
    return response
