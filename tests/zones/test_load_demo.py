"""load_demo as an operator meets it."""
import os
import stat
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from geo import walls
from geo.invented import holds_invented
from geo.layers import registry
from geo.models import Batch, GridCell, Incident, User
from tests import cast
from tests.bench.scratch import copied
from tests.trust.site import connected_to
from zones.demo import ACCOUNTS, ORDER
from zones.demo_rounds import PERIODS
from zones.models import Grade, Publication, PublishedGrade, RectificationZone


@pytest.fixture
def run_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("SIWU_RUN_DIR", str(tmp_path))
    return tmp_path


def load(*arguments: str) -> str:
    out = StringIO()
    call_command("load_demo", *arguments, stdout=out)
    return out.getvalue()


def test_an_operator_loads_the_demo(demo_county, django_db_blocker, settings, monkeypatch, subtests):
    """The demo that the command has loaded for the whole run, in a fresh copy of it."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    folder, sees_all = demo_county.folder, walls.raised(walls.Wall(walls.ALL))
    with copied(demo_county.model, f"fresh_{os.getpid()}") as name, django_db_blocker.unblock(), connected_to(name), sees_all:
        with subtests.test("it fills every layer and says that it is invented"):
            every_layer_is_filled()
        with subtests.test("it rates and publishes four periods with believable shares"):
            periods_are_published()
        with subtests.test("the accounts can sign in and are written for their owner only"):
            accounts_can_sign_in(folder / "accounts.txt", (folder / "said.txt").read_text(encoding="utf-8"))
        with subtests.test("a second load is refused and keeps the passwords"):
            monkeypatch.setenv("SIWU_RUN_DIR", str(folder))
            a_second_load_is_refused(folder / "accounts.txt")


def every_layer_is_filled():
    assert holds_invented()
    assert set(Batch.objects.values_list("layer", flat=True)) == {*ORDER, "beats"}
    for name in ORDER:
        rows = registry[name].model.objects.everywhere("a test")
        assert rows.exists()
        assert not rows.filter(batch=None).exists()
        counted = sum(GridCell.objects.filter(layer=name).values_list("object_count", flat=True))
        assert counted == rows.count()
    assert Incident.objects.everywhere("a test").exclude(courtyard=None).filter(compound=None).count() == 0
    assert RectificationZone.objects.everywhere("a test").count() == 60


def periods_are_published():
    assert sorted(Publication.objects.filter(is_current=True, is_invented=True).values_list("period", flat=True)) == sorted(PERIODS)
    for period in PERIODS:
        found = list(Grade.objects.everywhere("a test").filter(round__period=period).values_list("colour", flat=True))
        share = {colour: found.count(colour) / len(found) for colour in Grade.Colour.values}
        assert 0.62 <= share["green"] <= 0.75
        assert 0.14 <= share["yellow"] <= 0.25
        assert 0.05 <= share["red"] <= 0.11
        assert 0.01 <= share["not_graded"] <= 0.06
    newest = PublishedGrade.objects.filter(publication__period=PERIODS[-1])
    assert newest.filter(title_streak_count__gte=2).exists()


def accounts_can_sign_in(file, said):
    client = Client()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = {line.split()[0]: line.split() for line in file.read_text(encoding="utf-8").splitlines() if line}
    for username, role, division in ACCOUNTS:
        password = lines[username][1]
        assert password in said
        assert len(password) == 16
        user = User.objects.get(username=username)
        assert (user.role, user.division_id, user.must_change_password) == (role, division, False)
        signed_in = client.post("/account/login/", {"username": username, "password": password})
        assert (signed_in.status_code, signed_in["Location"]) == (302, "/map/")
        client.logout()


def a_second_load_is_refused(file):
    before = file.read_text()
    with pytest.raises(CommandError):
        load()
    assert file.read_text() == before
    assert "未载入" in load("--if-empty")


@pytest.mark.django_db
def test_the_demo_is_never_mixed_with_real_places(run_dir):
    cast.territory()
    cast.west_compound()
    with pytest.raises(CommandError, match="居民小区"):
        load()
    assert not holds_invented()
    assert not (run_dir / "accounts.txt").exists()


@pytest.mark.django_db
def test_if_empty_does_nothing_where_there_are_divisions(run_dir):
    cast.territory()
    assert "未载入" in load("--if-empty")
    assert not Batch.objects.exists()
