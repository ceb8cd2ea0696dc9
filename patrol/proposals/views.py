"""The pages of proposals. Every view begins with what the reader may see."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo.access import get_for
from patrol import plan_grid
from patrol.models import PlanProposal
from patrol.plan_pages import team_asked
from patrol.planning import PlanRefused
from patrol.proposals import drafting, pages
from patrol.proposals.forms import ProposalForm, chosen


def _reader_or_403(user) -> None:
    if user.role not in drafting.READERS:
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
def proposals(request: HttpRequest) -> HttpResponse:
    """What was proposed; for a named team a form, and POST makes another one."""
    _reader_or_403(request.user)
    now, form = timezone.now(), None
    team = team_asked(request.user, (request.POST.get("team") or request.GET.get("team", ""))[:12])
    if request.method == "POST" and team:
        form = ProposalForm(request.POST, team=team, now=now)
        if form.is_valid():
            made = drafting.draft(team, **form.cleaned_data, by=request.user, now=now)
            return redirect("proposal", pk=made.pk)
    return render(request, "patrol/proposals.html", pages.listing(request.user, team, now=now, form=form), status=422 if form else 200)


@require_GET
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    _reader_or_403(request.user)
    found = get_for(request.user, PlanProposal, pk)
    return render(request, "patrol/proposal.html", pages.one(found, request.user, now=timezone.now()))


@require_POST
def proposal_accept(request: HttpRequest, pk: int) -> HttpResponse:
    found, now = get_for(request.user, PlanProposal, pk), timezone.now()
    try:
        count = drafting.accept(found, chosen(request.POST, found), by=request.user, now=now)
    except PlanRefused as refused:
        context = pages.one(found, request.user, now=now) | {"error": str(refused)}
        return render(request, "patrol/proposal.html", context, status=422)
    messages.success(request, _("已把%(count)d个班次排进排班表，请安排人员。") % {"count": count})
    return redirect(f"{reverse('roster')}?team={found.team_id}&week={plan_grid.iso(found.week)}")
