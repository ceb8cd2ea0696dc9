"""Promise 15: migrations beside a site that goes on, and beside the code of the release before."""
import json
import os
import re
import subprocess
import sys
import threading
import time

import psycopg
import pytest
import sqlparse
from django.core.management import CommandError, call_command
from django.db import OperationalError, connections, models
from django.db.migrations.loader import MigrationLoader
from django_migration_linter.sql_analyser import analyse_sql_statements
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser
from psycopg.errors import LockNotAvailable

from geo.management.commands import migrate
from geo.models import Division
from tests.bench.scratch import ROOT, plain, scratch_database

# The rule holds from here on; what came before went out before there was a site to keep running.
BEFORE = {"geo": 16, "patrol": 7, "zones": 23}
# A migration that old code cannot live with, and why it may go out all the same: (app, name): reason.
ALLOWED: dict[tuple[str, str], str] = {}
OURS = ("geo", "patrol", "zones")


def new_migrations() -> list:
    loader = MigrationLoader(connections["owner"])
    return [each for (app, name), each in loader.disk_migrations.items() if app in OURS and int(name[:4]) > BEFORE[app]]


def refused(statements: list[str]) -> list[str]:
    """The linter asks whether a migration has any default at all; we ask it of each column, and let new tables be as they like."""
    errors, _ignored, _warnings = analyse_sql_statements(PostgresqlAnalyser, statements)
    return [error.code for error in errors if error.code != "NOT_NULL"] + [f"NOT_NULL {column}" for column in unfillable(statements)]


def unfillable(statements: list[str]) -> list[str]:
    """Columns of older tables that a statement of old code would leave empty, and may not."""
    told = " ; ".join(statements)
    made = set(re.findall(r'CREATE TABLE "(\w+)"', told))
    bare = set(re.findall(r'ALTER TABLE "(\w+)" ALTER COLUMN "(\w+)" DROP DEFAULT', told))
    found = re.findall(r'ALTER TABLE "(\w+)" ALTER COLUMN "(\w+)" SET NOT NULL', told)
    for table, column, rest in re.findall(r'ALTER TABLE "(\w+)" ADD COLUMN "(\w+)" ([^;]*)', told):
        filled = "GENERATED " in rest or ("DEFAULT " in rest and (table, column) not in bare)
        if "NOT NULL" in rest and not filled:
            found.append((table, column))
    return [f"{table}.{column}" for table, column in found if table not in made]


def statements_of(app: str, name: str) -> list[str]:
    with open(os.devnull, "w") as nowhere:
        told = call_command("sqlmigrate", app, name, database="owner", stdout=nowhere)
    # A statement of ours may have many lines, and the linter takes each text for one statement.
    return [" ".join(sqlparse.format(each, strip_comments=True).split()) for each in sqlparse.split(told)]


@pytest.mark.django_db
def test_promise_15_the_release_before_can_live_with_every_new_migration():
    """No new column without a default of the database's own, nothing dropped, renamed or narrowed: old code goes on writing."""
    found = {(each.app_label, each.name): refused(statements_of(each.app_label, each.name)) for each in new_migrations()}
    assert {key: codes for key, codes in found.items() if codes and key not in ALLOWED} == {}
    assert {key for key in ALLOWED if key not in found or not found[key]} == set(), "an exemption that nothing needs"


ADDED = "NOT_NULL geo_division.trial"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "codes"),
    [
        (models.CharField(max_length=9, default="x"), [ADDED]),  # Django takes its default away again
        (models.IntegerField(), [ADDED]),
        (models.CharField(max_length=9, db_default="x"), []),
        (models.IntegerField(null=True), []),
    ],
)
def test_control_the_linter_sees_what_old_code_cannot_write(field, codes):
    field.set_attributes_from_name("trial")
    field.model = Division
    if not field.null and field.default is models.NOT_PROVIDED and field.db_default is models.NOT_PROVIDED:
        field.default = 0  # as makemigrations asks for, once
    with connections["owner"].schema_editor(collect_sql=True, atomic=False) as editor:
        editor.add_field(Division, field)
    told = [line for line in editor.collected_sql if not line.startswith("--")]
    assert refused(told) == codes


@pytest.mark.parametrize(("statement", "code"), [
    ('ALTER TABLE "geo_station" DROP COLUMN "name" CASCADE;', "DROP_COLUMN"), ('DROP TABLE "geo_station" CASCADE;', "DROP_TABLE"),
    ('ALTER TABLE "geo_station" ALTER COLUMN "name" SET NOT NULL;', "NOT_NULL geo_station.name"),
    ('ALTER TABLE "geo_station" ADD CONSTRAINT "one_name" UNIQUE ("name");', "ADD_UNIQUE"),
    ('ALTER TABLE "geo_station" RENAME COLUMN "name" TO "title";', "RENAME_COLUMN"),
    ('ALTER TABLE "geo_station" ALTER COLUMN "name" TYPE varchar(3);', "ALTER_COLUMN"),
])  # fmt: skip
def test_control_the_linter_sees_what_old_code_would_miss(statement, code):
    assert refused([statement]) == [code]


def test_a_lock_that_is_not_had_is_asked_for_again_and_other_faults_are_not(monkeypatch, settings, capsys):
    settings.MIGRATION_WAITS_S = [0.01, 0.01]
    asked = []

    def busy(self, *args, **options):
        asked.append(1)
        raise OperationalError from LockNotAvailable()

    monkeypatch.setattr(migrate.Migrate, "handle", busy)
    monkeypatch.setattr(migrate, "connections", {"owner": Silent()})
    with pytest.raises(CommandError, match="一直被占用"):
        migrate.Command().handle(database="owner")
    assert len(asked) == 3 and Silent.told[-1][1] == ["3s"]

    def broken(self, *args, **options):
        asked.append(1)
        raise OperationalError("disk") from psycopg.errors.DiskFull()

    monkeypatch.setattr(migrate.Migrate, "handle", broken)
    with pytest.raises(OperationalError):
        migrate.Command().handle(database="owner")
    assert len(asked) == 4


class Silent:
    told: list = []

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_problem):
        pass

    def execute(self, *told):
        Silent.told.append(told)


BACK = """
from django.core.management import call_command
from django.db import connections
from django.db.migrations.loader import MigrationLoader
graph = MigrationLoader(connections["owner"]).graph
for app, leaf in [key for name in ("zones", "patrol", "geo") for key in graph.leaf_nodes(name)]:
    [before] = [parent.key[1] for parent in graph.node_map[app, leaf].parents if parent.key[0] == app]
    call_command("migrate", app, before, database="owner", verbosity=0)
    print("back", app, leaf)
"""
READ = ("SELECT count(*) FROM geo_station", "SELECT count(*) FROM zones_rectificationzone", "SELECT count(*) FROM patrol_shift")
DIVISION = """
INSERT INTO geo_division (code, name, level, pinyin, source, valid_from) VALUES ('64', 'place', 'province', '', 'test', '2026-01-01')
"""
PLACE = """
INSERT INTO geo_station (name, kind, division_id, geom, source_key, status, condition, hours, equipment, unit)
SELECT 's', 'police_room', '64', ST_SetSRID(ST_Point(105.6, 37.5 + random()), 4326), gen_random_uuid()::text, 'built', 'good', '', '', ''
"""


class Traffic(threading.Thread):
    """One statement after another, each in a transaction of its own; remembers the longest wait and everything that went wrong."""

    def __init__(self, url: str, *statements: str, holds_s: float = 0.0, rests_s: float = 0.005):
        super().__init__(daemon=True)
        self.url, self.statements, self.holds_s, self.rests_s = url, statements, holds_s, rests_s
        self.ended, self.done, self.longest_s, self.problems = threading.Event(), 0, 0.0, []

    def run(self) -> None:
        with psycopg.connect(self.url) as connection:
            while not self.ended.is_set():
                for statement in self.statements:
                    began = time.monotonic()
                    try:
                        with connection.transaction():
                            connection.execute(statement)
                            self.longest_s = max(self.longest_s, time.monotonic() - began)
                            time.sleep(self.holds_s)
                        self.done += 1
                    except psycopg.Error as problem:
                        self.problems.append(repr(problem))
                        return
                self.ended.wait(self.rests_s)

    def end(self) -> None:
        self.ended.set()
        self.join(20)


@pytest.mark.skipif(os.environ.get("SIWU_LONG") != "1", reason="a minute: SIWU_LONG=1 runs it; its last output is in docs/upgrade.md")
def test_promise_15_the_latest_migrations_run_while_a_writer_and_a_reader_go_on():
    """Also beside somebody who reads for longer than a migration waits: it lets the others by, and has its turn later."""
    with scratch_database(f"siwu_beside_{os.getpid()}") as values:
        quiet = {**values, "SIWU_ANY_PYTHON": "1", "SIWU_MIGRATION_WAITS_S": "0.5,1,1,2,2,4,4,8"}
        told = subprocess.run([sys.executable, "manage.py", "shell", "-c", BACK.format(apps=["zones", "patrol", "geo"])], cwd=ROOT,
                              env=quiet, capture_output=True, text=True)  # fmt: skip
        assert told.returncode == 0, told.stderr
        url = plain(values["SIWU_APP_DATABASE_URL"])
        with psycopg.connect(plain(values["DATABASE_URL"]), autocommit=True) as owner:
            owner.execute(DIVISION)
        writer = Traffic(url, PLACE)
        reader = Traffic(url, *READ)
        sitter = Traffic(url, "SELECT count(*) FROM geo_compound", holds_s=4.5, rests_s=2)
        for each in (writer, reader, sitter):
            each.start()
        time.sleep(0.5)
        began = time.monotonic()
        command = [sys.executable, "manage.py", "migrate", "--database", "owner"]
        done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True)
        seconds = time.monotonic() - began
        sitter.ended.set()
        for each in (writer, reader, sitter):
            each.end()
        print(json.dumps({
            "migrations": done.stdout.count(" OK"), "seconds": round(seconds, 1), "tries": 1 + done.stdout.count("秒后再试"),
            "written": writer.done, "read": reader.done, "longest_wait_of_a_writer_s": round(writer.longest_s, 2),
            "longest_wait_of_a_reader_s": round(reader.longest_s, 2)}))  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert (writer.problems, reader.problems) == ([], [])
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM geo_station").fetchone()[0] == writer.done
        assert max(writer.longest_s, reader.longest_s) < 3 + 2
