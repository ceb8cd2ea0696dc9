"""Setting a second factor, signing in with it, and showing it again before something sensitive."""
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo import proofs, qr, second_factor, security_keys
from geo.access import public
from geo.models import User
from geo.proofs import asks_for_proof
from geo.second_factor import FactorRefused

# Keys of the session: the secret that the page shows, and the challenge for a new key.
SECRET, NEW_KEY = "siwu_new_secret", "siwu_new_key"


@public
@never_cache
@require_http_methods(["GET", "POST"])
def login_second(request: HttpRequest) -> HttpResponse:
    """After the password, where the account has a second factor. Nobody is signed in before."""
    now = timezone.now()
    user = proofs.waiting(request, now=now)
    if user is None:
        return redirect("login")
    if request.method == "POST" and (how := proofs.shown(request, user, now=now)):
        return proofs.sign_in(request, user, how, now=now)
    return _step(request, user, is_login=True)


@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """The last proof is too old for what was asked: shown again, the person goes on to where they were."""
    now, user = timezone.now(), request.user
    asked = {name: proofs.inside(request.GET.get(name, "")) for name in ("next", "back")}
    if request.method == "POST" and (how := proofs.shown(request, user, now=now)):
        return proofs.give(request, redirect(f"{request.path}?{urlencode(asked)}"), how, now=now)
    if request.method == "GET" and proofs.is_fresh(request, now=now):
        return render(request, "geo/confirmed.html", asked)
    return _step(request, user, **asked)


def _step(request: HttpRequest, user: User, **context) -> HttpResponse:
    has_factor, is_wrong = second_factor.is_set(user), request.method == "POST"
    options = proofs.challenge(request, user) if has_factor and not getattr(request, "axes_locked_out", False) else None
    context |= {"has_factor": has_factor, "options": options, "is_wrong": is_wrong}
    return render(request, "geo/second_step.html", context, status=422 if is_wrong else 200)


@never_cache
@asks_for_proof
@require_GET
def second_factor_page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@never_cache
@asks_for_proof
@require_POST
def second_app(request: HttpRequest) -> HttpResponse:
    now, secret = timezone.now(), request.session.get(SECRET) or second_factor.new_secret()
    try:
        codes = second_factor.set_app(request.user, secret=secret, code=request.POST.get("code", ""), now=now)
    except FactorRefused as refused:
        return _page(request, 422, app_error=str(refused))
    request.session.pop(SECRET, None)
    answer = _page(request, done=_("验证器应用已设置。本账号的其他会话和访问密钥已经失效。"), codes=codes)
    return proofs.goes_on(request, answer, second_factor.APP, now=now)


@never_cache
@asks_for_proof
@require_POST
def second_key(request: HttpRequest) -> HttpResponse:
    now, state, answer = timezone.now(), request.session.pop(NEW_KEY, None), request.POST.get("answer", "")[:20_000]
    try:
        codes = security_keys.set_key(request.user, site=proofs.site_of(request), state=state, answer=answer, now=now)
    except FactorRefused as refused:
        return _page(request, 422, key_error=str(refused))
    shown = _page(request, done=_("安全密钥已登记。本账号的其他会话和访问密钥已经失效。"), codes=codes)
    return proofs.goes_on(request, shown, second_factor.KEY, now=now)


@never_cache
@asks_for_proof
@require_POST
def second_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes: readable in the answer to this request and nowhere else."""
    if not second_factor.is_set(request.user):
        return redirect("second_factor")
    codes = second_factor.renew_codes(request.user, now=timezone.now())
    return _page(request, done=_("原来的恢复码全部作废。"), codes=codes)


def _page(request: HttpRequest, status: int = 200, **context) -> HttpResponse:
    user, session = request.user, request.session
    secret = session.setdefault(SECRET, second_factor.new_secret())
    made = security_keys.registration(user, site := proofs.site_of(request))
    session[NEW_KEY] = made[1] if made else None
    factors = list(user.factors.all())
    context |= {
        "factors": factors, "has_app": any(each.kind == second_factor.APP for each in factors), "site": site,
        "codes_left": user.recovery_codes.filter(used_at=None).count(), "demanded": proofs.demanded(user, proofs.EXPORT),
        "options": made[0] if made else None, "secret": secret, "code_image": qr.svg(second_factor.address(secret, user)),
        "next": proofs.inside(request.GET.get("next", "")), "minutes": settings.PROOF_SECONDS // 60,
    }  # fmt: skip
    return render(request, "geo/second.html", context, status=status)
