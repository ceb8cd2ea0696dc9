"""The pages of standards and their drafts. Staff read what holds; officers of the county write and adopt."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo.workflow import MoveRefused
from zones.models import RuleDraft
from zones.register_words import RegisterRefused
from zones.rulebook import drafting, pages
from zones.rulebook.boards import BOARDS, Board
from zones.rulebook.editor import Editor


def version_for(user, key: str, pk: int) -> tuple[Board, object]:
    if not user.reads_business_data or key not in BOARDS:
        raise Http404
    board = BOARDS[key]
    return board, get_object_or_404(board.model, pk=pk)


def draft_for(user, pk: int) -> RuleDraft:
    return get_object_or_404(pages.readable(user), pk=pk)


@require_GET
def rulebook(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    return render(request, "zones/rulebook.html", pages.listing(request.user, now=timezone.now()))


@require_GET
def rule_version(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    board, found = version_for(request.user, key, pk)
    return render(request, "zones/rule_version.html", pages.version(board, found, request.user, now=timezone.now()))


@require_POST
def rule_begin(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    board, found = version_for(request.user, key, pk)
    made = drafting.begin(board, found, by=request.user, now=timezone.now())
    return redirect("rule_edit", pk=made.pk)


@require_GET
def rule_draft(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "zones/rule_draft.html", pages.draft(draft_for(request.user, pk), request.user))


@require_http_methods(["GET", "POST"])
def rule_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = draft_for(request.user, pk)
    if found.state != RuleDraft.State.DRAFT:
        return redirect("rule_draft", pk=pk)
    form, refused = Editor(BOARDS[found.board], found, request.POST if request.method == "POST" else None), ""
    if request.method == "POST" and form.is_valid():
        try:
            drafting.write(found, **form.said(request.POST), by=request.user, now=timezone.now())
            messages.success(request, _("已保存。"))
            return redirect("rule_edit" if {"copy", "drop"} & {*request.POST} else "rule_draft", pk=pk)
        except (RegisterRefused, ValueError) as problem:
            refused = str(problem) if isinstance(problem, RegisterRefused) else _("没有这一行，请刷新页面。")
    status = 422 if refused or form.errors else 200
    return render(request, "zones/rule_edit.html", {"board": form.board, "draft": found, "form": form, "refused": refused}, status=status)


@require_POST
def rule_move(request: HttpRequest, pk: int) -> HttpResponse:
    found = draft_for(request.user, pk)
    try:
        done = drafting.move(found, request.POST.get("to", ""), by=request.user, now=timezone.now(), why=request.POST.get("why", ""))
    except (RegisterRefused, MoveRefused) as refused:
        context = pages.draft(draft_for(request.user, pk), request.user, request.POST) | {"error": str(refused)}
        return render(request, "zones/rule_draft.html", context, status=422)
    messages.success(request, _("已办理：%(state)s。") % {"state": RuleDraft.State(done.to_state).label})
    return redirect("rule_draft", pk=pk)
