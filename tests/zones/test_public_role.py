"""The public's database role: it reads what is published, and nothing else, whatever the code above it does."""
import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from tests.bench.scratch import manage

READABLE = {
    "zones_publication", "zones_publishedgrade", "zones_publishedtitle", "zones_publishedbulletin", "zones_publicversion",
    "zones_standing", "zones_publishedassessment", "zones_publishedplan", "geo_division", "geo_divisionoutline",
    "geo_publishedaccess",
}  # fmt: skip
VIEWS = {"zones_publicversion"}
# What PostGIS shows to everybody: no data of ours.
REFERENCE = {"spatial_ref_sys", "geometry_columns", "geography_columns"}


@pytest.fixture
def public_role(db):
    role = settings.DATABASES["public"]
    facts = {"host": role["HOST"], "port": role["PORT"], "user": role["USER"], "password": role["PASSWORD"]}
    facts = {key: str(value) for key, value in facts.items() if value}
    with psycopg.connect(**facts, dbname=connection.settings_dict["NAME"], autocommit=True) as found:
        # Set-up makes the role's sessions read-only too; a session may undo that, so the rights themselves are tried.
        found.execute("SET default_transaction_read_only = off")
        yield found


def tables(cursor) -> list[str]:
    cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')")
    return [name for (name,) in cursor.fetchall()]


def test_the_public_role_reads_the_published_tables(public_role):
    for table in READABLE:
        public_role.execute(psycopg.sql.SQL("SELECT * FROM {} LIMIT 1").format(psycopg.sql.Identifier(table)))


def test_everything_else_is_permission_denied(public_role):
    with connection.cursor() as cursor:
        names = tables(cursor)
    others = set(names) - READABLE - REFERENCE
    # pghistory's union of all events is computed by each query; it has no table.
    assert {model._meta.db_table for model in apps.get_models()} - READABLE - REFERENCE - {"pghistory_events"} <= others
    for table in sorted(others):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            public_role.execute(psycopg.sql.SQL("SELECT * FROM {} LIMIT 1").format(psycopg.sql.Identifier(table)))


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}", "INSERT INTO {} DEFAULT VALUES", "ALTER TABLE {} ADD x integer"])
def test_the_public_role_changes_nothing(public_role, statement):
    for table in READABLE - VIEWS:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            public_role.execute(psycopg.sql.SQL(statement).format(psycopg.sql.Identifier(table)))


def test_what_is_kept_is_kept_under_a_number_that_the_public_role_only_reads(public_role):
    for statement in ("DELETE FROM zones_publicversion", "UPDATE zones_publicversion SET version = 7"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            public_role.execute(statement)


def test_the_public_role_makes_no_tables(public_role):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        public_role.execute("CREATE TABLE public.mine (x integer)")


ASK = """
from django.test import Client
from zones.models import PublishedGrade
client = Client(headers={"host": "127.0.0.1"})
some = PublishedGrade.objects.using("public").first().public_id
paths = ["/", "/?town=640521100&grade=red&q=x", f"/compounds/{some}/", "/criteria/1.0/", "/data/outlines.geojson"]
paths += ["/data/2026Q3" + ending for ending in (".csv", ".geojson", ".html", "/points.geojson")]
paths += ["/contest/", "/contest/?unit=compounds", f"/compare/?id={some}", "/recompute/", "/open-data/", "/changes/", "/public-bulletins/"]
from zones.models import PublishedAssessment, PublishedPlan
plan, project = (each.objects.using("public").first().public_id for each in (PublishedPlan, PublishedAssessment))
paths += ["/demonstrations/", f"/demonstrations/{plan}/", "/public-assessments/", f"/public-assessments/{project}/"]
paths += ["/api/open/v1/compounds", "/api/open/v1/titles", "/public-tiles/2026Q3/1/1/9/403/198.mvt", f"/compounds/{some}/poster.pdf"]
paths += ["/data-access/"]
print([client.get(path).status_code for path in paths])
"""


def test_every_public_page_works_with_the_public_role_alone(demo_server):
    """The application's own connection is given the public role too: a page that asked for more would fail."""
    environment = {**demo_server.environment, "SIWU_APP_DATABASE_URL": demo_server.environment["SIWU_PUBLIC_DATABASE_URL"]}
    assert manage(environment, "shell", "-c", ASK).strip().endswith(str([200] * 25))
