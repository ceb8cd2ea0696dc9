"""T24: the look-up of the locked versions in records that were carried here (script/supply audit FILE). The records are invented."""
import json
import sys
import zipfile

import pytest

from tests.supplying import program

PARTS = {("PyPI", "django"): "5.2.19", ("PyPI", "python-dateutil"): "2.9.0.post0", ("npm", "@maplibre/mlt"): "1.3.0"}


@pytest.fixture
def known_faults(monkeypatch):
    return program("known_faults", monkeypatch)


def record(*events, kind="PyPI", name="Django", **more) -> tuple[str, bytes]:
    span = {"type": "ECOSYSTEM" if kind == "PyPI" else "SEMVER", "events": list(events)}
    affected = {"package": {"ecosystem": kind, "name": name}, "ranges": [span] if events else [], **more.pop("affected", {})}
    told = {"id": "TEST-1", "aliases": ["CVE-0000-0001"], "summary": "invented", "modified": "2026-11-01T00:00:00Z", "affected": [affected]}
    return "one", json.dumps(told | more).encode()


OTHER = record({"introduced": "0"}, kind="npm", name="left-pad")
SPANS = {
    "before every version": ([{"introduced": "0"}], True),
    "fixed in ours": ([{"introduced": "0"}, {"fixed": "5.2.19"}], False),
    "fixed in the next": ([{"introduced": "5.2"}, {"fixed": "5.2.20"}], True),
    "numbers and not letters": ([{"introduced": "5.2.2"}, {"fixed": "5.2.9"}], False),
    "ours is the last": ([{"introduced": "5.0"}, {"last_affected": "5.2.19"}], True),
    "the last before ours": ([{"introduced": "5.0"}, {"last_affected": "5.2.18"}], False),
    "begins later": ([{"introduced": "6.0a1"}], False),
    "comes back, out of order": ([{"introduced": "5.2.18"}, {"fixed": "4.2.1"}, {"introduced": "0"}, {"fixed": "5.2.20"}], True),
    "a candidate of ours": ([{"introduced": "5.2.19rc1"}, {"fixed": "5.2.19"}], False),
}


@pytest.mark.parametrize("events, is_hit", SPANS.values(), ids=SPANS)
def test_t24_a_range_of_a_record_is_judged_by_the_order_of_its_ecosystem(known_faults, events, is_hit):
    told = known_faults.look(PARTS, [record(*events), OTHER])
    assert (bool(told.found), told.unread, told.code) == (is_hit, [], int(is_hit))


def test_t24_names_are_matched_as_each_registry_writes_them(known_faults):
    python = record(name="Python_DateUtil", affected={"versions": ["2.9.0.post0"]})
    browser = record({"introduced": "1.3.0-alpha"}, {"fixed": "1.3.1"}, kind="npm", name="@maplibre/mlt", id="TEST-2")
    told = known_faults.look(PARTS, [python, browser, browser])
    assert told.found == [
        "python-dateutil 2.9.0.post0: TEST-1, CVE-0000-0001: invented (no fixed version is named)",
        "@maplibre/mlt 1.3.0: TEST-2, CVE-0000-0001: invented (fixed in 1.3.1)",
    ]
    other = record({"introduced": "0"}, kind="npm", name="Django"), record({"introduced": "0"}, kind="Debian:12", name="django")
    assert known_faults.look(PARTS, other).found == []


def test_t24_what_was_withdrawn_is_no_fault(known_faults):
    told = known_faults.look(PARTS, [record({"introduced": "0"}, withdrawn="2026-11-02T00:00:00Z"), OTHER])
    assert (told.found, told.code) == ([], 0)


def test_t24_what_cannot_be_judged_is_said_and_no_pass(known_faults):
    no_versions = record(affected={"ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]})
    strange = record({"introduced": "0"}, {"fixed": "the next one"}, id="TEST-3")
    told = known_faults.look(PARTS, [no_versions, strange, ("no.json", b"{"), OTHER])
    assert (told.found, told.code) == ([], 2)
    assert [line.partition(":")[0] for line in told.unread] == ["TEST-1", "TEST-3", "no.json"]


def test_t24_records_of_one_ecosystem_alone_are_no_pass(known_faults):
    assert known_faults.look(PARTS, [record({"introduced": "0"}, {"fixed": "1.0"})]).code == 2
    assert known_faults.look(PARTS, []).code == 2


def test_t24_a_zip_and_a_folder_are_read_and_the_locks_of_this_project_looked_up(known_faults, tmp_path, monkeypatch, capsys):
    parts = known_faults.locked()
    assert len([1 for kind, _name in parts if kind == "PyPI"]) > 90 and ("npm", "maplibre-gl") in parts
    (tmp_path / "npm/2026").mkdir(parents=True)
    (tmp_path / "npm/2026/OTHER.json").write_bytes(OTHER[1])
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("TEST-1.json", record({"introduced": parts["PyPI", "django"]})[1])
    monkeypatch.setattr(sys, "argv", ["known_faults", str(tmp_path / "all.zip"), str(tmp_path / "npm")])
    assert known_faults.main() == 1
    told = capsys.readouterr().out
    assert f"AFFECTED  django {parts['PyPI', 'django']}: TEST-1, CVE-0000-0001: invented" in told
    assert "npm: 28 locked packages, 1 records, the newest of 2026-11-01" in told
    monkeypatch.setattr(sys, "argv", ["known_faults", str(tmp_path / "not-there.zip")])
    assert known_faults.main() == 2 and "not-there.zip" in capsys.readouterr().out
