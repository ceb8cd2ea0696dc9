"""The pages of rounds. Every view begins with what the reader may see."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo.access import get_for
from geo.models import Compound
from geo.workflow import MoveRefused
from patrol.paper import xlsx_response
from zones import completeness, corrections, kept_pictures, objection_paper, objections, proposals, round_life
from zones import round_pages as pages
from zones.campaigns import CampaignRefused
from zones.models import CompoundObjection, GradeProposal, ObjectionFile, Publication, RatingRound
from zones.register_words import RegisterRefused
from zones.rounds import RatingRefused

REFUSALS = (RatingRefused, RegisterRefused, CampaignRefused, MoveRefused)


def _round_or_404(request: HttpRequest, period: str) -> RatingRound:
    """Administrators read no business data."""
    if not request.user.reads_business_data:
        raise PermissionDenied
    return get_object_or_404(RatingRound.objects.computed().select_related(*pages.PEOPLE), period=period[:10])


@require_GET
def rounds(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/rounds.html", pages.listing(request.user, now=timezone.now()))


@require_GET
def rating_round(request: HttpRequest, period: str) -> HttpResponse:
    found = _round_or_404(request, period)
    return render(request, "zones/round.html", pages.one(found, request.user, now=timezone.now()))


def _again(request: HttpRequest, found: RatingRound, refused: Exception) -> HttpResponse:
    """The page with the reason and with what was typed."""
    found.refresh_from_db()
    context = pages.one(found, request.user, now=timezone.now(), typed=request.POST.dict())
    return render(request, "zones/round.html", context | {"error": str(refused)}, status=422)


@require_POST
def round_move(request: HttpRequest, period: str) -> HttpResponse:
    found = _round_or_404(request, period)
    to, why = request.POST.get("to", ""), request.POST.get("why", "")
    try:
        round_life.go(found, to, by=request.user, now=timezone.now(), why=why)
    except REFUSALS as refused:
        return _again(request, found, refused)
    messages.success(request, _("已办理：%(state)s。") % {"state": RatingRound.State(to).label})
    return redirect("round", period=period)


@require_POST
def round_withdraw(request: HttpRequest, period: str) -> HttpResponse:
    found = _round_or_404(request, period)
    publication = get_object_or_404(Publication, period=found.period, is_current=True)
    try:
        corrections.withdraw(publication, by=request.user, reason=request.POST.get("reason", ""), now=timezone.now())
    except REFUSALS as refused:
        return _again(request, found, refused)
    messages.success(request, _("已撤回公布。"))
    return redirect("round", period=period)


@require_GET
def round_completeness(request: HttpRequest, period: str) -> FileResponse:
    found = _round_or_404(request, period)
    head, rows = completeness.as_table(completeness.completeness(found, request.user))
    return xlsx_response([(_("完整性核对"), head, rows, ())], name=f"{_('完整性核对')}{found.period}")


@require_POST
def round_reviewed(request: HttpRequest, period: str) -> HttpResponse:
    found = _round_or_404(request, period)
    try:
        proposals.confirm(found, by=request.user, now=timezone.now())
    except REFUSALS as refused:
        return _again(request, found, refused)
    messages.success(request, _("已确认复核。"))
    return redirect("round", period=period)


@require_http_methods(["GET", "HEAD", "POST"])
def round_propose(request: HttpRequest, period: str, pk: int) -> HttpResponse:
    found, compound = _round_or_404(request, period), get_for(request.user, Compound, pk)
    context = pages.proposing(found, compound, request.user)
    if context is None:
        raise PermissionDenied
    typed = {name: request.POST.get(name, "") for name in ("colour", "reason")}
    if request.method != "POST":
        return render(request, "zones/round_propose.html", context | {"typed": typed})
    try:
        proposals.propose(context["grade"], **typed, upload=request.FILES.get("file"), by=request.user, now=timezone.now())
    except REFUSALS as refused:
        return render(request, "zones/round_propose.html", context | {"typed": typed, "error": str(refused)}, status=422)
    messages.success(request, _("建议已提出，等待县级决定。"))
    return redirect("round", period=period)


@require_POST
def proposal_decide(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, GradeProposal, pk)
    try:
        proposals.decide(
            found, request.POST.get("to", ""), answer=request.POST.get("answer", ""), by=request.user, now=timezone.now()
        )
    except REFUSALS as refused:
        return _again(request, found.grade.round, refused)
    messages.success(request, _("已决定。"))
    return redirect("round", period=found.grade.round.period)


@require_GET
def proposal_file(request: HttpRequest, pk: int) -> FileResponse:
    return kept_pictures.handed_in(get_for(request.user, GradeProposal, pk))


@require_POST
def objection_decide(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, CompoundObjection, pk)
    typed = {name: request.POST.get(name, "") for name in ("answer", "colour")}
    try:
        objections.decide(found, request.POST.get("to", ""), **typed, by=request.user, now=timezone.now())
    except REFUSALS as refused:
        return _again(request, found.round, refused)
    messages.success(request, _("已答复。"))
    return redirect("round", period=found.round.period)


@require_GET
def objection_file(request: HttpRequest, pk: int) -> FileResponse:
    mine = CompoundObjection.objects.visible_to(request.user).values("pk")
    return kept_pictures.handed_in(get_object_or_404(ObjectionFile, pk=pk, objection__in=mine))


@require_POST
def round_notices(request: HttpRequest, period: str) -> HttpResponse:
    """Notices of a town, or of one compound, as PDF. A POST: printing is what makes the codes count."""
    found = _round_or_404(request, period)
    if not request.user.writes_business_data:
        raise PermissionDenied
    chosen = {name: request.POST.get(name, "")[:20] for name in ("town", "piece", "compound")}
    grades = objection_paper.chosen(found, request.user, **chosen)
    if not grades:
        raise Http404
    try:
        return objection_paper.pdf(request, found, grades, now=timezone.now())
    except REFUSALS as refused:
        return _again(request, found, refused)
