"""Promise 14, as far as it goes: what is backed up comes back whole, elsewhere, and a damaged backup is refused."""
import os
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from geo import backups
from tests import cast

NAME = f"siwu_restored_{os.getpid()}"


@pytest.fixture
def kept(transactional_db, settings, tmp_path):
    """A backup of two towns, with a file among the media."""
    cast.territory()
    cast.west_compound()
    settings.MEDIA_ROOT = tmp_path / "media"
    (settings.MEDIA_ROOT / "issues").mkdir(parents=True)
    (settings.MEDIA_ROOT / "issues/1.jpg").write_bytes(b"a picture")
    folder = tmp_path / "backup"
    backups.back_up(folder, now=timezone.now())
    return folder


def test_promise_14_a_backup_is_restored_with_its_rows_triggers_rights_and_files(kept, tmp_path, capsys):
    call_command("restore", str(kept), "--database", NAME, "--media", str(tmp_path / "again"))
    try:
        assert "核对无误" in capsys.readouterr().out
        assert (tmp_path / "again/media/issues/1.jpg").read_bytes() == b"a picture"
        here, there = (whole(backups.connect(name)) for name in (None, NAME))
        assert here == there and here["compounds"] == [("西苑小区",)] and len(here["triggers"]) > 100 and len(here["walls"]) > 30
        with pytest.raises(CommandError, match="已经存在，不会覆盖"):
            call_command("restore", str(kept), "--database", NAME)
    finally:
        backups.drop(NAME)


def whole(connection: psycopg.Connection) -> dict:
    questions = {
        "compounds": "SELECT name FROM geo_compound ORDER BY 1",
        "triggers": "SELECT tgname, tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
        # The owner's own rights may be written out, or left out as a matter of course.
        "rights": """SELECT relname, coalesce(relacl, acldefault('r', relowner))::text FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1""",
        "walls": "SELECT tablename, policyname, qual, with_check FROM pg_policies ORDER BY 1, 2",
        "behind them": "SELECT relname FROM pg_class WHERE relrowsecurity ORDER BY 1",
        "checks": "SELECT conname, conrelid::regclass::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
    }
    with connection:
        return {name: connection.execute(question).fetchall() for name, question in questions.items()}


@pytest.mark.parametrize("name", [backups.DUMP, backups.MEDIA, backups.MANIFEST])
def test_a_damaged_backup_is_refused_and_leaves_nothing(kept, name, tmp_path):
    path = kept / name
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(CommandError, match="已损坏|不是完整的备份"):
        call_command("restore", str(kept), "--database", NAME, "--media", str(tmp_path / "again"))
    with backups.connect() as connection:
        assert not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
    assert not (tmp_path / "again").exists()


def test_a_backup_goes_into_a_new_folder_only(kept):
    before = {path.name: path.stat().st_mtime_ns for path in Path(kept).iterdir()}
    with pytest.raises(CommandError, match="请换一个新的"):
        call_command("backup", str(kept))
    assert before == {path.name: path.stat().st_mtime_ns for path in Path(kept).iterdir()}


def test_a_restore_that_lost_rows_is_no_restore(kept, monkeypatch):
    real = backups.counts
    monkeypatch.setattr(backups, "counts", lambda connection: {**real(connection), "geo_compound": 0})
    with pytest.raises(backups.BackupRefused, match="geo_compound 1≠0"):
        backups.restore(kept, database=NAME)
    with backups.connect() as connection:
        assert not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()


@pytest.mark.parametrize(("line", "is_left_out"), [
    ("7879; 0 0 ACL pg_catalog FUNCTION pg_switch_wal() postgres", True),
    ("2; 3079 16389 EXTENSION - postgis ", True),
    ("7880; 0 0 ACL public TABLE geo_compound siwu_owner", False),
    ("4200; 0 17002 TABLE DATA public geo_compound siwu_owner", False),
])  # fmt: skip
def test_what_only_a_superuser_may_give_is_left_out_of_a_restore(line, is_left_out):
    """Lines of pg_restore --list. Where the new database's owner has no such right yet, granting it is an error."""
    assert bool(backups.SUPERUSERS.search(line)) is is_left_out
