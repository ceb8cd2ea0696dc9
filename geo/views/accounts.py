"""The pages of the three administrators: accounts, what is asked for, what was done, who signed in."""
from axes.models import AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo import accounts, proofs, workflow
from geo.account_forms import AskForm
from geo.models import AccountEvent, AccountRequest, User
from geo.proofs import asks_for_proof

PER_PAGE = 50
REFUSALS = (accounts.AccountRefused, workflow.MoveRefused)


def _insist(request: HttpRequest) -> None:
    if not accounts.reads(request.user):
        raise PermissionDenied


def _account_or_404(request: HttpRequest, pk: int) -> User:
    _insist(request)
    return get_object_or_404(accounts.visible_to(request.user), pk=pk)


@require_GET
def account_list(request: HttpRequest) -> HttpResponse:
    _insist(request)
    found = accounts.visible_to(request.user)
    asked = request.GET.get("q", "").replace("\x00", "")[:60].strip()
    if asked:
        found = found.filter(username__icontains=asked)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    locked = accounts.locked(timezone.now())
    for each in page:
        each.is_locked = each.username in locked
    waiting = accounts.requests_for(request.user).filter(state=AccountRequest.State.ASKED)
    for each in waiting:
        each.moves = workflow.open_moves(each, by=request.user)
    context = {"page": page, "asked": asked, "waiting": waiting, "may_ask": accounts.is_system_admin(request.user)}
    context["is_offered"] = settings.SECOND_FACTOR == proofs.OFFERED
    return render(request, "geo/accounts.html", context)


@require_http_methods(["GET", "POST"])
def account_new(request: HttpRequest) -> HttpResponse:
    if not accounts.is_system_admin(request.user):
        raise PermissionDenied
    return _asked(request, None)


@require_http_methods(["GET", "POST"])
def account_rights(request: HttpRequest, pk: int) -> HttpResponse:
    account = _account_or_404(request, pk)
    if not accounts.is_system_admin(request.user):
        raise PermissionDenied
    return _asked(request, account)


def _asked(request: HttpRequest, account: User | None) -> HttpResponse:
    form = AskForm(request.POST if request.method == "POST" else None, by=request.user, account=account)
    if form.is_bound and form.is_valid():
        try:
            accounts.ask(**form.said(), account=account, by=request.user, now=timezone.now())
            messages.success(request, _("已提交，等待安全管理员授权。"))
            return redirect("accounts")
        except accounts.AccountRefused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, str(refused))
    return render(request, "geo/account_ask.html", {"form": form, "account": account}, status=422 if form.errors else 200)


@asks_for_proof
@require_POST
def request_decide(request: HttpRequest, pk: int) -> HttpResponse:
    _insist(request)
    found = get_object_or_404(accounts.requests_for(request.user), pk=pk)
    try:
        accounts.decide(found, request.POST.get("to", "")[:20], by=request.user, now=timezone.now(), why=request.POST.get("why", "")[:500])
        messages.success(request, _("已办理：%(state)s。") % {"state": found.get_state_display()})
    except REFUSALS as refused:
        messages.error(request, str(refused))
    return redirect("accounts")


@require_GET
def account(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, _account_or_404(request, pk))


def _page(request: HttpRequest, found: User, status: int = 200, **context) -> HttpResponse:
    me, now = request.user, timezone.now()
    found.is_locked = found.username in accounts.locked(now)
    context |= {
        "account": found, "events": found.events.select_related("by"), "requests": found.requests.select_related("division", "asked_by"),
        "is_system_admin": accounts.is_system_admin(me, found), "is_security_admin": accounts.is_security_admin(me, found),
    }  # fmt: skip
    return render(request, "geo/account.html", context, status=status)


@never_cache
@asks_for_proof
@require_POST
def account_password(request: HttpRequest, pk: int) -> HttpResponse:
    """The password is in the answer to this request and nowhere else."""
    found = _account_or_404(request, pk)
    try:
        return _page(request, found, password=accounts.issue_password(found, by=request.user, now=timezone.now()))
    except accounts.AccountRefused as refused:
        return _page(request, found, 422, error=str(refused))


@asks_for_proof
@require_POST
def account_do(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    found, now, why = _account_or_404(request, pk), timezone.now(), request.POST.get("why", "")[:200].replace("\x00", "")
    try:
        match verb:
            case "suspend":
                accounts.suspend(found, by=request.user, now=now, why=why)
            case "second":
                accounts.ask_without_factor(found, by=request.user, now=now, why=why)
            case "restore":
                accounts.restore(found, by=request.user, now=now, why=why)
            case _:
                accounts.unlock(found, by=request.user, now=now)
    except accounts.AccountRefused as refused:
        return _page(request, found, 422, error=str(refused))
    messages.success(request, _("已办理。"))
    return redirect("account", pk=pk)


@require_GET
def account_log(request: HttpRequest) -> HttpResponse:
    """What the other two did, and who signed in: for the auditor."""
    if request.user.role != User.Role.AUDITOR:
        raise PermissionDenied
    mine = accounts.visible_to(request.user)
    events = AccountEvent.objects.filter(account__in=mine).select_related("account", "by")
    names = mine.values("username")
    context = {
        "page": Paginator(events, PER_PAGE).get_page(request.GET.get("page")),
        "signed_in": AccessLog.objects.filter(username__in=names).order_by("-attempt_time")[:PER_PAGE],
        "failed": AccessFailureLog.objects.order_by("-attempt_time")[:PER_PAGE],
        "known": set(names.values_list("username", flat=True)),
    }  # fmt: skip
    return render(request, "geo/account_log.html", context)
