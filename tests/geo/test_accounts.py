"""Promises 21 and 22: three administrators with separate powers, and what signing in and staying signed in takes."""
import re
import time

import pytest
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, transaction
from django.test import Client, override_settings
from django.utils import timezone

from config import settings as written
from geo import access_keys, accounts, sessions
from geo.access import BY_TOKEN, PUBLIC
from geo.layers import registry
from geo.models import AccountEvent, AccountRequest, Division, SecondFactor, User
from tests import cast
from tests.test_house import every_url

pytestmark = pytest.mark.django_db
WORD = "枸杞红了2026号大院落"


@pytest.fixture
def three(db):
    cast.territory()
    roles = (("sysadmin", User.Role.SYSTEM_ADMIN), ("secadmin", User.Role.SECURITY_ADMIN), ("audit", User.Role.AUDITOR))
    return tuple(cast.user(name, role, cast.COUNTY) for name, role in roles)


def page(answer) -> str:
    return answer.content.decode()


def asked(**changed) -> dict:
    return {"username": "town_east", "role": "town_officer", "division": cast.EAST, "why": "东镇派出所值班岗", **changed}


def test_promise_21_an_account_takes_two_administrators_and_its_holder_a_new_password(client, three):
    system, security, auditor = three
    client.force_login(system)
    assert client.post("/accounts/new/", asked()).status_code == 302
    request = AccountRequest.objects.get()
    assert client.post(f"/accounts/requests/{request.pk}/decision/", {"to": "granted"}).status_code == 403
    assert not User.objects.filter(username="town_east").exists()

    client.force_login(security)
    assert "town_east" in page(client.get("/accounts/"))
    client.post(f"/accounts/requests/{request.pk}/decision/", {"to": "granted"})
    account = User.objects.get(username="town_east")
    assert (account.role, account.division_id, account.has_usable_password()) == ("town_officer", cast.EAST, False)
    assert client.post(f"/accounts/{account.pk}/password/").status_code == 403

    client.force_login(system)
    password = re.search(r"<code>(\w{16})</code>", page(client.post(f"/accounts/{account.pk}/password/")))[1]
    assert password not in page(client.get(f"/accounts/{account.pk}/"))
    client.logout()
    client.post("/account/login/", {"username": "town_east", "password": password})
    assert client.get("/map/")["Location"] == "/account/password/"
    client.post("/account/password/", {"old_password": password, "new_password1": WORD, "new_password2": WORD})
    assert client.get("/map/").status_code == 200

    client.force_login(auditor)
    log = page(client.get("/accounts/log/"))
    assert "建立" in log and "发放一次性密码" in log and "town_east" in log
    assert [event.by_id for event in account.events.order_by("pk")] == [security.pk, system.pk]


def test_promise_21_none_of_the_three_has_another_ones_powers(client, three):
    system, security, auditor = three
    officer = cast.west_officer()
    powers = {officer: set(), system: {"new", "password"}, security: {"suspend"}, auditor: {"log"}}
    for who, own in powers.items():
        client.force_login(who)
        answers = {
            "new": client.post("/accounts/new/", asked()), "password": client.post(f"/accounts/{officer.pk}/password/"),
            "suspend": client.post(f"/accounts/{officer.pk}/suspend/", {"why": ""}), "log": client.get("/accounts/log/"),
        }  # fmt: skip
        allowed = {name for name, answer in answers.items() if answer.status_code != 403}
        assert allowed == own, who
    for who in three:
        client.force_login(who)
        assert {client.get(path).status_code for path in ("/issues/", "/objects/compounds/", "/batches/")} <= {403, 404}


def test_nobody_grants_to_the_own_account_nor_outside_the_own_territory(three):
    system, security, _auditor = three
    own = accounts.ask(
        username="secadmin", role="auditor", division=Division.objects.get(pk=cast.COUNTY), why="轮岗", by=system, now=timezone.now(),
        account=security,
    )  # fmt: skip
    with pytest.raises(accounts.workflow.MoveRefused, match="自己的账号"):
        accounts.decide(own, "granted", by=security, now=timezone.now())
    of_west = cast.user("west_system", User.Role.SYSTEM_ADMIN, cast.WEST)
    with pytest.raises(PermissionDenied):
        accounts.ask(**asked(division=Division.objects.get(pk=cast.EAST)), by=of_west, now=timezone.now())
    assert not accounts.visible_to(of_west).filter(division_id=cast.COUNTY).exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"username": "Town"}, "小写字母"), ({"username": "west"}, "已经有了"), ({"role": "village_cadre"}, "不能放在这一级"),
        ({"why": "电话13812345678"}, "证件号、电话或车牌"), ({"role": "root"}, "root"), ({"division": "no"}, "所属区划"),
        ({"why": " "}, "必填"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_said(client, three, changed, said):
    cast.west_officer()
    client.force_login(three[0])
    answer = client.post("/accounts/new/", asked(**changed))
    assert answer.status_code == 422 and said in page(answer)
    assert not AccountRequest.objects.exists()


def test_suspending_ends_the_session_and_says_why(client, three):
    officer = cast.west_officer()
    client.force_login(officer)
    accounts.suspend(officer, by=three[1], now=timezone.now(), why="调离")
    assert client.get("/map/", headers={"accept": "text/html"}).status_code == 302
    with pytest.raises(accounts.AccountRefused, match="刷新"):
        accounts.suspend(officer, by=three[1], now=timezone.now(), why="调离")
    assert officer.events.get().note == "调离"


def test_what_was_done_to_an_account_can_neither_be_changed_nor_removed(three):
    accounts.issue_password(cast.west_officer(), by=three[0], now=timezone.now())
    for change in (lambda: AccountEvent.objects.update(note="x"), lambda: AccountEvent.objects.all().delete()):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()


def test_an_administrators_password_is_reset_on_the_server_only(three, capsys):
    system, security, _auditor = three
    with pytest.raises(accounts.AccountRefused, match="create_administrators"):
        accounts.issue_password(security, by=system, now=timezone.now())
    call_command("create_administrators", "--reset", "secadmin")
    security.refresh_from_db()
    assert security.must_change_password and security.check_password(capsys.readouterr().out.split()[1])
    with pytest.raises(CommandError, match="已经有管理员"):
        call_command("create_administrators", cast.COUNTY)


def test_a_new_installation_gets_its_three_once(db, capsys):
    cast.territory()
    call_command("create_administrators", cast.COUNTY)
    assert dict(User.objects.values_list("username", "role")) == {
        "sysadmin": "system_admin", "secadmin": "security_admin", "auditor": "auditor",
    }  # fmt: skip
    with pytest.raises(CommandError, match="没有代码"):
        call_command("create_administrators", "999999")


def sign_in(client, name: str, word: str, browser: str = "a"):
    return client.post("/account/login/", {"username": name, "password": word}, headers={"user-agent": browser})


def test_promise_22_five_wrong_passwords_lock_the_name_until_the_administrator_opens_it(client, three):
    officer = cast.west_officer()
    codes = [sign_in(client, "west", "wrong", f"browser {number}").status_code for number in range(5)]
    assert codes == [200] * 4 + [429]
    refused = sign_in(client, "west", cast.PASSWORD, "yet another")
    assert refused.status_code == 429 and "暂时不能登录" in page(refused)
    unknown = [sign_in(client, "nobody_here", "wrong") for _ in range(5)][-1]
    assert (unknown.status_code, "暂时不能登录" in page(unknown)) == (429, True)

    client.force_login(three[0])
    assert "暂时锁定" in page(client.get("/accounts/"))
    assert client.post(f"/accounts/{officer.pk}/unlock/").status_code == 302
    assert client.post(f"/accounts/{officer.pk}/unlock/").status_code == 422
    client.force_login(three[2])
    log = page(client.get("/accounts/log/"))
    assert "密码不对" in log and "没有这个账号" in log and "nobody_here" not in log
    client.logout()
    assert sign_in(client, "west", cast.PASSWORD).status_code == 302


@pytest.mark.parametrize(("idle", "whole", "is_over"), [(899, 5000, False), (901, 5000, True), (10, 12 * 3600 + 1, True)])
def test_promise_22_a_session_ends_when_idle_and_after_its_whole_time(client, three, monkeypatch, idle, whole, is_over):
    client.force_login(cast.west_officer())
    began = time.time()
    session = client.session
    session[sessions.BEGAN], session[sessions.SEEN] = int(began), int(began) + whole - idle
    session.save()
    monkeypatch.setattr(sessions.time, "time", lambda: began + whole)
    answer = client.get("/map/", headers={"accept": "text/html"})
    assert answer.status_code == (302 if is_over else 200)
    if is_over:
        assert "自动退出" in page(client.get(answer["Location"]))
        assert client.get("/map/legend.json").status_code == 404


def test_each_request_keeps_the_session_alive(client, three, monkeypatch):
    client.force_login(cast.west_officer())
    began = time.time()
    for minutes in (10, 20, 30):
        monkeypatch.setattr(sessions.time, "time", lambda minutes=minutes: began + minutes * 60)
        assert client.get("/account/password/", headers={"accept": "text/html"}).status_code == 200


def test_promise_22_passwords_are_kept_as_argon2id():
    with override_settings(PASSWORD_HASHERS=written.PASSWORD_HASHERS):
        assert make_password(WORD).startswith("argon2$argon2id$")
    assert written.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


def test_promise_22_the_first_password_must_be_changed_and_a_weak_one_is_refused(client, three):
    officer = cast.user("west_town", User.Role.TOWN_OFFICER, cast.WEST, must_change_password=True)
    sign_in(client, "west_town", cast.PASSWORD)
    for path in ("/map/", "/issues/", "/objects/compounds/", "/account/second/", "/account/keys/", "/patrol/"):
        assert client.get(path, headers={"accept": "text/html"})["Location"] == "/account/password/", path
    assert client.post("/issues/new/", {})["Location"] == "/account/password/"
    for weak in ("elevenchars", "1q2w3e4r5t6y", "120120120120", "zhongning@2026", "west_town2026", "abababababab"):
        typed = {"old_password": cast.PASSWORD, "new_password1": weak, "new_password2": weak}
        assert client.post("/account/password/", typed).status_code == 200, weak
        officer.refresh_from_db()
        assert officer.must_change_password and officer.check_password(cast.PASSWORD), weak


def test_promise_22_signing_in_takes_a_new_session_number(client, three):
    cast.west_officer()
    planted = client.session  # somebody else's, put into the person's browser before
    planted["planted"] = True
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    sign_in(client, "west", cast.PASSWORD)
    assert client.session.session_key != planted.session_key
    thief = Client()
    thief.cookies["sessionid"] = planted.session_key
    assert thief.get("/map/").status_code == 404


def test_promise_21_no_door_of_the_three_leads_to_business_data(client, three):
    """Pages, files and the interface for desktop programs; the interface of phones asks for a device, which none of the three can have."""
    inside = [url for url in every_url() if not hasattr(url.callback, PUBLIC) and not hasattr(url.callback, BY_TOKEN)]
    pages = [url for url in inside if not url.pattern.converters]
    own = {
        "map", "accounts", "account_log", "account_new", "surveillance_log", "logout", "password_change", "second_factor", "confirm",
        "my_access",
        "ogc_guide", "map_legend", "moderation_home",  # the last leads elsewhere
        "search_page", "map_search", "wfs",  # and find nothing:
    }  # fmt: skip
    cast.west_compound()
    wfs = "/ogc/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=compounds"
    for who in three:
        client.force_login(who)
        opened = {url.name for url in pages if client.get("/" + str(url.pattern)).status_code < 400}
        records = {"audit", "audit_file", "audit_heads"} if who.role == User.Role.AUDITOR else set()
        assert opened <= own | records, (who.username, opened - own)
        for path in ("/search/?q=西苑", "/map/search.json?q=西苑", wfs):
            assert "西苑小区" not in page(client.get(path)), path
        assert not access_keys.may_hold_keys(who)
        for layer in registry:
            assert client.get(f"/objects/{layer.name}/export.csv").status_code in {403, 404}, layer.name
            tile = client.get(f"/tiles/{layer.name}/9/406/198.mvt")
            assert tile.status_code == 404 or not tile.content, layer.name


def test_promise_21_the_record_is_the_auditors_to_read_and_nobodys_to_change(client, three):
    system, security, auditor = three
    for who, status in ((system, 403), (security, 403), (auditor, 200)):
        client.force_login(who)
        assert {client.get(path).status_code for path in ("/accounts/log/", "/surveillance/log/")} == {status}, who
    client.force_login(auditor)
    for verb in ("password", "suspend", "restore", "unlock", "rights", "second"):
        typed = {"why": "x", "role": "auditor", "division": cast.COUNTY}
        assert client.post(f"/accounts/{system.pk}/{verb}/", typed).status_code == 403, verb
    assert client.post("/accounts/new/", asked()).status_code == 403
    assert client.post("/accounts/log/").status_code == 405 and client.delete("/accounts/log/").status_code == 405


def test_promise_21_there_is_no_superuser_and_no_admin_site(client, three):
    assert not {"is_superuser", "is_staff", "groups", "user_permissions"} & {field.name for field in User._meta.get_fields()}
    assert not apps.is_installed("django.contrib.admin")
    client.force_login(three[0])
    assert client.get("/admin/").status_code == 404
    before = User.objects.count()
    with pytest.raises((CommandError, AttributeError)):
        call_command("createsuperuser", interactive=False, username="root", role="system_admin", division=cast.COUNTY)
    with pytest.raises(CommandError, match="管理员账号"):
        call_command("create_administrators", "--reset", cast.west_officer().username)
    assert User.objects.count() == before + 1 and not User.objects.filter(username="root").exists()


def test_a_lost_phone_of_an_administrator_is_helped_on_the_server_and_written_down(three):
    system = three[0]
    SecondFactor.objects.create(user=system, kind="app", secret=b"sealed", made_at=timezone.now())
    call_command("create_administrators", "--reset", "sysadmin", "--without-second-factor")
    assert not system.factors.exists()
    assert set(system.events.values_list("what", "by")) == {("password", None), ("factor_off", None)}
