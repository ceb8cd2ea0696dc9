"""Personal keys for desktop GIS: made once, read-only, dead with the account's rights, and slow to guess."""
import base64
import binascii
import hashlib
import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from geo import pii
from geo.models import AccessKey, User

PREFIX = "siwu_"
LIFETIMES = (30, 90, 180, 365)
KEYS_AT_MOST = 10
# How exactly the last use is told; each request would otherwise be a write.
USE_IS_TOLD_EVERY = timedelta(minutes=1)


class KeyRefused(ValueError):
    """The key cannot be made; the text says why."""


class TooManyFailures(Exception):
    """This address has shown too many wrong keys for this account of late. `seconds` until it may try again."""

    def __init__(self, seconds: int):
        super().__init__(seconds)
        self.seconds = seconds


def may_hold_keys(user: User) -> bool:
    return user.reads_business_data


def make(*, by: User, label: str, days: int, now: datetime) -> tuple[AccessKey, str]:
    """A new key of the account, and its text, which nobody can read again."""
    label = label.replace("\x00", "").strip()
    if not label:
        raise KeyRefused(_("请写明密钥用在哪里，例如“办公室电脑 QGIS”。"))
    if len(label) > 60:
        raise KeyRefused(_("用途最多60个字。"))
    if found := pii.find(label):
        raise KeyRefused(_("“%(text)s”像是个人号码，请改写用途。") % {"text": label[found[0].start : found[0].end]})
    if days not in LIFETIMES:
        raise KeyRefused(_("请在列表中选择有效期。"))
    if by.access_keys.in_force(now).count() >= KEYS_AT_MOST:
        raise KeyRefused(_("一个账号最多有%(count)d个有效密钥，请先撤销不用的。") % {"count": KEYS_AT_MOST})
    text = PREFIX + secrets.token_urlsafe(32)
    key = AccessKey.objects.create(
        user=by, label=label, digest=_digest(text), account_state=by.get_session_auth_hash(),
        created_at=now, expires_at=now + timedelta(days=days),
    )  # fmt: skip
    return key, text


def revoke(key: AccessKey, *, by: User, now: datetime) -> None:
    """Only the holder's own; a second revocation changes nothing."""
    by.access_keys.unrevoked().filter(pk=key.pk).update(revoked_at=now)


def listed(user: User, *, now: datetime) -> list[AccessKey]:
    """The account's keys, the newest first, each with `is_alive`."""
    keys = list(user.access_keys.select_related("user"))
    for key in keys:
        key.is_alive = is_alive(key, now=now)
    return keys


def is_alive(key: AccessKey, *, now: datetime) -> bool:
    """Whether the key opens anything now: neither revoked nor expired, and the account is as it was."""
    user = key.user
    return (
        key.revoked_at is None
        and key.expires_at > now
        and user.is_active
        and not user.must_change_password
        and may_hold_keys(user)
        and constant_time_compare(key.account_state, user.get_session_auth_hash())
    )


def holder(*, header: str, address: str, now: datetime) -> User | None:
    """Whose key an Authorization header (HTTP Basic: account and key) carries; None for a wrong one.

    Raises TooManyFailures when `address` has failed too often with this account. Behind a proxy all share one address:
    one person's mistakes must not shut the others out.
    """
    username, text = _basic(header)
    failures = f"key-failures/{_digest(f'{address} {username}')}"
    if cache.get(failures, 0) >= settings.ACCESS_KEY_FAILURES:
        raise TooManyFailures(settings.ACCESS_KEY_PAUSE_SECONDS)
    key = AccessKey.objects.select_related("user__division").filter(digest=_digest(text), user__username=username).first()
    if key is None or not is_alive(key, now=now):
        cache.add(failures, 0, settings.ACCESS_KEY_PAUSE_SECONDS)
        with suppress(ValueError):  # the count has just run out
            cache.incr(failures)
        return None
    unused_since = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_TOLD_EVERY)
    AccessKey.objects.filter(unused_since, pk=key.pk).update(last_used_at=now)
    return key.user


def _basic(header: str) -> tuple[str, str]:
    scheme, _space, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        username, _colon, text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return username.replace("\x00", ""), text


def _digest(text: str) -> str:
    # The key is 256 random bits: a slow hash would protect nothing more and cost every request of a map.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
