"""The second factor of signing in: an authenticator app, a security key (geo.security_keys), and recovery codes (promise 22).

An account's holder sets it and may add to it; only two administrators together take it away (geo.accounts). Each change ends the
account's other sessions. Codes are compared and used up in one conditional UPDATE, so that the same code twice at once counts once.
"""
import base64
import secrets
import unicodedata
from contextlib import suppress
from datetime import datetime

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from django.db import transaction
from django.db.models import F
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from geo.models import AccountEvent, RecoveryCode, SecondFactor, User

ISSUER = "四无"
CODES = 10
# As one-time passwords: 28 signs that are not taken for one another, 16 places, 76 bits.
SIGNS = "abcdefhjkmnpqrstuvwxyz234578"
CODE_LENGTH = 16
APP, KEY, RECOVERY = SecondFactor.Kind.APP.value, SecondFactor.Kind.KEY.value, "recovery"
# A code of the half minute before and after counts too: phones' clocks are not exact.
HALF_MINUTES_ASIDE = 1


class FactorRefused(ValueError):
    """Why a second factor is not set, in words for the account's holder."""


def is_set(user: User) -> bool:
    return user.factors.exists()


# The app


def new_secret() -> str:
    return pyotp.random_base32()


def address(secret: str, user: User) -> str:
    """What the QR code says: app, account, secret."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)


@transaction.atomic
def set_app(user: User, *, secret: str, code: str, now: datetime) -> list[str]:
    """The app proves with its first code that it holds the secret. Takes the place of an app set before.

    Gives back recovery codes where the account has none yet. Raises FactorRefused.
    """
    step = _step(secret, _plain(code), now)
    if step is None:
        raise FactorRefused(_("验证码不对。请核对手机时间，等出现新的验证码后再填。"))
    user.factors.filter(kind=APP).delete()
    SecondFactor.objects.create(user=user, kind=APP, secret=_seal(secret), last_count=step, made_at=now)
    return note_change(user, SecondFactor.Kind.APP.label, now=now)


def _step(secret: str, code: str, now: datetime) -> int | None:
    """The half minute whose code this is."""
    with suppress(pyotp.exceptions.OTPVerificationError):
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=now, valid_window=HALF_MINUTES_ASIDE)
    return None


def _sealer() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(salted_hmac("geo.second_factor.seal", "", algorithm="sha256").digest()))


def _seal(secret: str) -> bytes:
    """A copy of the database (a backup, a thief's) does not make codes: the key of the seal is in the settings."""
    return _sealer().encrypt(secret.encode())


def _opened(sealed: bytes) -> str | None:
    with suppress(InvalidToken):  # the settings' secret key is another one now
        return _sealer().decrypt(bytes(sealed)).decode()
    return None


# Recovery codes


def renew_codes(user: User, *, now: datetime) -> list[str]:
    """New recovery codes in place of all former ones. They are readable here and never again."""
    user.recovery_codes.all().delete()
    codes = ["".join(secrets.choice(SIGNS) for _place in range(CODE_LENGTH)) for _code in range(CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, digest=_digest(user, code)) for code in codes])
    note(user, AccountEvent.What.CODES_MADE, now=now)
    return ["-".join(code[i : i + 4] for i in range(0, CODE_LENGTH, 4)) for code in codes]


def _digest(user: User, code: str) -> str:
    # 76 random bits and a key from the settings: a slow hash would protect nothing more.
    return salted_hmac("geo.second_factor.code", f"{user.pk}|{code}", algorithm="sha256").hexdigest()


# Proving


def check_code(user: User, text: str, *, now: datetime) -> str:
    """By what the typed text proves its holder (APP or RECOVERY); empty if by nothing. What proved is used up."""
    text = _plain(text)
    app = user.factors.filter(kind=APP).first()
    if app and (secret := _opened(app.secret)) and (step := _step(secret, text, now)) is not None:
        newer = user.factors.filter(pk=app.pk, last_count__lt=step)
        return APP if newer.update(last_count=step, last_used_at=now) else ""
    if len(text) == CODE_LENGTH and user.recovery_codes.filter(digest=_digest(user, text), used_at=None).update(used_at=now):
        note(user, AccountEvent.What.CODE_USED, now=now)
        return RECOVERY
    return ""


def _plain(text: str) -> str:
    """Full-width signs, spaces and hyphens are how people type and print codes."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text[:80]).lower() if sign.isalnum())


# Changes


def note_change(user: User, text: object, *, now: datetime) -> list[str]:
    """After a factor was set: the account's other sessions end, its record says so, and its first factor brings recovery codes."""
    _end_sessions(user)
    note(user, AccountEvent.What.FACTOR_SET, now=now, text=str(text))
    return [] if user.recovery_codes.filter(used_at=None).exists() else renew_codes(user, now=now)


def remove(account: User, *, by: User | None, now: datetime, text: str = "") -> None:
    """All factors and codes of an account; geo.accounts sees to it that two administrators agree."""
    account.factors.all().delete()
    account.recovery_codes.all().delete()
    _end_sessions(account)
    AccountEvent.objects.create(account=account, what=AccountEvent.What.FACTOR_OFF, note=text, at=now, by=by)


def _end_sessions(user: User) -> None:
    User.objects.filter(pk=user.pk).update(factor_changes=F("factor_changes") + 1)
    user.refresh_from_db(fields=["factor_changes"])


def note(user: User, what: str, *, now: datetime, text: str = "") -> None:
    AccountEvent.objects.create(account=user, what=what, note=text, at=now, by=user)
