"""A copy of the demo county that this process asks as the web server would: own roles, no test's transaction around it."""
import contextlib
import logging
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.backends.cache import SessionStore
from django.db import connections, transaction
from django.test import Client
from django.test.utils import override_settings
from django.utils import timezone

from geo import proofs, second_factor
from geo.layers import registry
from geo.models import AccessReason, User
from geo.surveillance.access import state_purpose
from tests.conftest import ALIASES, DemoCounty, close
from tests.trust.territory import TOWN_B, business_models, shared_with_a, way_to_division

# Nine actors: nobody, two villages, two towns, the county, the three administrators. Some of the demo's own accounts, two made here.
ACTORS = {
    "anonymous": "", "village_a": "village_zhenxing", "village_b": "village_shikong", "town_a": "town_ningan", "town_b": "town_shikong",
    "county": "county", "system_admin": "sysadmin", "security_admin": "secadmin", "auditor": "auditor",
}  # fmt: skip
ADMINISTRATORS = ("system_admin", "security_admin", "auditor")
BEYOND = {"planner": "planner_county", "patrol": "patrol_ningan", "second": "county_second"}


def signed_in(client: Client, user: User) -> None:
    """With a second factor shown just now, as tests/conftest.py does it for the clients of a single test."""
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    client.cookies[proofs.COOKIE] = proofs.remember(session, second_factor.APP, now=datetime(2999, 1, 1, tzinfo=UTC))
    session.save()


@contextlib.contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Every alias of this process is connected to another database of the server."""
    before = {alias: connections[alias] for alias in ALIASES}
    names = {alias: connections.settings[alias]["NAME"] for alias in ALIASES}
    for each in before.values():
        close(each)
    for alias in ALIASES:
        connections.settings[alias]["NAME"] = name
        connections[alias] = connections.create_connection(alias)
    try:
        yield
    finally:
        for alias in ALIASES:
            close(connections[alias])
            connections.settings[alias]["NAME"] = names[alias]
            connections[alias] = before[alias]


class Site:
    """`clients` by actor. Outside of `open()` the process is connected to the tests' database as always."""

    def __init__(self, county: DemoCounty):
        self.name, self.folder = county.twin, Path(tempfile.mkdtemp(prefix="siwu-trust-"))
        self.clients: dict[str, Client] = {}
        self.foreign: dict[str, tuple[int, float, float]] = {}
        self.of_b: dict[str, object] = {}
        self.media = self.folder / "media"
        shutil.copytree(county.folder / "media", self.media) if (county.folder / "media").exists() else self.media.mkdir()
        self.settings = {"MEDIA_ROOT": str(self.media), "TILE_CACHE_SECONDS": 0, "PUBLIC_CACHE_BYTES": 0, "OPEN_DATA_A_MINUTE": 10**6}
        self.settings["SESSION_IDLE_SECONDS"] = 7200  # the walks of a slow machine

    @contextlib.contextmanager
    def open(self) -> Iterator["Site"]:
        talk = logging.getLogger("django.request")
        level, talk.level = talk.level, logging.CRITICAL  # refusals by the thousand are what is wanted here
        try:
            with connected_to(self.name), override_settings(**self.settings):
                self.renew()
                yield self
        finally:
            talk.level = level

    def sign_in(self) -> None:
        User.objects.create_user("village_shikong", role=User.Role.VILLAGE_CADRE, division_id=f"{TOWN_B}001", must_change_password=False)
        for actor, username in {**ACTORS, **BEYOND}.items():
            self.clients[actor] = Client(raise_request_exception=False)
            if username:
                signed_in(self.clients[actor], self.user(actor))

    def renew(self) -> None:
        """Other tests of the process may have emptied the cache, and the sessions with it."""
        for actor, client in self.clients.items():
            cookie = client.cookies.get(settings.SESSION_COOKIE_NAME)
            if actor != "anonymous" and cookie and not SessionStore().exists(cookie.value):
                signed_in(client, self.user(actor))

    def look_around(self) -> None:
        """An object of town B on each layer, with its place, and of each model; and officers who have said what they read positions for."""
        for layer in registry:
            found = layer.model._base_manager.using("owner").filter(division__code__startswith=TOWN_B).order_by("pk").first()
            self.foreign[layer.name] = found.pk, found.geom.centroid.x, found.geom.centroid.y
        for model in business_models():
            if model is not User and (way := way_to_division(model)):
                rows = model._base_manager.using("owner").filter(**{f"{way}__code__startswith": TOWN_B})
                self.of_b[model._meta.label] = rows.exclude(pk__in=shared_with_a(model)).values_list("pk", flat=True).order_by("pk").first()
        for actor in ("town_a", "town_b", "county", "second"):
            state_purpose(reason=AccessReason.objects.first(), note="", by=self.user(actor), now=timezone.now())

    def user(self, actor: str) -> User:
        return User.objects.get_by_natural_key({**ACTORS, **BEYOND}[actor])

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside is taken back, and nobody is sent word of it."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
