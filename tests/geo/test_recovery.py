"""Promise 14: back to a named moment, in a server of its own, and looked through before anything is said about it."""
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from geo import backups, recovery
from geo.recovery import checks, media
from tests.geo.archive import TABLES, archived_cluster, do, now

PICTURE = b"a picture of the drill"


@pytest.fixture(scope="module")
def lived():
    """A site that was backed up, lived on, and then lost a table; with the moments between. Its tables hold no audit."""
    with archived_cluster() as (server, archive), pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "looks", [])
        root = Path(settings.MEDIA_ROOT)
        (root / "evidence").mkdir(parents=True)
        (root / "evidence/1.jpg").write_bytes(PICTURE)
        do(server, "INSERT INTO evidence SELECT 1, 'evidence/1.jpg', encode(sha256('a picture of the drill'), 'hex')")
        call_command("backup", "--archive")
        time.sleep(1.1)  # the end of a base backup is told in whole seconds
        do(server, "INSERT INTO told SELECT n, n FROM generate_series(501, 600) n")
        good = now(server)
        (root / "evidence/1.jpg").unlink()
        do(server, "DROP TABLE told", "DELETE FROM ground WHERE id > 10", "DELETE FROM evidence")
        call_command("backup", "--moment")
        yield server, archive, good


@pytest.fixture
def into(lived):
    folder = lived[0].folder / f"then-{time.monotonic_ns()}"
    yield folder
    assert not (folder / "pg/postmaster.pid").exists(), "a server was left running"


def evidence(monkeypatch) -> None:
    monkeypatch.setattr(checks, "file_columns", lambda: iter([("evidence", "file", "sha256")]))


def test_promise_14_a_dropped_table_comes_back_as_it_was_at_the_moment(lived, into, monkeypatch):
    _server, _archive, good = lived
    evidence(monkeypatch)
    back = recovery.restore(good, into=into, now=timezone.now())
    try:
        assert back.found.wrong == [] and back.complete
        assert back.until <= good
        assert (back.found.rows["told"], back.found.rows["ground"], back.found.rows["evidence"]) == (600, 1000, 1)
        assert back.found.constraints >= 2 and back.found.compared >= 1 and (back.found.files, back.found.named) == (1, 1)
        assert (into / "media/evidence/1.jpg").read_bytes() == PICTURE
        assert (into / "spool").is_dir()  # not the archive's, which may belong to another account
        with back.server.connect() as connection:
            assert connection.execute("SELECT max(id) FROM told").fetchone() == (600,)
            assert connection.execute("SHOW data_checksums").fetchone() == ("on",)
    finally:
        back.server.remove()
    assert not into.exists()


@pytest.mark.skipif(os.environ.get("SIWU_LONG") != "1", reason="a second restore of the same: SIWU_LONG=1 runs it")
def test_promise_14_a_drill_by_the_command_says_what_was_looked_at_and_leaves_nothing(lived, into, capsys):
    call_command("restore", "--to", "last", "--into", str(into), "--drill")
    said = capsys.readouterr().out
    assert "重新核对的约束" in said and "用时" in said and "✗" not in said
    assert not into.exists()


def test_control_rows_constraints_files_and_a_modules_own_look_are_noticed(lived, tmp_path, monkeypatch):
    """What the look must see: a database that was harmed behind its constraints' back, and a file that is another."""
    server, _archive, _good = lived
    evidence(monkeypatch)
    monkeypatch.setattr(checks, "looks", [lambda connection, to: iter(["the chain is broken"])])
    (tmp_path / "evidence").mkdir()
    (tmp_path / "evidence/1.jpg").write_bytes(b"not the picture")
    with psycopg.connect(server.url("siwu")) as connection:  # rolled back
        connection.execute(TABLES.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS").partition("CREATE FUNCTION")[0])
        connection.execute("CREATE TRIGGER pgtrigger_append_only_1 BEFORE DELETE ON told FOR EACH ROW EXECUTE FUNCTION refuse()")
        connection.execute("INSERT INTO told VALUES (1, 1)")
        connection.execute("INSERT INTO evidence SELECT 1, 'evidence/1.jpg', encode(sha256('a picture of the drill'), 'hex')")
        connection.execute("INSERT INTO evidence VALUES (2, 'evidence/2.jpg', '')")
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM ground WHERE id = 1")
        at = connection.execute("SELECT now()").fetchone()[0]
        moment = recovery.Moment(at - timedelta(seconds=1), {"told": (500, 500), "ground": (1000, 1000)}, {})
        found = checks.checked(connection, moments=[moment], to=at, media_root=tmp_path)
        connection.rollback()
    told = "\n".join(found.wrong)
    for word in ("told：1行，应为500", "told_ground_id_fkey", "1.jpg 内容不符", "2.jpg 不在", "the chain is broken"):
        assert word in told
    assert len(found.wrong) == 5  # a table that may shrink is held to nothing between moments


def test_a_moment_outside_the_archive_or_a_folder_that_is_there_is_refused_in_words(lived, into):
    _server, archive, good = lived
    for to, folder, words in (
        (timezone.now() + timedelta(hours=1), into, "还没有到"),
        (datetime(2020, 1, 1, tzinfo=UTC), into, "最早只能恢复到"),
        (good, archive, "不会覆盖"),
    ):
        with pytest.raises(backups.BackupRefused, match=words):
            recovery.restore(to, into=folder, now=timezone.now())
    with pytest.raises(CommandError, match="读不懂"):
        call_command("restore", "--to", "yesterday", "--into", str(into))


def test_the_age_of_the_last_backup_is_known_without_reading_it(lived):
    told = backups.last()
    assert timezone.now() - told["base_at"] < timedelta(minutes=10) and told["moment_at"] >= told["base_at"]


def test_files_are_kept_once_and_forgotten_with_the_last_moment_that_names_them(tmp_path):
    root, store = tmp_path / "media", tmp_path / "store"
    root.mkdir()
    for name, content in (("a", b"one"), ("b", b"one"), ("c", b"two")):
        (root / name).write_bytes(content)
    first = media.keep(root, store, known={})
    assert len(first) == 3 and len(list(store.glob("??/*"))) == 2
    (root / "c").unlink()
    second = media.keep(root, store, known=first)
    assert second.keys() == {"a", "b"}
    media.forget(store, still=[second])
    assert len(list(store.glob("??/*"))) == 1
    assert media.bring_back(first, store, tmp_path / "back", owner=tmp_path) == ["c"]
    assert os.listdir(tmp_path / "back").sort() == ["a", "b"].sort()
