"""Signing in through a unit's own identity provider (统一身份认证, OpenID Connect), beside the password. Off unless an address is set.

The provider says who somebody is and nothing else: accounts, roles and territories are made by two administrators as ever (promise 21),
and where a second factor is set, it is still asked for. Code flow with PKCE, state and nonce; the token's signature, issuer, audience and
time are checked by authlib.
"""
from functools import lru_cache

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import DjangoOAuth2App, OAuth
from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from joserfc.errors import JoseError
from requests import RequestException

from geo.models import User

TARGET = "siwu_after_provider"
BACKEND = "django.contrib.auth.backends.ModelBackend"
PATIENCE_S = 10


class NotSignedIn(ValueError):
    """Why the provider's answer signs nobody in, in words for the person."""


def is_set() -> bool:
    return bool(settings.IDENTITY_PROVIDER)


@lru_cache(maxsize=4)
def _client(address: str, client: str, secret: str) -> DjangoOAuth2App:
    """Holds what the provider says of itself, once asked, as long as the process lives; keys that it has changed are asked for again."""
    return OAuth().register(
        "provider", client_id=client, client_secret=secret, server_metadata_url=address,
        client_kwargs={"scope": "openid profile", "code_challenge_method": "S256", "default_timeout": PATIENCE_S},
    )  # fmt: skip


def _provider() -> DjangoOAuth2App:
    return _client(settings.IDENTITY_PROVIDER, settings.IDENTITY_CLIENT, settings.IDENTITY_SECRET)


def begin(request: HttpRequest, *, target: str) -> HttpResponse:
    """To the provider's own sign-in page. Raises NotSignedIn where the provider is away."""
    try:
        answer = _provider().authorize_redirect(request, request.build_absolute_uri(reverse("login_provider_back")))
    except (RequestException, AuthlibBaseError, KeyError, RuntimeError, ValueError) as fault:
        raise NotSignedIn(_("统一身份认证暂时连不上。请稍后再试，或用密码登录。")) from fault
    request.session[TARGET] = target
    return answer


def who(request: HttpRequest) -> User:
    """The account that the provider's answer names. Raises NotSignedIn.

    Nobody learns whether the name is an account, or a locked one: all that is not signed in reads alike.
    """
    try:
        said = _provider().authorize_access_token(request, claims_options={"iss": {"essential": True, "value": _issuer()}})
    except (RequestException, AuthlibBaseError, JoseError, KeyError, RuntimeError, TypeError, ValueError) as fault:
        raise NotSignedIn(_("统一身份认证没有完成。请重新登录。")) from fault
    name = (said.get("userinfo") or {}).get(settings.IDENTITY_CLAIM)
    user = User.objects.filter(username=name, is_active=True).first() if isinstance(name, str) and "\x00" not in name else None
    if user is None or not AxesProxyHandler.is_allowed(request, {"username": user.username}):
        raise NotSignedIn(_("统一身份认证的账号在本系统没有对应的可用账号。请联系系统管理员。"))
    user.backend = BACKEND
    return user


def _issuer() -> str:
    return _provider().load_server_metadata()["issuer"]
