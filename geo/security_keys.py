"""Security keys (WebAuthn) as a second factor. The challenge lives in the session and is used once.

A key answers for one host name only, so that a look-alike site gets nothing from it; an address in numbers has no such name.
"""
import json
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    UserVerificationRequirement,
)

from geo.models import SecondFactor, User
from geo.second_factor import ISSUER, KEY, FactorRefused, note_change

KEYS_AT_MOST = 5
# The password is asked for anyway: the key's own number would be a third factor.
VERIFICATION = UserVerificationRequirement.DISCOURAGED


@dataclass(frozen=True)
class Site:
    """Where the browser says that it is: its host name, and scheme, name and port together."""

    host: str
    origin: str

    @property
    def has_name(self) -> bool:
        try:
            ip_address(self.host)
        except ValueError:
            return True
        return False

    def server(self) -> Fido2Server:
        return Fido2Server(PublicKeyCredentialRpEntity(id=self.host, name=ISSUER), verify_origin=lambda origin: origin == self.origin)


def _known(user: User) -> list[AttestedCredentialData]:
    return [AttestedCredentialData(bytes(each)) for each in user.factors.filter(kind=KEY).values_list("secret", flat=True)]


def registration(user: User, site: Site) -> tuple[dict, dict] | None:
    """What the browser is asked to make a key for, and what to keep in the session until it answers."""
    known = _known(user)
    if not site.has_name or len(known) >= KEYS_AT_MOST:
        return None
    person = PublicKeyCredentialUserEntity(id=str(user.pk).encode(), name=user.username, display_name=user.username)
    options, state = site.server().register_begin(person, known, user_verification=VERIFICATION)
    return _plain(options), state


@transaction.atomic
def set_key(user: User, *, site: Site, state: dict | None, answer: str, now: datetime) -> list[str]:
    """Take the key that the browser answers with. Gives back recovery codes where the account has none. Raises FactorRefused."""
    try:
        said = site.server().register_complete(state, json.loads(answer))
        made = said.credential_data
    except Exception as wrong:  # whatever breaks the library's readers is no answer of a key
        raise FactorRefused(_("安全密钥没有登记成功，请重试。")) from wrong
    try:
        with transaction.atomic():
            kept = {"secret": bytes(made), "credential": made.credential_id, "last_count": said.counter}
            SecondFactor.objects.create(user=user, kind=KEY, made_at=now, **kept)
    except IntegrityError as known:
        raise FactorRefused(_("这个安全密钥已经登记过了。")) from known
    return note_change(user, SecondFactor.Kind.KEY.label, now=now)


def challenge(user: User, site: Site) -> tuple[dict, dict] | None:
    """What the account's keys are asked to sign; nothing where it has none, or none can answer here."""
    known = _known(user)
    if not site.has_name or not known:
        return None
    options, state = site.server().authenticate_begin(known, user_verification=VERIFICATION)
    return _plain(options), state


def check(user: User, *, site: Site, state: dict | None, answer: str, now: datetime) -> str:
    """KEY if one of the account's keys has signed this challenge; empty if not. A counter that goes back is a copied key."""
    try:
        said = json.loads(answer)
        used = site.server().authenticate_complete(state, _known(user), said)
        count = AuthenticationResponse.from_dict(said).response.authenticator_data.counter
    except Exception:  # as above
        return ""
    # Keys that live in several places keep no counter and say 0 each time.
    rises = Q(last_count__lt=count) if count else Q(last_count=0)
    mine = user.factors.filter(rises, kind=KEY, credential=used.credential_id)
    return KEY if mine.update(last_count=count, last_used_at=now) else ""


def _plain(options) -> dict:
    return json.loads(json.dumps(dict(options)))
