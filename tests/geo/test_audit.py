"""The audit chain: an untouched one verifies, and whatever a superuser does to it is found (promise 24)."""
import os
import shutil
from datetime import date

import pgtrigger
import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import Error, IntegrityError, connection, transaction
from django.utils import timezone

from geo.audit import heads, jobs, retention, rights, verifying, writer
from geo.audit.chain import hash_of_entry
from geo.audit.sources import all_sources
from geo.models import AccountEvent, AuditCheck, AuditEntry, AuditHead, AuditPurge, AuditStandard, Decision, SurveillanceRead
from geo.recovery import checks
from geo.sql import AUDIT_ALONE
from tests.conftest import plain_url
from tests.geo.auditing import DAY, FIRST, HOUR, NOW, Cast, as_owner, found

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.AUDIT_HEADS = tmp_path / "heads"
    return settings.AUDIT_HEADS


@pytest.fixture
def superuser(db):
    with as_owner():
        yield


@pytest.fixture
def chained(superuser) -> Cast:
    people = Cast()
    people.three_days()
    return people


def rewritten(first: int) -> None:
    """All hashes from an entry on made anew, as somebody would who knows how, and the heads in the database with them."""
    last = AuditEntry.objects.get(seq=first - 1).hash
    for entry in AuditEntry.objects.filter(seq__gte=first).order_by("seq"):
        new = hash_of_entry(last, entry)
        AuditEntry.objects.filter(seq=entry.seq).update(prev_hash=last, hash=new)
        AuditHead.objects.filter(last_seq=entry.seq).update(hash=new)
        AuditHead.objects.filter(first_seq=entry.seq).update(opens_with=last)
        last = new


def edit():
    AuditEntry.objects.filter(seq=6).update(who="somebody")


def edit_of_the_first_day():
    AuditEntry.objects.filter(seq=2).update(who="somebody")


def edit_with_its_hash():
    edit()
    entry = AuditEntry.objects.get(seq=6)
    AuditEntry.objects.filter(seq=6).update(hash=hash_of_entry(entry.prev_hash, entry))


def edit_and_rewrite():
    edit()
    rewritten(6)


def edit_of_today_and_rewrite():
    AuditEntry.objects.filter(seq=10).update(who="somebody")
    rewritten(10)


def removal():
    AuditEntry.objects.filter(seq=6).delete()


def removal_and_renumbering():
    AuditEntry.objects.filter(seq=6).delete()
    for seq in range(7, 13):
        AuditEntry.objects.filter(seq=seq).update(seq=seq - 1)
    rewritten(6)


def other_order():
    for old, new in ((6, 60), (7, 6), (60, 7)):
        AuditEntry.objects.filter(seq=old).update(seq=new)


def insertion_in_the_chain():
    for seq in range(12, 5, -1):
        AuditEntry.objects.filter(seq=seq).update(seq=seq + 1)
    entry = AuditEntry.objects.get(seq=5)
    entry.pk, entry.row = 6, 999
    entry.save(force_insert=True)
    rewritten(6)


def edit_of_the_row_itself():
    Decision.objects.filter(pk=AuditEntry.objects.get(seq=8).row).update(why="another")


def removal_of_the_row_itself():
    SurveillanceRead.objects.filter(pk=AuditEntry.objects.get(seq=7).row).delete()


def edit_of_a_head():
    AuditHead.objects.filter(day=date(2026, 11, 21)).update(hash="0" * 64)


def removal_of_a_day():
    AuditHead.objects.filter(day=date(2026, 11, 20)).delete()
    AuditEntry.objects.filter(seq__lte=4).delete()


def tail_of_today():
    AuditEntry.objects.filter(seq__gte=11).delete()


def tail_with_a_closed_day():
    AuditEntry.objects.filter(seq__gte=5).delete()
    AuditHead.objects.filter(day=date(2026, 11, 21)).delete()


TAMPERING = {
    edit: "2026-11-21 第6条 内容与摘要不符",
    edit_with_its_hash: "2026-11-21 第7条 接不上前一条",
    edit_and_rewrite: "2026-11-21 封存的签名不对",
    edit_of_today_and_rewrite: "2026-11-22 第12条 与外部封存不符",
    removal: "2026-11-21 第7条 缺第6条",
    removal_and_renumbering: "2026-11-22 第12条 外部封存到第12条，库中当日只到第11条：尾部被截去",
    other_order: "2026-11-21 第6条 接不上前一条",
    insertion_in_the_chain: "2026-11-22 第12条 与外部封存不符",
    edit_of_the_row_itself: "2026-11-21 第8条 办理记录第",
    removal_of_the_row_itself: "2026-11-21 第7条 监控点查阅记录第",
    edit_of_a_head: "2026-11-21 封存的签名不对",
    removal_of_a_day: "2026-11-20 第4条 外部封存了这一日，库中没有",
    tail_of_today: "2026-11-22 第12条 外部封存到第12条，库中当日只到第10条：尾部被截去",
    tail_with_a_closed_day: "2026-11-21 第8条 外部封存了这一日，库中没有：整日被删或尾部被截去",
}


def test_promise_24_control_an_untouched_chain_verifies(chained, capsys):
    assert found() == []
    call_command("audit", "verify")
    assert "审计链完好：12条，到第12条" in capsys.readouterr().out
    assert AuditCheck.objects.get().fault_count == 0
    head = AuditHead.objects.get(day=date(2026, 11, 21))
    assert found(printed={head.day: head.hash.upper()}) == []
    assert found(printed={head.day: "0" * 64}) == ["2026-11-21 与打印的封存不符。"]
    call_command("audit", "heads")
    assert heads.printed(head) in capsys.readouterr().out


def test_promise_24_a_superusers_hand_is_found_with_its_day_and_entry(chained, capsys):
    """Each of them on the untouched chain, which is put back after it."""
    for tamper, told in TAMPERING.items():
        with transaction.atomic():
            with pgtrigger.ignore():
                tamper()
            with pytest.raises(CommandError):
                call_command("audit", "verify")
            said = capsys.readouterr().out
            assert f"✗ {told}" in said, (tamper.__name__, said)
            transaction.set_rollback(True)
        assert AuditEntry.objects.count() == 12
    assert found() == []


def test_promise_24_a_tail_cut_off_is_found_by_the_outside_head_only(chained, folder):
    """The control: a chain that was shortened with its heads is whole in itself."""
    with pgtrigger.ignore():
        tail_with_a_closed_day()
    shutil.rmtree(folder)
    assert found() == ["外部没有任何封存文件。", "2026-11-20 外部没有这一日的封存文件。"]


def test_whoever_only_verifies_needs_no_right_to_write_the_heads(chained, monkeypatch):
    """Rights are told by os.access: the tests may run as root, who may do everything."""
    monkeypatch.setattr(heads.os, "access", lambda _path, mode: not mode & os.W_OK)
    assert found() == []
    with pytest.raises(heads.HeadsUnreadable, match="不能写"):
        heads.save(heads.newest())
    monkeypatch.setattr(heads.os, "access", lambda _path, mode: not mode & os.R_OK)
    with pytest.raises(heads.HeadsUnreadable, match="读不出"):
        heads.newest()


def test_promise_14_a_database_brought_back_to_a_moment_is_held_to_the_heads_of_that_time(chained):
    with pgtrigger.ignore():
        tail_of_today()
        assert found(until=FIRST + 2 * DAY + 2 * HOUR) == []
        assert found(until=FIRST + 2 * DAY + 4 * HOUR) == ["2026-11-22 第12条 外部封存到第12条，库中当日只到第10条：尾部被截去。"]
        tail_with_a_closed_day()
        assert found(until=FIRST + DAY + HOUR) == []
        assert len(found(until=FIRST + 3 * DAY)) == 2
        assert len(found(until=FIRST + 2 * DAY + 23 * HOUR)) >= 1
        edit_of_the_first_day()
    assert found(until=FIRST + DAY + HOUR)[0].startswith("2026-11-20 第2条 内容与摘要不符")


@pytest.mark.django_db(transaction=True)
def test_promise_14_a_restore_looks_through_the_chain_by_the_auditors_command(superuser):
    Cast().three_days()
    with psycopg.connect(plain_url(connection.settings_dict)) as restored:
        assert list(checks.audit_chain(restored, FIRST + 2 * DAY + 4 * HOUR)) == []
        with pgtrigger.ignore():
            edit_of_the_first_day()
        [wrong] = checks.audit_chain(restored, FIRST + 2 * DAY + 4 * HOUR)
    assert "2026-11-20 第2条 内容与摘要不符" in wrong and not AuditCheck.objects.exists()


def test_promise_24_a_row_put_into_the_past_is_found(chained):
    """Under a new number with an old time: the writer takes it up, and says that it was not there."""
    chained.event(FIRST + HOUR)
    writer.write(now=FIRST + 3 * DAY)
    (fault,) = found(now=FIRST + 3 * DAY + HOUR)
    assert "第13条 账号记录第" in fault
    assert "自称写于2026-11-20 10:00，当时并不在：事后补插" in fault


def test_promise_24_a_row_under_an_old_number_is_found_once_the_writer_no_longer_looks_there(chained):
    old = AccountEvent.objects.order_by("pk").first()
    for days in (3, 4, 5, 6):
        chained.event(FIRST + days * DAY)
        writer.write(now=FIRST + days * DAY + HOUR)
    with pgtrigger.ignore():
        chained.event(FIRST + 6 * DAY)
        AccountEvent.objects.filter(pk=AccountEvent.objects.order_by("-pk").first().pk).update(id=old.pk - 1)
    assert writer.write(now=FIRST + 6 * DAY + 2 * HOUR) == 0
    assert [fault.partition(" ")[2] for fault in found(now=FIRST + 6 * DAY + 3 * HOUR)] == [f"账号记录第{old.pk - 1}行不在链中：事后补插。"]


def test_promise_24_the_writer_does_not_go_on_over_a_cut_tail(chained, monkeypatch):
    with pgtrigger.ignore():
        tail_of_today()
    chained.event(FIRST + 2 * DAY + 4 * HOUR)
    with pytest.raises(writer.ChainBroken, match="尾部被截去"):
        writer.write(now=FIRST + 2 * DAY + 5 * HOUR)
    assert AuditEntry.objects.count() == 10
    assert jobs.write() == jobs.write() == 0
    assert ["尾部被截去" in fault for fault in AuditCheck.objects.get().faults] == [True], "the auditor reads it, once"
    with pytest.raises(CommandError, match="请填写理由"):
        call_command("audit", "resume")
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    call_command("audit", "resume", why="恢复了备份")
    assert writer.write(now=NOW) > 0
    assert found(now=NOW + HOUR) == []
    resumed = AuditEntry.objects.get(what="resumed")
    assert resumed.note == "恢复了备份"
    assert len(list(heads.folder().glob("set-aside-*/*.json"))) == 3


def test_promise_24_a_forged_head_outside_is_found(chained, folder):
    path = folder / "2026-11-21.json"
    path.write_text(path.read_text().replace('"last_seq": 8', '"last_seq": 7'))
    assert found() == ["2026-11-21 外部封存文件的签名不对。"]
    path.write_text("{")
    assert found() == ["封存文件 2026-11-21.json 读不出。"]


def test_promise_24_what_somebody_typed_as_a_name_is_not_copied(client):
    people = Cast()
    for name in ("my-password-by-mistake", people.officer.username):
        client.post("/account/login/", {"username": name, "password": "wrong"})
    writer.write(now=NOW.replace(year=2126))
    told = AuditEntry.objects.filter(source="axes.accessfailurelog").values_list("subject", flat=True)
    assert sorted(told) == ["", people.officer.username]


def test_promise_24_there_is_one_writer(superuser):
    people = Cast()
    people.event(FIRST)
    facts = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    facts = {key: str(connection.settings_dict[name]) for key, name in facts.items() if connection.settings_dict[name]}
    with psycopg.connect(**facts) as other:
        assert other.execute(AUDIT_ALONE).fetchone() == (True,)
        assert writer.write(now=FIRST + HOUR) == 0
        other.rollback()
        assert writer.write(now=FIRST + HOUR) == 1


@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_promise_24_the_application_adds_and_changes_nothing_even_without_triggers(statement):
    """pgtrigger's own setting lets any role pass its triggers: the rights refuse."""
    own = [AuditCheck, AuditEntry, AuditHead, AuditPurge]
    for model in [*(source.model for source in all_sources()), *own]:
        table, column = model._meta.db_table, model._meta.pk.column
        with pgtrigger.ignore(), pytest.raises(Error, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.format(f'"{table}"', f'"{column}"', f'"{column}"'))
    assert rights.settle(using="default") is None


def test_promise_24_the_owners_hand_meets_the_trigger(chained):
    for change in (lambda: edit(), lambda: AuditEntry.objects.filter(seq=12).delete(), lambda: AuditHead.objects.all().delete()):
        with pytest.raises(Error, match="Cannot update or delete"), transaction.atomic():
            change()


# How long it is kept


def test_promise_24_kept_six_months_and_then_gone_with_a_chain_that_still_verifies(chained):
    AuditStandard.objects.create(version="t", in_force_from=date(2026, 1, 1), kept_days=183)
    reads = SurveillanceRead.objects.count()
    chained.event(FIRST + 100 * DAY)
    writer.write(now=FIRST + 100 * DAY + HOUR)
    assert retention.purge(now=FIRST + 183 * DAY) == []
    writer.write(now=FIRST + 184 * DAY)
    assert retention.purge(now=FIRST + 184 * DAY) == [date(2026, 11, 20)]
    assert (AuditEntry.objects.order_by("seq").first().seq, SurveillanceRead.objects.count()) == (5, reads - 1)
    assert AccountEvent.objects.count() == 4, "records of accounts and decisions stay"
    later = FIRST + 185 * DAY
    assert found(now=later) == []
    assert retention.purge(now=FIRST + 190 * DAY) == [date(2026, 11, 21), date(2026, 11, 22)]
    assert found(now=FIRST + 190 * DAY) == []
    assert sorted(path.name for path in heads.folder().glob("*.purged.json")) == [f"2026-11-{day}.purged.json" for day in (20, 21, 22)]
    with pgtrigger.ignore():
        AuditPurge.objects.filter(head=date(2026, 11, 20)).update(kept_days=200)
    assert found(now=FIRST + 190 * DAY) == ["2026-11-20 清理记录的签名不对。"]


def test_promise_24_a_day_that_went_before_its_time_is_found(chained):
    with pgtrigger.ignore():
        AuditEntry.objects.filter(seq__lte=4).delete()
    assert any(fault.startswith("2026-11-21 第5条 缺第1–4条") for fault in found())


@pytest.mark.parametrize("days", [0, 30, 182])
def test_promise_24_no_version_may_keep_less_than_six_months(days):
    with pytest.raises(IntegrityError, match="audit_kept_six_months"), transaction.atomic():
        AuditStandard.objects.create(version="short", in_force_from=date(2026, 1, 1), kept_days=days)
    assert retention.kept_days(NOW) >= 183


def test_a_chain_that_waits_says_so(chained):
    chained.event(FIRST + 2 * DAY + 4 * HOUR)
    report = verifying.verify(now=FIRST + 2 * DAY + 5 * HOUR)
    assert (report.waiting, report.faults) == (1, [])
