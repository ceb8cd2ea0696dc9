"""Signing in and out, the first password, the language."""
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from geo.access import public
from geo.shell import LANGUAGES

login = public(auth_views.LoginView.as_view(template_name="geo/login.html", redirect_authenticated_user=True))
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
