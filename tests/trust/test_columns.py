"""No person in the model: every column stands in docs/columns.tsv with its class, and free text names its guard."""
import ast
import importlib
import inspect
import re
import textwrap

import pytest
from django.apps import apps
from django.db import connection, models

from geo import pii
from geo.models import User
from tests.trust.columns import FILE, GUARDED, classes

CLASSES = {
    "key", "figure", "count", "moment", "choice", "code", "digest", "geometry", "file", "system", "account", "public", *GUARDED,
}  # fmt: skip
OURS = ("geo", "patrol", "zones")
FREELY = (models.CharField, models.TextField, models.JSONField)
# Words for what a row about a resident, a suspect or a petitioner would hold; none may be a column's name.
ABOUT_PEOPLE = re.compile(
    r"(^|_)(id_?card|identity|phone|mobile|plate|surname|first_name|last_name|full_name|birth\w*|gender|sex|ethnic\w*|religion|resident_?name"
    r"|suspect\w*|petitioner\w*|offender\w*|victim\w*|face|fingerprint|address)(_|$)"
)
# Tables that no model owns: partitions, the view of the newest public version, what PostGIS keeps, Django's own list of migrations.
UNOWNED = re.compile(
    r"^(patrol_fix(_\w+)?|zones_publicversion|django_migrations|spatial_ref_sys|geometry_columns|geography_columns|pghistory_\w+)$"
)


def kept_copy(model: type[models.Model]) -> bool:
    """History tables repeat the columns of what they keep, which are classed there."""
    return "pgh_obj" in {each.name for each in model._meta.fields}


def every_column() -> set[tuple[str, str]]:
    models_there = [each for each in apps.get_models(include_auto_created=True) if each._meta.managed and not kept_copy(each)]
    found = {(model._meta.label, each.name) for model in models_there for each in model._meta.concrete_fields}
    return {each for each in found if each[0] != "pghistory.MiddlewareEvents"}


def unclassified(columns: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return columns - set(classes())


def test_promise_31_every_column_is_classified_and_none_is_left_over():
    assert unclassified(every_column()) == set(), f"class it in {FILE.name}"
    assert set(classes()) - every_column() == set(), "columns that are no more"
    assert {kind for kind, _guard in classes().values()} <= CLASSES


def test_control_a_new_column_is_noticed():
    assert unclassified(every_column() | {("zones.Compound", "resident_name")}) == {("zones.Compound", "resident_name")}


def test_promise_31_history_keeps_no_column_that_its_object_has_not():
    told = classes()
    for model in apps.get_models():
        if kept_copy(model):
            tracked = model._meta.get_field("pgh_obj").related_model
            for each in model._meta.concrete_fields:
                assert each.name.startswith("pgh_") or (tracked._meta.label, each.name) in told, f"{model.__name__}.{each.name}"


@pytest.mark.django_db
def test_promise_31_no_table_stands_beside_the_models():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')")
        tables = {name for (name,) in cursor.fetchall()}
    owned = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    assert {each for each in tables - owned if not UNOWNED.match(each)} == set()


@pytest.mark.django_db
def test_promise_31_the_database_has_the_columns_of_the_models_and_no_more():
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            if model._meta.app_label in OURS and model._meta.managed:
                columns = {each.name for each in connection.introspection.get_table_description(cursor, model._meta.db_table)}
                assert columns == {each.column for each in model._meta.concrete_fields}, model


def test_promise_31_people_have_no_columns_but_staff_that_sign_in():
    for model, column in every_column():
        if model.split(".")[0] in OURS:
            assert not ABOUT_PEOPLE.search(column), f"{model}.{column}"
    to_accounts = {
        (model._meta.label, key.name) for model in apps.get_models() if model._meta.app_label in OURS and not kept_copy(model)
        for key in model._meta.concrete_fields if key.is_relation and key.remote_field.model is User
    }  # fmt: skip
    assert {classes()[each][0] for each in to_accounts} == {"account"}


def test_promise_31_whatever_is_written_freely_names_its_guard():
    freely = {
        (model._meta.label, each.name) for model in apps.get_models() if model._meta.app_label in OURS and not kept_copy(model)
        for each in model._meta.concrete_fields if isinstance(each, FREELY) and not each.choices and not each.primary_key
    }  # fmt: skip
    for (model, column), (kind, guard) in classes().items():
        assert bool(guard) == (kind in GUARDED) or kind == "account", f"{model}.{column}: {kind} {guard}"
        if kind in {"key", "figure", "count", "moment", "choice", "geometry"} and not column.startswith(("pgh_", "session")):
            assert (model, column) not in freely or column in {"mark", "positions"}, f"{model}.{column} takes free text"


@pytest.mark.parametrize("guard", sorted({guard for _kind, guard in classes().values() if guard}))
def test_promise_31_each_guard_is_there_and_asks_the_guard_of_rule_zero(guard):
    module, _colon, path = guard.partition(":")
    found = importlib.import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    assert asks(found), f"{guard} does not ask geo.pii"


def asks(function, depth: int = 0) -> bool:
    """Whether it calls geo.pii by itself, or a first-party function that does."""
    module = inspect.getmodule(function)
    for call in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(call, ast.Call):
            name = ast.unparse(call.func)
            if name in {"pii.find", "pii.find_in_column"}:
                return module.pii is pii
            last = name.rsplit(".", 1)[-1]
            called = getattr(module, last, None) or getattr(getattr(module, name.split(".")[0], None), last, None)
            if depth < 2 and inspect.isfunction(called) and called.__module__.split(".")[0] in OURS and asks(called, depth + 1):
                return True
    return False
