"""The house rules, kept by a test: who imports whom, where statements live, how long things may be, who gets in."""
import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

from geo.access import BY_KEY, BY_TOKEN, PUBLIC
from geo.layers import registry

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ["geo", "patrol", "zones", "config"]
SOURCES = [path for app in FLOORS for path in sorted((ROOT / app).rglob("*.py"))]
HAND_WRITTEN = [path for path in SOURCES if "migrations" not in path.parts]
WITH_STATEMENTS = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|VIEW|TRIGGER))\b", re.S)
# Rooms in which hand-written statements may live, by file name; a package of that name counts too.
# vector.py asks a GeoPackage, not the database.
STATEMENT_ROOMS = {"sql.py", "tiles.py", "doctor.py", "vector.py"}

# Everything that answers without an account. A new name here is a decision, not an accident.
PUBLIC_URLS = {
    "health", "ready", "components", "login_second", "login_provider", "login_provider_back",
    "login", "set_language", "home", "public_compound", "public_criteria", "public_data", "public_map_file", "public_outlines",
    "public_points", "objections", "phone", "phone_worker", "phone_manifest", "public_compare", "public_contest", "public_courtyard",
    "public_recompute",
    "public_changes", "public_bulletins", "public_bulletin", "public_bulletin_file", "public_tile", "compound_poster",
    "compound_certificate", "courtyard_certificate", "open_data", "api-root", "openapi-json", "open_licence", "open_periods",
    "open_publications", "open_compounds", "open_compound", "open_criteria", "open_criteria_version", "open_titles", "open_changes",
    "open_bulletins", "open_bulletin", "supervision", "feedback_door", "receipt_status", "appeal_door", "reply_door", "reinspection_door",
    "public_assessments", "public_assessment", "public_plans", "public_plan", "public_access",
}  # fmt: skip

# What a desktop or calendar program may ask with a personal access key: an outsider's program is asked for one.
KEYED_URLS = {"wfs", "duty_feed"}

# Doors of devices: they ask for a token by themselves. The description of the API holds no data and asks for nothing.
TOKEN_URLS = {
    "sign_in", "nothing_to_read", "own_duty", "submissions", "receipts", "begin_photo", "photo_offset", "photo_piece", "no_photo_to_read",
    "api-root", "openapi-json", "ingest_osmand", "ingest_traccar", "ingest_owntracks", "ingest_owntracks_basic",
    "metrics",
}  # fmt: skip
FIELD = "/api/field/v1/"


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def named(paths: list[Path]) -> dict:
    return {"argvalues": paths, "ids": [str(path.relative_to(ROOT)) for path in paths]}


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        return [node.module]
    return []


@pytest.mark.parametrize("path", **named(SOURCES))
def test_imports_run_one_way(path):
    floor = FLOORS.index(path.relative_to(ROOT).parts[0])
    for node in ast.walk(tree(path)):
        for module in imported(node):
            room = module.split(".")[0]
            if room == "config" and path.name in {"settings.py", "wsgi.py", "__init__.py"}:
                continue
            assert room not in FLOORS[floor + 1 :], f"{path} imports {module}"


@pytest.mark.parametrize("path", **named(HAND_WRITTEN))
def test_no_first_party_import_inside_a_function(path):
    for function in ast.walk(tree(path)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                assert not [m for m in imported(node) if m.split(".")[0] in FLOORS], f"{path}:{function.name}"


@pytest.mark.parametrize("path", **named(HAND_WRITTEN))
def test_files_and_functions_stay_readable(path):
    assert path.stem not in {"common", "core", "utils", "helpers", "services", "misc"}
    assert len(path.read_text().splitlines()) <= 400
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno + 1 <= 50, f"{path}:{node.name}"


@pytest.mark.parametrize("path", **named([p for p in HAND_WRITTEN if p.name.endswith("views.py") or "views" in p.parts]))
def test_views_stay_thin(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            statements = [inner for inner in ast.walk(node) if isinstance(inner, ast.stmt)]
            assert len(statements) - 1 <= 15, f"{path}:{node.name} has {len(statements) - 1} statements"


@pytest.mark.parametrize("path", **named([p for p in HAND_WRITTEN if p.name not in STATEMENT_ROOMS]))
def test_statements_live_in_their_rooms(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not WITH_STATEMENTS.search(node.value), f"{path}:{node.lineno}"


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_model_has_a_chinese_name_and_says_what_it_is():
    for app in ("geo", "patrol", "zones"):
        for model in apps.get_app_config(app).get_models():
            assert re.search(r"[\u4e00-\u9fff]", str(model._meta.verbose_name)), model
            assert any("__str__" in parent.__dict__ for parent in model.__mro__ if parent.__module__.split(".")[0] in FLOORS), model


def every_url(resolver: URLResolver | None = None) -> list[URLPattern]:
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        found += every_url(entry) if isinstance(entry, URLResolver) else [entry]
    return found


def test_only_the_public_list_answers_without_an_account():
    assert {url.name for url in every_url() if getattr(url.callback, PUBLIC, False)} == PUBLIC_URLS
    assert {url.name for url in every_url() if getattr(url.callback, BY_KEY, False)} == KEYED_URLS
    assert {url.name for url in every_url() if getattr(url.callback, BY_TOKEN, False)} == TOKEN_URLS


@pytest.mark.django_db
def test_the_doors_of_devices_refuse_an_outsider(client):
    pk = "00000000-0000-4000-8000-000000000000"
    for path in ("duty", "submissions", "receipts", "uploads", f"uploads/{pk}"):
        for method in ("get", "post", "patch"):
            assert getattr(client, method)(FIELD + path).status_code == 401, path
    assert client.get(FIELD + "devices").status_code == 401
    assert client.post(FIELD + "devices", {"code": "guess"}, content_type="application/json").status_code == 404
    for path in ("/ingest/osmand/guess", "/ingest/traccar/guess?lat=1&lon=2", "/ingest/owntracks/guess", "/ingest/owntracks/"):
        assert client.post(path).status_code == 401, path


@pytest.mark.django_db
def test_every_other_url_refuses_an_outsider(client):
    values = {"z": 9, "x": 406, "y": 198, "pk": 1, "name": "stations", "period": "2026Q3", "form": "csv", "key": "posts"}
    for url in every_url():
        if not getattr(url.callback, PUBLIC, False) and not getattr(url.callback, BY_TOKEN, False):
            keys = url.pattern.converters
            path = "/" + str(url.pattern) if not keys else "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(values[m[1]]), str(url.pattern))
            for accept, status in (("application/json", 401 if url.name in KEYED_URLS else 404), ("text/html", 302)):
                assert client.get(path, headers={"accept": accept}).status_code == status, path


@pytest.mark.django_db
@pytest.mark.parametrize("layer", list(registry), ids=lambda layer: layer.name)
def test_every_layer_is_declared_whole(layer):
    assert layer.shape in {"point", "area"}
    assert layer.classes
    names = {field.name for field in layer.model._meta.get_fields()}
    assert {"division", "geom", "geom_3857"} <= names
    assert {column.name for column in layer.columns} <= names
    marks = [(c.mark, c.figure) for c in layer.classes]
    assert len(set(marks)) == len(marks), "two classes that only colour tells apart"
