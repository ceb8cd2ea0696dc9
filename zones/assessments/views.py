"""The pages of assessments. Every view begins with what the reader may see."""
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo import objects, workflow
from geo.access import get_for
from geo.layers import registry
from geo.views.answers import private
from patrol import paper
from zones.assessments import forms, pages, work
from zones.models import Assessment
from zones.register_words import RegisterRefused

REFUSALS = (RegisterRefused, workflow.MoveRefused)
SHAPES = ("point", "area")


@require_GET
def assessments(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/assessments.html", pages.listing(request.user, request.GET))


@require_GET
def assessment_points(request: HttpRequest) -> JsonResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return private(JsonResponse(pages.points(request.user, request.GET)))


@require_GET
def assessment_neighbours(request: HttpRequest) -> JsonResponse:
    """Outlines near a site that is being drawn, for it to snap to."""
    if not work.may_draft(request.user):
        raise PermissionDenied
    try:
        found = objects.neighbours(registry["zones"], request.GET.get("bbox", ""), but="", user=request.user)
    except ValueError as wrong:
        raise Http404 from wrong
    return private(JsonResponse(found))


@require_http_methods(["GET", "POST"])
def assessment_new(request: HttpRequest) -> HttpResponse:
    if not work.may_draft(request.user):
        raise PermissionDenied
    form = forms.ProjectForm(request.POST if request.method == "POST" else None, shape=_shape(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = work.create(**form.facts(), by=request.user, now=timezone.now())
        except RegisterRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("已建立。请逐条填写评估结论。"))
            return redirect("assessment", pk=made.pk)
    context = pages.project(form, request.user)
    return render(request, "zones/assessment_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def assessment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Assessment, pk)
    if not work.drafters(request.user, found):
        raise PermissionDenied
    form = forms.ProjectForm(request.POST if request.method == "POST" else None, shape=_shape(request, found), found=found)
    if request.method == "POST" and form.is_valid():
        try:
            work.change(found, **form.facts(), by=request.user, now=timezone.now())
        except RegisterRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("已保存。"))
            return redirect("assessment", pk=pk)
    context = pages.project(form, request.user, found)
    return render(request, "zones/assessment_form.html", context, status=422 if form.errors else 200)


def _shape(request: HttpRequest, found: Assessment | None = None) -> str:
    asked = request.GET.get("shape", "")
    return asked if asked in SHAPES else forms.shape_of(found.geom) if found else SHAPES[0]


@require_GET
def assessment(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Assessment, pk)
    return render(request, "zones/assessment.html", pages.one(found, request.user, now=timezone.now()))


@require_GET
def assessment_print(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_for(request.user, Assessment, pk)
    now = timezone.now()
    context = pages.one(found, request.user, now=now) | {"now": now}
    return paper.pdf_response(request, "zones/assessment_file.html", context, name=f"{found.name}{_('项目评估表')}")


def _done(request: HttpRequest, pk: int, act: Callable[[Assessment], str]) -> HttpResponse:
    """Do it, or bring the page back with the reason and with what was typed."""
    found = get_for(request.user, Assessment, pk)
    try:
        told = act(found)
    except REFUSALS as refused:
        found.refresh_from_db()
        faults = getattr(refused, "faults", None)
        context = pages.one(found, request.user, now=timezone.now(), typed=request.POST.dict(), faults=faults)
        return render(request, "zones/assessment.html", context | {"error": str(refused)}, status=422)
    messages.success(request, told)
    return redirect("assessment", pk=pk)


@require_POST
def assessment_answers(request: HttpRequest, pk: int) -> HttpResponse:
    def act(found: Assessment) -> str:
        given = forms.answers(request.POST.dict(), work.items_of(found))
        return _("已保存。") if work.answer(found, given, by=request.user, now=timezone.now()) else _("没有改动。")

    return _done(request, pk, act)


@require_POST
def assessment_meeting(request: HttpRequest, pk: int) -> HttpResponse:
    def act(found: Assessment) -> str:
        work.add_meeting(found, **forms.meeting(request.POST.dict()), by=request.user, now=timezone.now())
        return _("已登记会议。")

    return _done(request, pk, act)


@require_POST
def assessment_consult(request: HttpRequest, pk: int) -> HttpResponse:
    def act(found: Assessment) -> str:
        work.consult(found, by=request.user, now=timezone.now())
        return _("已对外公示，征求意见。")

    return _done(request, pk, act)


@require_POST
def assessment_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    def act(found: Assessment) -> str:
        asked, reason = request.POST.get("notice", ""), request.POST.get("reason", "")
        notice = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 18 else 0
        work.withdraw_notice(found, notice, reason=reason, by=request.user, now=timezone.now())
        return _("已撤回公示。公众页面仍可看到撤回的原因。")

    return _done(request, pk, act)


@require_POST
def assessment_move(request: HttpRequest, pk: int) -> HttpResponse:
    def act(found: Assessment) -> str:
        done = work.move(found, request.POST.get("to", ""), by=request.user, now=timezone.now(), why=request.POST.get("why", ""))
        return _("已办理：%(state)s。") % {"state": Assessment.State(done.to_state).label}

    return _done(request, pk, act)
