"""Who may do what. Every URL asks for a signed-in account unless it is on the public list; other territory answers 404."""
import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from geo.gates import GateShut, gate_of

PUBLIC = "siwu_public"
WITHOUT_PASSWORD_CHANGE = {"logout", "password_change", "set_language"}


def public(view: Callable) -> Callable:
    """Mark a view as one of the few that answer without an account. A test lists them all."""
    setattr(view, PUBLIC, True)
    return view


def get_for(user, model: type[Model], pk: object) -> Model:
    """The object, if it lies in the user's territory. Unknown and foreign answer alike: 404. A gate is asked before."""
    gate = gate_of(model)
    if gate:
        gate.insist(user)
    found = model.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    if gate:
        gate.note(user, "details", 1)
    return found


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
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if key and request.path_info.startswith("/tiles/"):
            request.user = SimpleLazyObject(lambda: self._recent_user(request, key))

    def _recent_user(self, request: HttpRequest, key: str):
        until, user = self.recent.get(key, (0.0, None))
        now = time.monotonic()
        if until < now:
            user = get_user(request)
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
        if getattr(view, PUBLIC, False):
            return None
        if not request.user.is_authenticated:
            if request.headers.get("Accept", "").startswith("text/html"):
                return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
            raise Http404
        name = request.resolver_match.url_name
        if request.user.must_change_password and name not in WITHOUT_PASSWORD_CHANGE:
            return redirect(reverse("password_change"))
        return None

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """A shut gate sends a person who reads a page to where it is opened, and back again."""
        if isinstance(problem, GateShut) and request.method == "GET" and request.headers.get("Accept", "").startswith("text/html"):
            return redirect(problem.gate.url(request.get_full_path()))
        return None
