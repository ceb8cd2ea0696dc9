"""The frame around every page: language and navigation."""
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

LANGUAGES = dict(settings.LANGUAGES)


class LanguageMiddleware:
    """Chinese first: another language only where the reader chose it, whatever the browser's own language is."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        language = chosen if chosen in LANGUAGES else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response


# (url name or None while the module is still to come, title, who sees it)
NAVIGATION = (
    ("map", _("一张图")),
    ("ratings", _("四无评定")),
    ("batches", _("数据导入")),
)


def shell(request: HttpRequest) -> dict:
    user = getattr(request, "user", None)
    staff = bool(user and user.is_authenticated and not user.must_change_password)
    return {"navigation": NAVIGATION if staff else (), "current_url_name": getattr(request.resolver_match, "url_name", "")}
