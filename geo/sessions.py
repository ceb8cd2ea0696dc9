"""How long a session lives: it ends after a time without a request, and after a longer one in any case (promise 22)."""
import time

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

BEGAN, SEEN = "siwu_began", "siwu_seen"
# How exactly the last request is told; each one would otherwise be a write.
TOLD_EVERY_S = 60


def begin(sender, request: HttpRequest, **_named) -> None:
    request.session[BEGAN] = request.session[SEEN] = int(time.time())


def holder(request: HttpRequest):
    """Whose session it is; nobody's when it has ended, and `request.session_is_over` says so to the sign-in page."""
    user = get_user(request)
    if not user.is_authenticated:
        return user
    now, session = time.time(), request.session
    began, seen = session.get(BEGAN, 0), session.get(SEEN, 0)
    if now - began > settings.SESSION_COOKIE_AGE or now - seen > settings.SESSION_IDLE_SECONDS:
        session.flush()
        request.session_is_over = True
        return AnonymousUser()
    if now - seen > TOLD_EVERY_S:
        session[SEEN] = int(now)
    return user

