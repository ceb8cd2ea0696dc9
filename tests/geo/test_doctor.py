"""The doctor finds what is wrong and says what to do; a check that fails is a finding, never a crash."""
import pytest
import redis
from django.core.management import CommandError, call_command

from geo import doctor

pytestmark = pytest.mark.django_db


def findings() -> dict[str, doctor.Finding]:
    return {finding.name: finding for finding in doctor.examine()}


def test_a_sound_installation_has_sound_libraries_roles_and_extensions():
    found = findings()
    for name in ("Python", "GDAL", "扩展 postgis", "数据库结构", "fsync", "data_checksums", "Redis"):
        assert found[name].good, found[name]


def test_a_missing_extension_is_named_with_the_statement_that_adds_it(monkeypatch):
    monkeypatch.setattr(doctor, "EXTENSIONS", ("postgis", "not_there"))
    finding = findings()["扩展 not_there"]
    assert not finding.good and finding.advice == "CREATE EXTENSION not_there;"


def test_old_gdal_is_refused(monkeypatch):
    monkeypatch.setattr(doctor, "gdal_version", lambda: b"3.6.2")
    assert not findings()["GDAL"].good


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ('connection failed: FATAL:  password authentication failed for user "siwu_app"', "口令"),
        ('connection failed: FATAL:  database "siwu" does not exist', "不存在"),
        ("connection failed: Connection refused", "没有运行"),
    ],
)
def test_a_database_that_refuses_gets_the_advice_that_fits(error, word):
    assert word in doctor._advice(error)


def test_a_dead_redis_is_a_finding_and_the_other_checks_go_on(monkeypatch):
    monkeypatch.setattr(redis.Redis, "info", lambda *args: (_ for _ in ()).throw(redis.ConnectionError("gone")))
    found = findings()
    assert not found["redis"].good and "gone" in found["redis"].found
    assert "剩余空间" in found or any("GiB" in f.found for f in found.values())


def test_the_command_fails_when_something_is_wrong(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "OLDEST", {**doctor.OLDEST, "postgis": (99, 0)})
    with pytest.raises(CommandError):
        call_command("doctor")
    assert "✗ 坏  扩展 postgis" in capsys.readouterr().out


def test_a_second_factor_that_is_only_offered_is_found_where_there_is_no_demo(settings, monkeypatch):
    assert findings()["第二验证"].good
    settings.SECOND_FACTOR = "offered"
    found = findings()["第二验证"]
    assert not found.good and "SIWU_SECOND_FACTOR=required" in found.advice
    monkeypatch.setattr(doctor, "holds_invented", lambda: True)
    assert findings()["第二验证"].good
