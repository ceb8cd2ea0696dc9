"""Who reads the audit, and that reading it out leaves an entry."""
import io

import openpyxl
import pytest

from geo.audit import jobs, verifying, writer
from geo.models import AuditCheck, AuditEntry, AuditEvent, AuditHead, Job
from tests import cast
from tests.geo.auditing import DAY, FIRST, HOUR, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(settings, tmp_path) -> Cast:
    settings.AUDIT_HEADS = tmp_path / "heads"
    made = Cast()
    made.three_days()
    return made


PAGES = ("/audit/", "/audit/file.xlsx", "/audit/heads/", "/audit/heads/2026-11-20/")


def test_promise_24_the_auditor_reads_and_nobody_else(client, people):
    others = [people.officer, people.security, cast.user("sysadmin", "system_admin"), cast.user("patrol_1", "patrol_member", cast.WEST)]
    for who in others:
        client.force_login(who)
        assert [client.get(path).status_code for path in PAGES] == [403] * 4, who
        assert client.post("/audit/verify/").status_code == 403
    client.force_login(people.auditor)
    assert [client.get(path).status_code for path in PAGES] == [200] * 4
    assert client.get("/audit/heads/2026-11-22/").status_code == client.get("/audit/heads/x/").status_code == 404
    assert [client.post(path).status_code for path in PAGES] == [405] * 4, "nothing here can be changed"


def test_promise_24_filters_by_day_account_what_and_kind(client, people):
    client.force_login(people.auditor)

    def told(**asked) -> list[int]:
        return sorted(each.seq for each in client.get("/audit/", asked).context["page"].object_list)

    assert told() == list(range(1, 13))
    assert told(**{"from": "2026-11-21", "to": "2026-11-21"}) == [5, 6, 7, 8]
    assert told(who="security") == [1, 5, 9]
    assert told(group="points", to="2026-11-20") == [2, 3]
    assert told(kind="geo.surveillanceexport") == [4, 8, 12]
    assert told(**{"from": "never", "group": "unheard"}) == list(range(1, 13))
    page = client.get("/audit/", {"group": "decisions"}).content.decode()
    assert "待审批 → 已批准" in page


def test_promise_24_an_auditor_of_a_town_reads_the_town(client, people):
    client.force_login(cast.user("auditor_west", "auditor", cast.WEST))
    assert client.get("/audit/").context["page"].paginator.count == 0


def test_promise_24_a_file_that_leaves_is_an_entry(client, people):
    client.force_login(people.auditor)
    body = b"".join(client.get("/audit/file.xlsx", {"who": "security"}).streaming_content)
    rows = list(openpyxl.load_workbook(io.BytesIO(body)).active.values)
    assert [row[0] for row in rows[1:4]] == [9, 5, 1]
    assert rows[5][0] == "条件：who=security"
    event = AuditEvent.objects.get()
    assert (event.what, event.by, event.note) == ("audit_file", people.auditor, "who=security")
    writer.write(now=event.at)
    assert AuditEntry.objects.filter(what="audit_file", who="auditor", source="geo.auditevent").exists()


def test_promise_24_a_list_that_leaves_is_an_event_without_its_content(client, people):
    client.force_login(people.officer)
    assert client.get("/objects/compounds/export.csv", {"kind": "old"}).status_code == 200
    event = AuditEvent.objects.get()
    assert (event.what, event.by, event.kind, event.note) == ("file", people.officer, "geo.compound", "csv")


def test_the_state_of_the_chain_is_shown_and_can_be_asked_for(client, people):
    client.force_login(people.auditor)
    assert "还没有核验" in client.get("/audit/").content.decode()
    assert client.post("/audit/verify/", follow=True).status_code == 200
    assert client.post("/audit/verify/").status_code == 302
    job = Job.objects.get(task=jobs.VERIFY)
    assert "正在核验" in client.get("/audit/").content.decode()
    verifying.note(verifying.verify(now=FIRST + 2 * DAY + 4 * HOUR), now=FIRST + 3 * DAY)
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)
    page = client.get("/audit/").content.decode()
    assert "✓ 完好" in page
    AuditCheck.objects.create(entry_count=12, last_seq=12, fault_count=1, faults=["2026-11-21 第6条 被改"])
    page = client.get("/audit/").content.decode()
    assert "1处问题" in page
    assert "2026-11-21 第6条 被改" in page


def test_a_head_is_printed_with_its_line_as_text_and_as_a_code(client, people):
    client.force_login(people.auditor)
    page = client.get("/audit/heads/2026-11-20/").content.decode()
    head = AuditHead.objects.get(day="2026-11-20")
    assert f"SIWU-AUDIT/1 2026-11-20 1-4 {head.hash} {head.signature[:16]}" in page
    assert "<svg" in page


def test_promise_24_the_system_administrator_finds_no_way_in_the_menu(client, people):
    client.force_login(cast.user("sysadmin", "system_admin"))
    page = client.get("/accounts/").content.decode()
    assert 'href="/audit/"' not in page
    assert 'href="/accounts/log/"' not in page
    client.force_login(people.auditor)
    assert 'href="/audit/"' in client.get("/accounts/").content.decode()
