"""Who sits before the browser, beyond the session's cookie: the second step of signing in, and proofs asked for again (T18).

A proof is a password or a second factor shown a short time ago. It is bound to a cookie of its own, so that a session's cookie that
was copied alone opens none of the views marked here. Views say what they need; geo.access asks before it calls them.
"""
import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.signals import user_login_failed
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from geo import second_factor, security_keys
from geo.models import User

ASKS = "siwu_asks"
PROOF, EXPORT = "proof", "export"
PASSWORD = "password"
COOKIE = "siwu_proof"
# Keys of the session.
LAST, HAS_SECOND, PENDING, CHALLENGE = "siwu_last_proof", "siwu_second", "siwu_pending", "siwu_challenge"
PENDING_SECONDS = 300
OFFERED, REQUIRED, ALL = "offered", "required", "all"
# What an account does on the way to its second factor.
ON_THE_WAY = {"logout", "password_change", "set_language", "confirm", "second_factor", "second_app", "second_key", "second_codes"}


def asks_for_proof(view: Callable) -> Callable:
    """Mark a view that wants a proof of the last minutes: by the second factor, or by the password of an account that has none."""
    setattr(view, ASKS, PROOF)
    return view


def gives_out(view: Callable) -> Callable:
    """The same for a view that gives out a whole register, tracks, or a key to them: there a second factor may be demanded."""
    setattr(view, ASKS, EXPORT)
    return view


# Asked before each view


def refusal(request: HttpRequest, view: Callable, *, now: datetime) -> HttpResponse | None:
    """Where the person is sent instead of the view, if a factor or a fresh proof is missing; a program gets 403."""
    asks, name = getattr(view, ASKS, ""), request.resolver_match.url_name
    if name not in ON_THE_WAY and demanded(request.user, asks) and not request.session.get(HAS_SECOND):
        return _sent(request, "second_factor", _("须先设置第二验证。"))
    if asks and not is_fresh(request, now=now):
        return _sent(request, "confirm", _("须再次确认身份。"))
    return None


def demanded(user: User, asks: str) -> bool:
    """Administrators need a second factor for everything, whoever takes registers out for that, all for all where set so."""
    wanted = settings.SECOND_FACTOR
    return wanted == ALL or wanted == REQUIRED and (asks == EXPORT or not user.reads_business_data)


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    last = request.session.get(LAST)
    if not last or now.timestamp() - last["at"] > settings.PROOF_SECONDS:
        return False
    if not constant_time_compare(last["digest"], _digest(request.COOKIES.get(COOKIE, ""))):
        return False
    return last["how"] != PASSWORD or not second_factor.is_set(request.user)


def _sent(request: HttpRequest, name: str, text: str) -> HttpResponse:
    if not request.headers.get("Accept", "").startswith("text/html"):
        return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")
    came_from = request.headers.get("Referer", "")
    came_from = came_from.removeprefix(f"{request.scheme}://{request.get_host()}")
    wanted = request.get_full_path() if request.method == "GET" else came_from
    return redirect(f"{reverse(name)}?{urlencode({'next': inside(wanted), 'back': inside(came_from)})}")


def inside(address: str) -> str:
    """The address, if it is one of this site's; else the map."""
    is_ours = address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_ours else reverse("map")


# Giving one


def give(request: HttpRequest, response: HttpResponse, how: str, *, now: datetime) -> HttpResponse:
    """The session is proven from now on, in the browser that gets this response. Its number is a new one after each step."""
    request.session.cycle_key()
    token = remember(request.session, how, now=now)
    response.set_cookie(COOKIE, token, max_age=settings.PROOF_SECONDS, httponly=True, samesite="Strict", secure=settings.HTTPS)
    return response


def remember(session: SessionBase, how: str, *, now: datetime) -> str:
    """What the browser has to show together with this session."""
    token = secrets.token_urlsafe(32)
    session[LAST] = {"digest": _digest(token), "at": int(now.timestamp()), "how": how}
    if how != PASSWORD:
        session[HAS_SECOND] = True
    return token


def goes_on(request: HttpRequest, response: HttpResponse, how: str, *, now: datetime) -> HttpResponse:
    """After a factor was set: every other session of the account has ended, this one goes on, proven."""
    update_session_auth_hash(request, request.user)
    return give(request, response, how, now=now)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def shown(request: HttpRequest, user: User, *, now: datetime) -> str:
    """By what this form proves its sender to be the user; empty if by nothing.

    Wrong codes count with wrong passwords: too many lock the name and end the session in which they were tried. What is then
    answered is axes' middleware's, the same for both.
    """
    who = {"username": user.username}
    if AxesProxyHandler.is_allowed(request, who):
        if "password" in request.POST and not second_factor.is_set(user):
            how = PASSWORD if authenticate(request, password=request.POST["password"][:200], **who) else ""  # axes counts by itself
        elif not (how := _by_factor(request, user, now)):
            user_login_failed.send(__name__, credentials=who, request=request)
        if how:
            return how
    else:
        request.axes_locked_out = True
    if request.axes_locked_out:
        logout(request)
    return ""


def _by_factor(request: HttpRequest, user: User, now: datetime) -> str:
    state, answer = request.session.pop(CHALLENGE, None), request.POST.get("answer", "")[:20_000]
    if answer:
        return security_keys.check(user, site=site_of(request), state=state, answer=answer, now=now)
    return second_factor.check_code(user, request.POST.get("code", ""), now=now)


def challenge(request: HttpRequest, user: User) -> dict | None:
    """For the account's security keys, kept in the session until it is answered."""
    made = security_keys.challenge(user, site_of(request))
    request.session[CHALLENGE] = made[1] if made else None
    return made[0] if made else None


def site_of(request: HttpRequest) -> security_keys.Site:
    host = request.get_host()
    return security_keys.Site(host=urlsplit(f"//{host}").hostname or "", origin=f"{request.scheme}://{host}")


# Between password and second factor


def wait(request: HttpRequest, user: User, *, target: str, now: datetime) -> None:
    """The password was right and a second factor is set: remembered without signing anybody in."""
    request.session.cycle_key()
    request.session[PENDING] = {
        "user": user.pk, "backend": user.backend, "state": user.get_session_auth_hash(), "at": int(now.timestamp()), "next": target,
    }  # fmt: skip


def waiting(request: HttpRequest, *, now: datetime) -> User | None:
    kept = request.session.get(PENDING)
    if not kept or now.timestamp() - kept["at"] > PENDING_SECONDS:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    return user if user and constant_time_compare(kept["state"], user.get_session_auth_hash()) else None


def sign_in(request: HttpRequest, user: User, how: str, *, now: datetime) -> HttpResponse:
    kept = request.session.pop(PENDING)
    login(request, user, backend=kept["backend"])
    return give(request, redirect(kept["next"]), how, now=now)

