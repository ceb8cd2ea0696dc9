"""Work on the register: checks one by one or from a file, exports asked for and approved."""

import tempfile
from datetime import date
from pathlib import Path

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from geo.access import get_for
from geo.models import SurveillanceCheck, SurveillanceExport, SurveillancePoint
from geo.proofs import gives_out
from geo.surveillance import access, checks, exports, workbook
from geo.surveillance.gate import EXACT_POSITIONS
from geo.workbooks import CONTENT_TYPE
from geo.workflow import MoveRefused, history

LARGEST_FILE = 5_000_000


@require_http_methods(["GET", "POST"])
def check_one(request: HttpRequest, pk: int) -> HttpResponse:
    point = get_for(request.user, SurveillancePoint, pk)
    _insist_on_writing(request)
    typed = {name: request.POST.get(name, "")[:400].replace("\x00", "") for name in ("checked_on", "result", "note")}
    if request.method == "POST":
        try:
            day = _day(typed["checked_on"])
            checks.note_check(point, checked_on=day, result=typed["result"], note=typed["note"], by=request.user, now=timezone.now())
            messages.success(request, _("已登记：%(name)s，%(day)s。") % {"name": point.name, "day": day})
            return redirect("surveillance_check", pk=pk)
        except checks.CheckRefused as refused:
            messages.error(request, str(refused))
    context = {"point": point, "typed": typed, "results": SurveillanceCheck.Result.choices, "today": timezone.localdate()}
    return render(request, "geo/surveillance_check.html", context | {"checks": point.checks.in_division(point.division_id)[:50]})


@require_http_methods(["GET", "POST"])
def check_file(request: HttpRequest) -> HttpResponse:
    """Checks of many points from a CSV or XLSX file: all of them or none."""
    _insist_on_writing(request)
    refused = None
    if request.method == "POST":
        try:
            noted = _read(request)
            messages.success(request, _("已写入%(new)s条检查；%(known)s条早已登记。") % {"new": noted.new, "known": noted.known})
            return redirect("surveillance_check_file")
        except checks.CheckRefused as problem:
            refused = problem
    context = {"refused": refused, "headers": [names[0] for names in checks.HEADERS.values()], "most": checks.ROWS_AT_MOST}
    return render(request, "geo/surveillance_check_file.html", context, status=400 if refused else 200)


@require_http_methods(["GET", "POST"])
def export_wishes(request: HttpRequest) -> HttpResponse:
    if not access.may(request.user):
        raise PermissionDenied
    why = request.POST.get("why", "").replace("\x00", "")[:400]
    if request.method == "POST":
        try:
            exports.ask(why=why, by=request.user, now=timezone.now())
            messages.success(request, _("已提出申请，等待第二人审批。"))
            return redirect("surveillance_exports")
        except exports.ExportRefused as refused:
            messages.error(request, str(refused))
    waiting = exports.to_decide(request.user).select_related("asked_by", "division")
    context = {"why": why, "mine": _wishes_of(request.user), "waiting": waiting}
    return render(request, "geo/surveillance_exports.html", context)


@gives_out
@require_POST
def export_decision(request: HttpRequest, pk: int) -> HttpResponse:
    wish = exports.to_decide(request.user).filter(pk=pk).first()
    if wish is None:
        raise Http404
    try:
        approve = request.POST.get("decision") == "approve"
        why = request.POST.get("why", "").replace("\x00", "")[:400]
        exports.decide(wish, approve=approve, why=why, by=request.user, now=timezone.now())
        messages.success(request, _("已批准，二十四小时内可下载一次。") if approve else _("已记录：不批准。"))
    except MoveRefused as refused:
        messages.error(request, str(refused))
    return redirect("surveillance_exports")


@gives_out
@require_POST
def export_file(request: HttpRequest) -> HttpResponse:
    """The approved file, once. It is made before the approval is used up: a failure costs nothing."""
    if not access.may(request.user):
        raise PermissionDenied
    if access.current(request.user) is None:
        return redirect(EXACT_POSITIONS.url(reverse("surveillance_exports")))
    now = timezone.now()
    try:
        target, count = workbook.write(request.user)
        exports.claim(request.user, now=now, count=count)
    except exports.ExportRefused as refused:
        messages.error(request, str(refused))
        return redirect("surveillance_exports")
    name = f"{request.user.division.name}{_('监控点台账')}{timezone.localdate()}.xlsx"
    return FileResponse(target, as_attachment=True, filename=name, content_type=CONTENT_TYPE)


def _wishes_of(user) -> list[SurveillanceExport]:
    wishes = SurveillanceExport.objects.in_division(user.division_id).filter(asked_by=user).select_related("decided_by", "division")
    mine = list(wishes[:50])
    for wish in mine:
        wish.is_ready = wish.state == wish.State.APPROVED and wish.valid_until > timezone.now()
        wish.decisions = list(history(wish))
    return mine


def _insist_on_writing(request: HttpRequest) -> None:
    if not request.user.writes_business_data:
        raise PermissionDenied


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise checks.CheckRefused(_("请填写检查日期，应如2026-11-23。")) from wrong


def _read(request: HttpRequest) -> checks.Noted:
    file = request.FILES.get("file")
    if file is None:
        raise checks.CheckRefused(_("请选择文件。"))
    if file.size > LARGEST_FILE:
        raise checks.CheckRefused(_("文件超过%(n)s MB，请分几次导入。") % {"n": LARGEST_FILE // 1_000_000})
    suffix = ".xlsx" if file.name.lower().endswith(".xlsx") else ".csv"
    with tempfile.TemporaryDirectory(prefix="siwu-checks-") as folder:
        path = Path(folder, f"checks{suffix}")
        path.write_bytes(file.read())
        return checks.read_checks(path, by=request.user, now=timezone.now())
