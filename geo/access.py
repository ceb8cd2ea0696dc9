"""Who may do what. Every URL asks for a signed-in account unless it is on the public list; other territory answers 404."""
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from geo import access_keys, proofs, sessions, walls
from geo.gates import GateShut, gate_of

PUBLIC = "siwu_public"
BY_KEY = "siwu_by_key"
BY_TOKEN = "siwu_by_token"
WITHOUT_PASSWORD_CHANGE = {"logout", "password_change", "set_language"}


def public(view: Callable) -> Callable:
    """Mark a view as one of the few that answer without an account. A test lists them all."""
    setattr(view, PUBLIC, True)
    return view


def by_key(view: Callable) -> Callable:
    """Mark a reading view that desktop programs may ask with a personal access key (HTTP Basic) instead of a session."""
    setattr(view, BY_KEY, True)
    return view


def by_token(view: Callable) -> Callable:
    """Mark a view that asks for a device's token by itself, and answers 401 without one."""
    setattr(view, BY_TOKEN, True)
    return view


def get_for(user, model: type[Model], pk: object) -> Model:
    """The object, if it lies in the user's territory. Unknown and foreign answer alike: 404. A gate is asked before."""
    if gate := gate_of(model):
        gate.insist(user)
    found = model.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    if gate := gate_of(model):
        gate.note(user, "details", 1)
    return found


class WallMiddleware:
    """A request begins as nobody's: the database shows it no territory until `request.user` is known (`walls.entered`)."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with walls.raised(walls.Wall()) as wall:
            response = self.get_response(request)
        if response.streaming and not getattr(response, "file_to_stream", None):
            response.streaming_content = walls.behind(wall, response.streaming_content)
        return response


class SignedInMiddleware(AuthenticationMiddleware):
    """Django's own, but a map asks for dozens of tiles at a time: who asks is looked up once a second for each process.

    So an account that has lost its rights can still draw tiles for at most one second; every other page asks each time.
    """

    SECONDS = 1.0
    KEPT_AT_MOST = 2000

    def __init__(self, get_response: Callable):
        super().__init__(get_response)
        self.recent: dict[str, tuple[float, object]] = {}

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: walls.entered(sessions.holder(request)))
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if key and request.path_info.startswith("/tiles/"):
            request.user = SimpleLazyObject(lambda: walls.entered(self._recent_user(request, key)))

    def _recent_user(self, request: HttpRequest, key: str):
        until, user = self.recent.get(key, (0.0, None))
        now = time.monotonic()
        if until < now:
            user = sessions.holder(request)
            if user.is_authenticated:
                if len(self.recent) >= self.KEPT_AT_MOST:
                    self.recent.clear()
                self.recent[key] = (now + self.SECONDS, user)
        return user


class StaffGateMiddleware:
    """Default deny: a view that is not marked `public` needs a signed-in account whose first password has been changed."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict) -> HttpResponse | None:
        if getattr(view, BY_TOKEN, False):
            # For the shift that it serves, wherever that is; a token reads nothing (promise 23).
            walls.open_request("a device hands in")
        if getattr(view, PUBLIC, False) or getattr(view, BY_TOKEN, False):
            return None
        if getattr(view, BY_KEY, False) and request.headers.get("Authorization"):
            return sign_in_by_key(request)
        if not request.user.is_authenticated:
            if getattr(view, BY_KEY, False) and not request.headers.get("Accept", "").startswith("text/html"):
                return _challenge(_("请用账号和访问密钥登录。"))
            if request.headers.get("Accept", "").startswith("text/html"):
                over = "?over=1" if getattr(request, "session_is_over", False) else ""
                return redirect_to_login(request.get_full_path(), reverse(settings.LOGIN_URL) + over)
            raise Http404
        name = request.resolver_match.url_name
        if request.user.must_change_password and name not in WITHOUT_PASSWORD_CHANGE:
            return redirect(reverse("password_change"))
        return proofs.refusal(request, view, now=timezone.now())

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """A shut gate sends a person who reads a page to where it is opened, and back again."""
        if isinstance(problem, GateShut) and request.method == "GET" and request.headers.get("Accept", "").startswith("text/html"):
            return redirect(problem.gate.url(request.get_full_path()))
        return None


def sign_in_by_key(request: HttpRequest) -> HttpResponse | None:
    """Makes the key's holder the request's user. Gives back the refusal, if any."""
    header = request.headers["Authorization"]
    try:
        user = access_keys.holder(header=header, address=request.META.get("REMOTE_ADDR", ""), now=timezone.now())
    except access_keys.TooManyFailures as many:
        text = _("错误的密钥太多，请稍后再试。")
        return HttpResponse(text, status=429, content_type="text/plain; charset=utf-8", headers={"Retry-After": str(many.seconds)})
    if user is None:
        return _challenge(_("账号或访问密钥不对，或密钥已失效。请在“访问密钥”页面重新生成。"))
    request.user = walls.entered(user)
    return None


def _challenge(text: str) -> HttpResponse:
    headers = {"WWW-Authenticate": 'Basic realm="Siwu GIS", charset="UTF-8"'}
    return HttpResponse(text, status=401, content_type="text/plain; charset=utf-8", headers=headers)
