"""Who may do what. Every URL asks for a signed-in account unless it is on the public list; other territory answers 404."""
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

PUBLIC = "siwu_public"
WITHOUT_PASSWORD_CHANGE = {"logout", "password_change", "set_language"}


def public(view: Callable) -> Callable:
    """Mark a view as one of the few that answer without an account. A test lists them all."""
    setattr(view, PUBLIC, True)
    return view


def get_for(user, model: type[Model], pk: object) -> Model:
    """The object, if it lies in the user's territory. Unknown and foreign answer alike: 404."""
    found = model.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


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
