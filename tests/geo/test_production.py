"""doctor --production refuses what must not serve: each thing in turn, and what it says to do."""
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from geo import backups, doctor, production
from geo.models import User
from tests import cast

pytestmark = pytest.mark.django_db


def findings() -> dict[str, doctor.Finding]:
    return {finding.name: finding for check in production.CHECKS for finding in check()}


@pytest.fixture
def fit(settings, tmp_path, monkeypatch):
    """As a site in service is set: what the tests' own site lacks of that."""
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS, settings.SECOND_FACTOR = production.YEAR_S, "required"
    settings.SECRET_KEY = "5f0c1de2a9b84736"[::-1] * 4
    settings.ALLOWED_HOSTS = ["siwu.example"]
    settings.MEDIA_ROOT, settings.ENV_FILE = tmp_path / "media", tmp_path / "env"
    settings.ENV_FILE.touch(mode=0o640)
    settings.ARCHIVE = str(tmp_path)
    backups.remember(base_at=timezone.now(), moment_at=timezone.now())
    monkeypatch.setenv("SIWU_RUN_DIR", str(tmp_path))
    monkeypatch.setattr(production, "_told_by_timedatectl", lambda: "yes")
    monkeypatch.setattr(production, "identify_hasher", lambda _password: SimpleNamespace(algorithm="argon2"))
    cast.territory()
    for role in User.ADMINISTRATORS:
        User.objects.create_user(f"the_{role}", "a long enough password", role=role, division_id="640521")


def test_a_site_in_service_is_fit_but_for_what_the_tests_cluster_lacks(fit):
    bad = {name for name, finding in findings().items() if not finding.good}
    assert bad <= {"WAL 归档"}


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("HTTPS", {"HTTPS": False}), ("HSTS", {"SECURE_HSTS_SECONDS": 0}), ("安全 Cookie", {"SESSION_COOKIE_SECURE": False}),
        ("安全 Cookie", {"CSRF_COOKIE_SECURE": False}), ("密钥的强度", {"SECRET_KEY": "short"}), ("密钥的强度", {"SECRET_KEY": "a" * 60}),
        ("密钥的强度", {"SECRET_KEY": "django-insecure-0123456789abcdefghijklmnopqrst"}),
        ("对外的主机名", {"ALLOWED_HOSTS": ["127.0.0.1"]}),
        ("第二因素", {"SECOND_FACTOR": "offered"}),
    ],
)  # fmt: skip
def test_each_setting_that_is_unfit_is_named_with_what_to_do(fit, settings, name, harm):
    for setting, value in harm.items():
        setattr(settings, setting, value)
    finding = findings()[name]
    assert not finding.good and finding.advice


def test_the_web_may_not_be_the_owner(fit, settings):
    owner = settings.DATABASES["owner"]["USER"]
    settings.DATABASES = {**settings.DATABASES, "default": {**settings.DATABASES["default"], "USER": owner}}
    assert not findings()["三个数据库角色"].good


def test_old_backups_a_readable_file_of_secrets_and_demo_passwords_are_named(fit, settings, tmp_path):
    backups.remember(base_at=timezone.now() - timedelta(hours=25), moment_at=timezone.now() - timedelta(hours=3))
    settings.ENV_FILE.chmod(0o644)
    (tmp_path / "accounts.txt").touch()
    found = findings()
    for name in ("最近的整体备份", "最近记下的时刻", "设置文件的权限", "演示数据和演示口令"):
        assert not found[name].good, name


def test_a_missing_administrator_and_weak_hashes_are_named(fit, monkeypatch):
    User.objects.filter(role=User.Role.AUDITOR).update(is_active=False)
    monkeypatch.undo()
    found = findings()
    assert not found["三员"].good and "审计" in found["三员"].found
    assert not found["口令的存法"].good  # the tests' own hashes are quick ones


def test_clocks_that_run_apart_are_named(fit, monkeypatch):
    monkeypatch.setattr(production.time, "time", lambda: 1_000_000_000.0)
    assert not findings()["各服务的时钟"].good


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_promise_14_the_doctor_refuses_a_database_that_may_forget(monkeypatch, setting):
    """The server's own word is what is asked; another word makes a finding that ends the command with an error."""
    real = doctor.connections["default"].cursor

    class Forgetful:
        def __init__(self, cursor):
            self.cursor, self.asked = cursor, None

        def __enter__(self):
            return self

        def __exit__(self, *_problem):
            self.cursor.close()

        def execute(self, statement, values=None):
            self.asked = values
            return self.cursor.execute(statement, values)

        def fetchone(self):
            return ("off",) if self.asked == [setting] else self.cursor.fetchone()

    monkeypatch.setattr(doctor.connections["default"], "cursor", lambda: Forgetful(real()))
    found = {finding.name: finding for finding in doctor._durability()}
    assert not found[setting].good and found[setting].advice
    assert sum(not finding.good for finding in found.values()) == 1


def test_the_command_says_that_it_is_unfit_in_both_languages(capsys, settings):
    settings.HTTPS = False
    with pytest.raises(CommandError, match="不要正式运行.*not fit for service"):
        call_command("doctor", "--production")
    assert "✗ 坏  HTTPS" in capsys.readouterr().out
