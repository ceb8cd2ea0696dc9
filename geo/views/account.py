"""Signing in and out, the first password, the language."""
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import login as signed_in
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from geo import identity, proofs, second_factor
from geo.access import public
from geo.models import User
from geo.shell import LANGUAGES


class Login(auth_views.LoginView):
    template_name = "geo/login.html"
    redirect_authenticated_user = True

    extra_context = {"has_provider": identity.is_set}

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        return _goes_in(self.request, form.get_user(), self.get_success_url())


login = public(Login.as_view())


def _goes_in(request: HttpRequest, user: User, target: str) -> HttpResponse:
    """Where a second factor is set, the right password, or a provider's word, signs nobody in yet."""
    now = timezone.now()
    if second_factor.is_set(user):
        proofs.wait(request, user, target=target, now=now)
        return redirect("login_second")
    signed_in(request, user)
    return proofs.give(request, redirect(target), proofs.PASSWORD, now=now)


@public
@never_cache
@require_GET
def login_provider(request: HttpRequest) -> HttpResponse:
    if not identity.is_set():
        raise Http404
    try:
        return identity.begin(request, target=proofs.inside(request.GET.get("next", "")))
    except identity.NotSignedIn as refused:
        return _not_signed_in(request, refused, 503)


@public
@never_cache
@require_GET
def login_provider_back(request: HttpRequest) -> HttpResponse:
    if not identity.is_set():
        raise Http404
    target = request.session.get(identity.TARGET, "")
    try:
        user = identity.who(request)
    except identity.NotSignedIn as refused:
        return _not_signed_in(request, refused, 403)
    return _goes_in(request, user, proofs.inside(target))


def _not_signed_in(request: HttpRequest, refused: identity.NotSignedIn, status: int) -> HttpResponse:
    context = {"form": AuthenticationForm(request), "has_provider": True, "refused": str(refused)}
    return render(request, "geo/login.html", context, status=status)


def locked(request: HttpRequest, _response: HttpResponse | None, _credentials: dict | None) -> HttpResponse:
    """After too many wrong passwords. Said of any name alike, so that nobody learns which ones are accounts."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    form = AuthenticationForm(request, initial={"username": request.POST.get("username", "")[:60]})
    context = {"form": form, "next": request.POST.get("next", ""), "locked_minutes": minutes, "has_provider": identity.is_set}
    return render(request, "geo/login.html", context, status=429)


logout = auth_views.LogoutView.as_view()


class PasswordChange(auth_views.PasswordChangeView):
    template_name = "geo/password_change.html"
    success_url = reverse_lazy("map")

    def form_valid(self, form) -> HttpResponse:
        form.user.must_change_password = False
        return super().form_valid(form)


password_change = PasswordChange.as_view()


# Without a token: a reader of the public pages has no cookie to keep one in, and a foreign site can gain nothing by it.
@public
@csrf_exempt
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    target = request.POST.get("next", "")
    parts = urlsplit(target)
    if not target.startswith("/") or target.startswith(("//", "/\\")) or parts.netloc or parts.scheme:
        target = reverse("home")
    response = HttpResponseRedirect(target)
    if request.POST.get("language") in LANGUAGES:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, request.POST["language"], max_age=365 * 86400,
            httponly=True, samesite="Lax", secure=settings.HTTPS,
        )  # fmt: skip
    return response
