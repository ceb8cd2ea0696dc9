"""What keeps the public doors usable in a flood (promise 30): signed forms, a time trap, a honeypot, proof of work, budgets.

    @spam.door                                   marks the view public, without session, and counts every try
    @spam.look_up                                the same for one that only reads, with a count of its own
    def objections(request): …
    class ObjectionForm(spam.DoorForm): door = "objection"          in the page: {% include "zones/_door.html" %}
    form = ObjectionForm(request.POST if request.method == "POST" else None, now=now)
    if form.is_valid() and spam.admitted(form, request): …          false: the form says why and keeps what was typed

Who sends is known by the first part of the address alone (IPv4 /24, IPv6 /48), as a digest under a salt that changes every
day and lives in the cache for that day: afterwards nobody can tell which network it was.

A door has no session, so a foreign site that makes a visitor's browser post a form gains nothing that it could not have by
posting itself: a Django CSRF token would guard nothing and would need a cookie. The form's own signed token says instead
that we gave the form out, for this door, when, and once; it is the proof of work's puzzle and the receipt's seed.
"""
import hashlib
import ipaddress
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial, wraps

from django import forms
from django.core.cache import cache
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from geo.access import public
from geo.uploads import by_anybody
from zones.supervision_rules import rules_at

MINUTE, HOUR, DAY = 60, 3600, 86400
# What one request to a door may hold at most; how many pictures and how large is the standard's to say.
BYTES_AT_MOST = 32 * 1024 * 1024
_signer = Signer(salt="zones.doors")


@dataclass(frozen=True)
class Token:
    door: str
    at: int
    nonce: str

    @property
    def day(self) -> str:
        return f"{datetime.fromtimestamp(self.at, UTC):%y%m%d}"


def token_for(door: str, *, now: datetime) -> str:
    return _signer.sign(f"{door}.{int(now.timestamp())}.{secrets.token_urlsafe(16)}")


def read(text: str, door: str) -> Token | None:
    """The token, if we signed it for this door; how old it is, is the form's to judge."""
    try:
        named, at, nonce = _signer.unsign(text[:200]).split(".")
    except (BadSignature, ValueError):
        return None
    return Token(named, int(at), nonce) if named == door else None


def work_is_done(token: str, work: str, bits: int) -> bool:
    """The puzzle: a number that, behind the token, gives a SHA-256 beginning with so many zero bits."""
    digest = hashlib.sha256(f"{token}:{work[:20]}".encode()).digest()
    return bool(work) and int.from_bytes(digest[:8]) >> (64 - bits) == 0


class DoorForm(forms.Form):
    """The base of every public form. A refused token is replaced, so that pressing the button again is enough."""

    door = ""
    token = forms.CharField(required=False, widget=forms.HiddenInput)
    work = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    website = forms.CharField(required=False, label=gettext_lazy("网址（请留空）"), max_length=200)

    def __init__(self, data: QueryDict | None, *, now: datetime, **named):
        super().__init__(data.copy() if data is not None else None, initial={"token": token_for(self.door, now=now)}, **named)
        self.now, self.rules, self.slip = now, rules_at(now), None
        self.fields["website"].widget.attrs = {"tabindex": "-1", "autocomplete": "off"}
        self.fields["token"].widget.attrs = {"data-bits": self.rules.figures.work_bits}
        self.has_worked = False

    def clean(self) -> dict:
        said = super().clean()
        text, figures = said.get("token", ""), self.rules.figures
        slip = read(text, self.door)
        age = self.now.timestamp() - slip.at if slip else 0
        if said.get("website"):
            self._again(_("“网址”一栏请留空，再按一次提交。"), website="")
        elif slip is None or age > figures.form_hours_at_most * HOUR or age < -HOUR:
            # An old form of ours need not wait again; whoever brings none does.
            waited = int(self.now.timestamp()) - (figures.form_seconds_at_least if slip else 0)
            fresh = token_for(self.door, now=datetime.fromtimestamp(waited, UTC))
            self._again(_("页面打开得太久，已经换了新的。请核对后再按一次提交。"), token=fresh, work="")
        elif age < figures.form_seconds_at_least:
            self._again(_("提交得太快。请核对后再按一次提交。"))
        else:
            self.slip, self.has_worked = slip, work_is_done(text, said.get("work", ""), figures.work_bits)
        return said

    def renew(self, text: str) -> None:
        """The form has been used for something else: once more with a new token, which need not wait."""
        waited = self.now.timestamp() - self.rules.figures.form_seconds_at_least
        self._again(text, token=token_for(self.door, now=datetime.fromtimestamp(waited, UTC)), work="")

    def _again(self, text: str, **changed: str) -> None:
        self.add_error(None, text)
        for name, value in changed.items():
            self.data[name] = value


def door(view: Callable, *, counted_as: str = "tries") -> Callable:
    """A public page that takes things in: no account, no session, no CSRF cookie, never kept, and tries counted before they are read."""

    @wraps(view)
    def counted(request: HttpRequest, *arguments, **named) -> HttpResponse:
        refused = shut(request, now=timezone.now(), counted_as=counted_as) if request.method == "POST" else ""
        if refused:
            response = HttpResponse(_busy_page(refused, get_language()), status=429)
            response.headers["Retry-After"] = str(HOUR if refused == "network" else MINUTE)
        else:
            response = view(request, *arguments, **named)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return public(csrf_exempt(by_anybody(BYTES_AT_MOST)(require_http_methods(["GET", "HEAD", "POST"])(counted))))


look_up = partial(door, counted_as="looks")
"""A door that only reads: whoever floods the others does not shut it."""


def shut(request: HttpRequest, *, now: datetime, counted_as: str = "tries") -> str:
    """Whom one more try is refused for, before a row or a page is spent on it: its "network" for this hour or, in a minute with more
    tries than people make, "all" whose browser has not done the puzzle. Nothing where the door is open."""
    figures = rules_at(now).figures
    if _spent(counted_as, sender_of(request, now=now), now) > figures.tries_an_hour:
        return "network"
    in_flood = _spent(f"{counted_as}-by-all", f"{now:%M}", now) > figures.tries_a_minute_by_all
    return "all" if in_flood and not _has_worked(request, figures.work_bits) else ""


def _has_worked(request: HttpRequest, bits: int) -> bool:
    token = request.POST.get("token", "")[:200]
    try:
        _signer.unsign(token)
    except BadSignature:
        return False
    return work_is_done(token, request.POST.get("work", ""), bits)


@lru_cache(maxsize=8)
def _busy_page(refused: str, _language: str) -> str:
    """Made once for each language: it says nothing of the one who asks."""
    return render_to_string("zones/door_busy.html", {"is_by_all": refused == "all"})


def admitted(form: DoorForm, request: HttpRequest) -> bool:
    """Whether the budgets allow one more of these: a wider one for whoever's browser has done the puzzle, a narrow one for all others."""
    figures, kind = form.rules.figures, "with_work" if form.has_worked else "without_work"
    mine = _spent(f"{form.door}-{kind}", sender_of(request, now=form.now), form.now)
    if mine <= figures.sent_an_hour[kind] and _spent(f"all-{kind}", "", form.now) <= figures.sent_an_hour_by_all[kind]:
        return True
    form.add_error(None, _("现在提交的人太多，或同一网络提交得太多。填写的内容都在，请过一小时再按提交。"))
    form.is_over_budget = True
    return False


def sender_of(request: HttpRequest, *, now: datetime) -> str:
    """A digest of the network that asks, good for today only."""
    day = f"{now:%Y%m%d}"
    salt = cache.get_or_set(f"door:salt:{day}", lambda: secrets.token_hex(16), DAY)
    return hashlib.sha256(f"{salt}:{prefix_of(request.META.get('REMOTE_ADDR', ''))}".encode()).hexdigest()[:20]


def prefix_of(address: str) -> str:
    """The network of an address: IPv4 /24, IPv6 /48; one for all whose address is not known."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def _spent(what: str, who: str, now: datetime) -> int:
    """How often in this hour, this time included."""
    key = f"door:{what}:{who}:{now:%Y%m%d%H}"
    cache.add(key, 0, HOUR)
    try:
        return cache.incr(key)
    except ValueError:  # dropped by the cache between the two: the count begins anew
        return 1
