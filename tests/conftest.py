"""The test database, the folder of shared samples, and a running site with the demo county.

Tests run as the application's own database role: what it may not do fails here too. The owner only migrates and empties.
"""
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate
from django.test import Client
from django.test.utils import override_settings
from psycopg import sql

from geo import proofs, second_factor
from tests.bench.scratch import copied, create, environment, free_port, in_common, manage, on, plain, running

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
ALIASES = ("default", "public", "owner")
MADE_BY_MIGRATIONS = ("geo.AccessReason", "geo.PostsStandard", "geo.SurveillanceStandard", "geo.AuditStandard")
NEVER_OLD = datetime(2200, 1, 1, tzinfo=UTC)
LONG_ON_PURPOSE = ("SIWU_TRUST", "SIWU_LONG", "SIWU_MANY_ZONES")
WITH_DATABASE = {"db", "transactional_db", "live_server", "client", "admin_user"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that may use the database may use each role's alias of it, without saying so.

    What needs the demo county comes first: of two processes that share the work one loads it, and the other takes from the end.
    Before all others come those that look at it as it was loaded.
    """
    items.sort(key=lambda item: (item.get_closest_marker("as_loaded") is None, "demo_county" not in getattr(item, "fixturenames", ())))
    unhurried = any(os.environ.get(name) for name in LONG_ON_PURPOSE)
    for item in items:
        if unhurried:
            item.add_marker(pytest.mark.timeout(0))
        marker = item.get_closest_marker("django_db")
        if marker and not marker.args and "databases" not in marker.kwargs:
            item.add_marker(pytest.mark.django_db(**marker.kwargs, databases="__all__"), append=False)
        elif not marker and WITH_DATABASE & set(getattr(item, "fixturenames", ())) - {"client"}:
            item.add_marker(pytest.mark.django_db(databases="__all__"))


@pytest.fixture(scope="session", autouse=True)
def quick_settings(tmp_path_factory) -> Iterator[None]:
    """Passwords cost nothing, pages need no collected files, and what is cached stays apart from a site on the same Redis.

    Heads of the audit too.
    """
    heads = tmp_path_factory.mktemp("audit-heads")
    cache = {**settings.CACHES["default"], "KEY_PREFIX": f"siwu-test-{os.getpid()}"}
    plain_files = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    hashers = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(AUDIT_HEADS=heads, CACHES={"default": cache}, STORAGES=plain_files, PASSWORD_HASHERS=hashers):
        yield


@pytest.fixture(autouse=True)
def proven(request, monkeypatch) -> None:
    """Whoever a test signs in without a form has shown a second factor just now; `unproven` tests sign in as people do."""
    if request.node.get_closest_marker("unproven"):
        return
    signed_in = Client.force_login

    def force_login(client: Client, user, backend: str | None = None) -> None:
        signed_in(client, user, backend)
        session = client.session
        client.cookies[proofs.COOKIE] = proofs.remember(session, second_factor.APP, now=NEVER_OLD)
        session.save()

    monkeypatch.setattr(Client, "force_login", force_login)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker) -> Iterator[None]:
    """A database of this process's own, as the owner migrated it; gone at the end."""
    name = f"test_{settings.DATABASES['owner']['NAME']}_{os.getpid()}"
    with django_db_blocker.unblock():
        wrappers = [connections[alias] for alias in ALIASES]
        server = plain_url(wrappers[-1].settings_dict)
        for wrapper in wrappers:
            close(wrapper)
            wrapper.settings_dict["NAME"] = name
        # A test itself sees all, as a command does; what it asks of the site stands behind the wall.
        wrappers[0].settings_dict["OPTIONS"]["options"] = "-c siwu.scope=all"
        drop_leftovers(server)
        create(server, name)
        refill_after_a_flush()
        # An ordinary test is rolled back, so that only its own connection sees its rows: public pages read through it too.
        # What the public role may read is tested on a connection of its own.
        connections["public"] = connections["default"]
    yield
    with django_db_blocker.unblock():
        for wrapper in wrappers:
            close(wrapper)
        with psycopg.connect(server, autocommit=True) as connection, suppress(psycopg.errors.ObjectInUse):
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def refill_after_a_flush() -> None:
    """Rows that migrations made, and that no signal makes again: tests that empty the tables take them away from later ones."""
    rows = {label: list(apps.get_model(label)._base_manager.using("owner").values()) for label in MADE_BY_MIGRATIONS}

    def refill(sender, using: str, **_named) -> None:
        if sender.label != "geo" or using == "public":
            return
        for label, kept in rows.items():
            found = apps.get_model(label)._base_manager.using(using)
            if not found.exists():
                found.bulk_create([found.model(**row) for row in kept])

    post_migrate.connect(refill, weak=False)


def plain_url(database: dict) -> str:
    """The server's own connection text for the database that the settings name."""
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return psycopg.conninfo.make_conninfo(**{key: str(database[name]) for key, name in names.items() if database[name]})


def drop_leftovers(server: str) -> None:
    """Databases of test runs that were killed: their process is no more."""
    with psycopg.connect(server, autocommit=True) as connection:
        stem = f"test_{settings.DATABASES['owner']['NAME'].split('_')[0]}"
        found = connection.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [f"^{stem}[a-z_]*_[0-9]+$"]).fetchall()
        for (name,) in found:
            if not Path("/proc", name.rsplit("_", 1)[1]).exists():
                with suppress(psycopg.Error):
                    connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def close(wrapper) -> None:
    wrapper.close()
    if hasattr(wrapper, "close_pool"):
        wrapper.close_pool()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared samples and published files; tests that need it are skipped where it is absent."""
    if not SHARED.exists():
        pytest.skip("the shared samples are not beside this checkout")
    return SHARED


@dataclass(frozen=True)
class DemoServer:
    """A site with the demo county. `manage(...)` runs a command on its database and returns what it printed."""

    base_url: str
    passwords: dict[str, str]
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        return manage(self.environment, *arguments)


@dataclass(frozen=True)
class DemoCounty:
    """The demo county in a database of its own, and `twin`: the name of a second one with the same rows, to do as one likes with.

    `model` is the URL of what both were copied from, which nobody connects to; what load_demo said is in the folder.
    """

    environment: dict[str, str]
    folder: Path
    twin: str
    model: str


@pytest.fixture(scope="session")
def common_folder(tmp_path_factory) -> Path:
    """A folder that all processes of this run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def demo_county(tmp_path_factory, common_folder) -> Iterator[DemoCounty]:
    """A copy of the demo county for this process's site, and the twin; the first process that wants them loads the demo."""
    folder, loaded, pid = tmp_path_factory.mktemp("site"), common_folder / "demo", os.getpid()
    with loaded_demo(loaded) as model, copied(model, f"demo_{pid}") as name, copied(model, f"twin_{pid}") as twin:
        shutil.copytree(loaded, folder, dirs_exist_ok=True)
        yield DemoCounty(settings_of_demo(name, folder), folder, twin, model)


@contextmanager
def loaded_demo(folder: Path) -> Iterator[str]:
    """The URL of a database with the demo county that nobody uses, its files in the folder: once for all processes of the run."""
    owner, name = plain(environment()["DATABASE_URL"]), f"demo_{os.environ.get('PYTEST_XDIST_TESTRUNUID', 'alone')}"

    def load(database: str) -> None:
        create(owner, database)
        said = manage(settings_of_demo(database, folder), "load_demo")
        (folder / "said.txt").write_text(said, encoding="utf-8")

    with in_common(owner, name, load, complete=folder.exists):
        yield on(environment(), name)["DATABASE_URL"]


def settings_of_demo(database: str, folder: Path) -> dict[str, str]:
    # Its accounts have a password only. No stored tiles: another site on this Redis has the same layer versions.
    # Browsers' sessions are kept for the whole run, and so is the password as their proof.
    own = {"SIWU_SECOND_FACTOR": "offered", "SIWU_IDLE_SECONDS": "7200", "SIWU_PROOF_MINUTES": "120"}
    own |= {"SIWU_RUN_DIR": str(folder), "SIWU_TILE_CACHE_SECONDS": "0", "SIWU_LOG_LEVEL": "WARNING"}
    # A queue of its own: a worker of this site must not take another's jobs.
    own |= {"SIWU_MEDIA_ROOT": str(folder / "media"), "SIWU_QUEUE": database}
    return on(environment(), database) | own


@pytest.fixture(scope="session")
def demo_server(demo_county) -> Iterator[DemoServer]:
    """The real web server as a process of its own, on a database of its own, with a free port. Made once for the session."""
    folder, environment, port = demo_county.folder, dict(demo_county.environment), free_port()
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings", "SIWU_STATIC_ROOT": str(static_files(environment, folder / "static"))}
    lines = (folder / "accounts.txt").read_text(encoding="utf-8").splitlines()[2:]
    base_url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "1", "--blocking-threads", "4", "--no-ws", "--log-level", "warning", "config.wsgi:application"]
    with running(command, environment, f"{base_url}/"):
        yield DemoServer(base_url, dict(line.split()[:2] for line in lines if line.strip()), environment)


@pytest.fixture(scope="session")
def worker(demo_server):
    """The real worker of the demo site, from the first test that wants it to the end."""
    command = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "--concurrency", "1", "--prefetch-multiplier", "1"]
    command += ["--without-gossip", "--without-mingle", "--loglevel", "ERROR"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    found = subprocess.Popen(command, cwd=ROOT, env=demo_server.environment, start_new_session=True, **quiet)
    yield found
    with suppress(ProcessLookupError):
        os.killpg(found.pid, signal.SIGTERM)
    found.wait(30)


def static_files(environment: dict[str, str], folder: Path) -> Path:
    """The files that set-up collected, if none has changed since; else collected again."""
    manifest = Path(settings.STATIC_ROOT, "staticfiles.json")
    sources = [path for app in ("geo", "patrol", "zones") for path in (ROOT / app / "static").rglob("*")]
    if manifest.exists() and all(path.stat().st_mtime <= manifest.stat().st_mtime for path in sources):
        return Path(settings.STATIC_ROOT)
    manage({**environment, "SIWU_STATIC_ROOT": str(folder)}, "collectstatic", "--no-input", "--verbosity", "0")
    return folder
