"""Writing a batch, taking it back, and what happens when the process is killed."""
import datetime
import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from geo import importing
from geo.importing import bulk, planning
from geo.models import Batch, Compound, Courtyard, GridCell, Incident, LayerVersion, Premises, SearchMark
from tests import cast
from tests.bench.scratch import ROOT, manage, plain, scratch_database
from zones.models import Grade, RatingRound, RatingScheme

WHY = "a test counts everything"
NOW = datetime.datetime(2026, 11, 23, 2, tzinfo=datetime.UTC)
HEADER = "编号,名称,类别,经度,纬度,核定人数\n"
ONE = "P1,一中,学校,105.62,37.48,500\n"
TWO = "P2,二中,学校,105.68,37.48,300\n"
# Of this database alone: other tests run on the same server.
WAITING = """SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO "geo_premises"%'"""
HELD = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND datname = current_database()"


def commit(path, layer="premises", minutes=0, **options):
    moment = NOW + datetime.timedelta(minutes=minutes)
    return importing.run(layer, path, datum="wgs84", now=moment, commit=True, **options)


def revert(batch, minutes=60, **options):
    return importing.revert(batch, by=None, now=NOW + datetime.timedelta(minutes=minutes), **options)


def rows(model=Premises):
    """Every stored value except those that say when and by which batch."""
    names = [field.column for field in model._meta.concrete_fields if field.name not in ("updated_at", "geom_3857")]
    return sorted(model.objects.everywhere(WHY).values_list(*names))


@pytest.fixture
def territory(db):
    return cast.territory()


@pytest.mark.django_db
def test_second_import_of_the_same_file_changes_nothing(write, territory):
    path = write("a.csv", HEADER + ONE + TWO)
    report = commit(path)
    assert (report.new_count, report.batch) == (2, Batch.objects.get().pk)
    before, version = rows(), LayerVersion.objects.get(layer="premises").version
    with pytest.raises(importing.ImportRefused, match="没有可以写入的行"):
        commit(path, minutes=1)
    assert rows() == before and Batch.objects.count() == 1
    assert LayerVersion.objects.get(layer="premises").version == version


@pytest.mark.django_db
def test_batch_knows_its_file_and_counts(write, territory):
    officer = cast.county_officer()
    commit(write("小学.csv", HEADER + ONE + "P3,三中,学校,0,0,\n"), by=officer)
    batch = Batch.objects.get()
    assert (batch.layer, batch.file_name, batch.datum) == ("premises", "小学.csv", "wgs84")
    assert (batch.applied_by, batch.applied_at) == (officer, NOW)
    assert batch.counts == {"read": 2, "new": 1, "changed": 0, "unchanged": 0, "rejected": 1, "outside": 0, "repaired": 0}
    assert len(batch.sha256) == 64


@pytest.mark.django_db
def test_revert_takes_new_rows_away_and_gives_changed_rows_back(write, territory):
    first = commit(write("a.csv", HEADER + ONE + TWO))
    before = rows()
    cells = sorted(GridCell.objects.filter(layer="premises").values_list("cx", "cy", "division_id", "object_count"))
    second = commit(write("b.csv", HEADER + "P1,第一中学,公园,105.6799,37.5299,\n" + "P3,三中,学校,105.62,37.52,1\n"), minutes=1)
    assert (second.new_count, second.changed_count) == (1, 1) and rows() != before
    batch = revert(second.batch)
    assert rows() == before
    assert sorted(GridCell.objects.filter(layer="premises").values_list("cx", "cy", "division_id", "object_count")) == cells
    assert (batch.state, batch.counts["deleted"], batch.counts["restored"]) == ("reverted", 1, 1)
    revert(first.batch)
    assert rows() == [] and not GridCell.objects.filter(layer="premises").exists()


@pytest.mark.django_db
def test_batch_is_reverted_once(write, territory):
    report = commit(write("a.csv", HEADER + ONE))
    revert(report.batch)
    with pytest.raises(importing.ImportRefused, match="已在2026-11-23"):
        revert(report.batch)
    with pytest.raises(importing.ImportRefused, match="没有编号为"):
        revert(report.batch + 1000)


@pytest.mark.django_db
def test_batch_under_a_later_one_is_not_reverted(write, territory):
    first = commit(write("a.csv", HEADER + ONE))
    second = commit(write("b.csv", HEADER + ONE.replace("500", "501")), minutes=1)
    third = commit(write("c.csv", HEADER + ONE.replace("500", "502")), minutes=2)
    for batch in (first.batch, second.batch):
        with pytest.raises(importing.ImportRefused, match="请先撤回批次"):
            revert(batch)
    for batch, capacity in ((third.batch, 501), (second.batch, 500)):
        revert(batch)
        assert Premises.objects.everywhere(WHY).get().capacity_count == capacity
    revert(first.batch)
    assert rows() == []


@pytest.mark.django_db
def test_batch_that_somebody_edited_or_deleted_from_is_not_reverted(write, territory):
    first = commit(write("a.csv", HEADER + ONE + TWO))
    second = commit(write("b.csv", HEADER + ONE.replace("500", "501")), minutes=1)
    place = Premises.objects.everywhere(WHY).filter(source_key="P1")
    place.update(name="改名", updated_at=NOW + datetime.timedelta(minutes=5))
    with pytest.raises(importing.ImportRefused, match="被人工修改过（例如“P1”）"):
        revert(second.batch)
    place.delete()
    with pytest.raises(importing.ImportRefused, match="后来被删除"):
        revert(second.batch)
    assert Batch.objects.filter(state="applied").count() == 2 and first.batch


def ring(left, bottom, size=0.01):
    right, top = left + size, bottom + size
    return f'"POLYGON (({left} {bottom}, {right} {bottom}, {right} {top}, {left} {top}, {left} {bottom}))"'


@pytest.mark.django_db
def test_draft_grade_of_a_new_compound_goes_with_its_batch(write, territory):
    compounds = commit(write("a.csv", f"编号,名称,wkt\nC1,甲小区,{ring(105.61, 37.47)}\n"), "compounds")
    scheme = RatingScheme.objects.create(version="t", title="t", is_own_assumption=True, criteria={}, valid_from="2026-01-01")
    dates = {"starts_on": "2026-07-01", "ends_on": "2026-10-01", "window_starts_on": "2025-10-01"}
    period = RatingRound.objects.create(period="2026Q3", scheme=scheme, **dates)
    counted = ("theft", "drugs", "crime", "fire", "covered_month", "period_incident", "period_covered_month")
    counts = {f"{what}_count": 0 for what in counted}
    place = Compound.objects.everywhere(WHY).get()
    Grade.objects.create(round=period, compound=place, colour="green", four_free="unknown", **counts)
    revert(compounds.batch)
    assert not Compound.objects.everywhere(WHY).exists() and not Grade.objects.everywhere(WHY).exists()
    assert Batch.objects.get(pk=compounds.batch).state == "reverted"


@pytest.mark.django_db
def test_incidents_follow_the_outlines_of_a_batch_and_its_return(write, territory):
    incidents = commit(
        write("a.csv", "编号,类别,发生时间,经度,纬度\nJ1,盗窃,2026-11-01,105.615,37.475\nJ2,火灾,2026-11-01,105.635,37.475\n"), "incidents"
    )

    def holders():
        return [one.compound and one.compound.source_key for one in Incident.objects.everywhere(WHY).order_by("source_key")]

    assert holders() == [None, None]
    first = commit(write("b.csv", f"编号,名称,wkt\nC1,甲,{ring(105.61, 37.47)}\n"), "compounds", minutes=1)
    assert holders() == ["C1", None] and first.resettled_count == 1
    moved = f"编号,名称,wkt\nC1,甲,{ring(105.63, 37.47)}\nC2,乙,{ring(105.61, 37.47)}\n"
    second = commit(write("c.csv", moved), "compounds", minutes=2)
    assert holders() == ["C2", "C1"] and second.resettled_count == 2
    revert(second.batch)
    assert holders() == ["C1", None]
    yard = commit(write("d.csv", f"编号,名称,wkt\nY1,一号楼,{ring(105.612, 37.472, 0.005)}\n"), "courtyards", minutes=3)
    assert Courtyard.objects.everywhere(WHY).get().compound.source_key == "C1"
    assert Incident.objects.everywhere(WHY).get(source_key="J1").courtyard.source_key == "Y1"
    revert(yard.batch)
    revert(first.batch)
    assert holders() == [None, None]
    revert(incidents.batch)
    assert not Incident.objects.everywhere(WHY).exists()


def definitions(table):
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s ORDER BY 1", [table])
        indexes = cursor.fetchall()
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid), condeferrable, convalidated FROM pg_constraint WHERE conrelid = to_regclass(%s)"
            " ORDER BY 1",
            [table],
        )
        return indexes, cursor.fetchall()


def by_cell():
    return sorted(GridCell.objects.values_list("layer", "cx", "cy", "division_id", "object_count"))


@pytest.fixture
def stages(monkeypatch):
    """How often a file was compared by way of a stage."""
    made, make = [], planning.make
    monkeypatch.setattr(planning, "make", lambda *arguments: made.append(1) or make(*arguments))
    monkeypatch.setattr(bulk, "ROWS", 2)
    return made


def defaults(table):
    with connections["owner"].cursor() as cursor:
        statement = "SELECT adnum, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = to_regclass(%s) ORDER BY 1"
        cursor.execute(statement, [table])
        return cursor.fetchall()


@pytest.mark.django_db(transaction=True)
def test_owner_loads_a_first_file_without_a_stage_and_without_losing_a_rule(write, stages):
    cast.territory()
    before, given = definitions("geo_premises"), defaults("geo_premises")
    path = write("a.csv", HEADER + ONE + TWO)
    SearchMark.objects.all().delete()
    report = commit(path, by=cast.county_officer(), using="owner")
    numbers = sorted(Premises.objects.everywhere(WHY).values_list("pk", flat=True))
    assert list(SearchMark.objects.values_list("layer", "low", "high")) == [("premises", numbers[0], numbers[-1])]
    assert (report.new_count, len(rows()), stages) == (2, 2, [])
    assert definitions("geo_premises") == before and len(before[0]) >= 4 and defaults("geo_premises") == given

    def said():
        """What the file says, with the place: neither the batch nor its moment."""
        fields = ("source_key", "name", "division_id", "kind", "operator_unit", "capacity_count", "geom")
        rows = Premises.objects.everywhere(WHY).values_list(*fields)
        return sorted((*row, place.tuple) for *row, place in rows)

    quick, counted = said(), by_cell()
    assert Batch.objects.get().counts["new"] == 2 and sum(cell[-1] for cell in counted) == 2
    revert(report.batch, using="owner")
    assert rows() == [] and by_cell() == []
    commit(path, minutes=1)  # the application's role goes the long way
    assert stages == [1] and by_cell() == counted
    assert said() == quick


@pytest.mark.django_db(transaction=True)
def test_owner_doubles_a_layer_without_losing_a_rule(write, stages):
    cast.territory()
    commit(write("a.csv", HEADER + ONE))
    before = definitions("geo_premises")
    more = "P3,三中,学校,105.63,37.48,1\nP4,四中,学校,105.64,37.48,1\n"
    assert commit(write("b.csv", HEADER + ONE.replace("500", "501") + TWO + more), minutes=1, using="owner").new_count == 3
    assert definitions("geo_premises") == before and stages == [1, 1]
    assert [row[1:3] for row in by_cell()] and sum(cell[-1] for cell in by_cell()) == len(rows()) == 4
    later = commit(write("c.csv", HEADER + "P5,五中,学校,105.65,37.48,1\n"), minutes=2)
    assert later.new_count == 1 and len({row[0] for row in rows()}) == 5


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("lines", "new", "rejected"),
    [
        (ONE + ONE.replace("一中", "又一中") + TWO, 1, 2),  # one key twice
        (ONE + TWO.replace("105.68", "5.68").replace("P2", "P1"), 0, 2),  # the key of a rejected row
        (ONE + TWO + TWO.replace("P2,二中", "P3,"), 2, 1),  # no name
        (ONE + TWO.replace("105.68", "5.68"), 1, 1),  # outside: no other row is concerned
    ],
)
def test_a_first_file_that_only_a_stage_can_judge_is_judged_the_same(write, stages, lines, new, rejected):
    cast.territory()
    report = None
    try:
        report = commit(write("a.csv", HEADER + lines), using="owner")
    except importing.ImportRefused:
        assert new == 0
    assert len(rows()) == new and sum(cell[-1] for cell in by_cell()) == new
    assert report is None or (report.new_count, report.rejected_count) == (new, rejected)
    assert Batch.objects.count() == (report is not None)


@pytest.mark.django_db(transaction=True)
def test_a_first_file_with_a_broken_rule_names_its_line(write, stages):
    """The rule of the table is found by the database in the middle of the load; the stage says which line."""
    cast.territory()
    header = "编号,名称,经度,纬度,朝向\n"
    path = write("a.csv", header + "S1,甲,105.62,37.48,90\nS2,乙,105.62,37.48,400\nS3,丙,105.62,37.49,10\n")
    report = commit(path, layer="surveillance", using="owner")
    assert stages == [1] and (report.new_count, report.rejected_count) == (2, 1)
    assert [line for line, *_rest in report.notes.first["退回"]] == [3]


@pytest.mark.django_db(transaction=True)
def test_first_outlines_take_the_incidents_that_lie_in_them(write, stages):
    cast.territory()
    commit(write("i.csv", "编号,类别,时间,经度,纬度\nI1,盗窃,2026-10-01,105.62,37.48\n"), layer="incidents")
    outline = "POLYGON((105.61 37.47,105.63 37.47,105.63 37.49,105.61 37.49,105.61 37.47))"
    text = f'编号,名称,WKT\nC1,甲小区,"{outline}"\nC2,乙小区,"{outline.replace("105.61", "105.66").replace("105.63", "105.68")}"\n'
    report = commit(write("c.csv", text), layer="compounds", minutes=1, using="owner")
    assert (report.resettled_count, report.new_count) == (1, 2)
    assert Incident.objects.everywhere(WHY).get().compound.source_key == "C1"


@pytest.mark.django_db(transaction=True)
def test_two_imports_into_one_layer_do_not_mix(write):
    cast.territory()
    path = write("a.csv", HEADER + ONE)
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('geo.importing'), hashtext('premises'))")
        with pytest.raises(importing.ImportRefused, match="另一个导入正在写入"):
            commit(path)
        cursor.execute("SELECT pg_advisory_unlock_all()")
    assert commit(path).new_count == 1


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_killed_import_leaves_nothing(write):
    """The import is stopped in the middle of writing: its trigger waits for a row that the test holds."""
    count = 3000
    text = HEADER + "".join(f"K{number},点{number},学校,105.6{number % 8 + 1},37.48,{number}\n" for number in range(count))
    path = write("a.csv", text)
    with scratch_database(f"siwu_kill_{os.getpid()}") as environment:
        manage(environment, "shell", "-c", "from tests import cast; cast.territory()")
        url = plain(environment["DATABASE_URL"])
        with psycopg.connect(url) as holder, psycopg.connect(url, autocommit=True) as watcher:
            holder.execute("INSERT INTO geo_layerversion (layer, version, changed_at) VALUES ('premises', 7, now())")
            holder.commit()
            holder.execute("SELECT 1 FROM geo_layerversion WHERE layer = 'premises' FOR UPDATE")
            command = [sys.executable, "manage.py", "import_layer", "premises", str(path), "--datum", "wgs84", "--commit"]
            importer = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_until(lambda: watcher.execute(WAITING).fetchone()[0] == 1)
            importer.send_signal(signal.SIGKILL)
            importer.wait()
            holder.rollback()
            wait_until(lambda: watcher.execute(HELD).fetchone()[0] == 0)
            for table in ("geo_premises", "geo_batch", "geo_batchchange", "geo_gridcell"):
                counting = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
                assert watcher.execute(counting).fetchone()[0] == 0
            assert watcher.execute("SELECT version FROM geo_layerversion WHERE layer = 'premises'").fetchone()[0] == 7
        manage(environment, "import_layer", "premises", str(path), "--datum", "wgs84", "--commit")
        with psycopg.connect(url) as after:
            assert after.execute("SELECT count(*), count(DISTINCT batch_id) FROM geo_premises").fetchone() == (count, 1)
