"""Promise 22 and T18: the second factor of signing in, and what a session's cookie alone does not open."""
import re
from datetime import datetime, timedelta

import pyotp
import pytest
from django.conf import settings as project
from django.test import Client
from django.utils import timezone

from geo import access_keys, accounts, proofs, second_factor, security_keys
from geo.models import AccountEvent, AccountRequest, RecoveryCode, SecondFactor, User
from tests import cast
from tests.test_house import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.unproven]
EXPORT, HTML = "/objects/compounds/export.csv", {"accept": "text/html,*/*"}
SETUP, CONFIRM, SECOND = "/account/second/", "/account/confirm/", "/account/login/second/"
# What gives out whole registers, tracks or keys to them; and what changes another account.
GIVES_OUT = {
    "object_export", "make_export", "exported_file", "surveillance_export_decision", "surveillance_export_file", "access_keys", "wfs",
    "issue_file", "inspection_file", "site_run_file", "replay", "replay_data",
}  # fmt: skip
WANTS_PROOF = {
    "second_factor", "second_app", "second_key", "second_codes", "account_request_decide", "account_password", "account_suspend",
    "account_restore", "account_unlock", "account_second",
}  # fmt: skip


class Clock:
    """The site's time: a code is good for one half minute and its neighbours."""

    def __init__(self, now: datetime):
        self.now = now

    def passes(self, **time: int) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    found = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", lambda: found.now)
    return found


@pytest.fixture
def officer(db) -> User:
    cast.territory()
    cast.west_compound()
    return cast.county_officer()


def page(answer) -> str:
    return answer.content.decode()


def sign_in(client: Client, name: str = "county", **more):
    return client.post("/account/login/", {"username": name, "password": cast.PASSWORD, **more})


def code_of(secret: str, clock: Clock) -> str:
    return pyotp.TOTP(secret).at(clock.now)


def set_app(client: Client, clock: Clock) -> tuple[str, list[str]]:
    """The person who is signed in sets an authenticator app: its secret, and the recovery codes that the page shows."""
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page(client.get(SETUP)))[1]
    answer = client.post(f"{SETUP}app/", {"code": code_of(secret, clock)})
    assert answer.status_code == 200, page(answer)
    return secret, re.findall(r"<code>((?:\w{4}-){3}\w{4})</code>", page(answer))


@pytest.fixture
def equipped(client, officer, clock) -> tuple[str, list[str]]:
    """The officer has an app, and has signed out. Its secret and the recovery codes."""
    sign_in(client)
    found = set_app(client, clock)
    client.logout()
    clock.passes(seconds=60)
    return found


def through(client: Client, secret: str, clock: Clock) -> None:
    """Signed in with both."""
    sign_in(client)
    assert client.post(SECOND, {"code": code_of(secret, clock)}).status_code == 302
    clock.passes(seconds=60)


def session_of(client: Client) -> str:
    return client.cookies[project.SESSION_COOKIE_NAME].value


def test_promise_22_who_exports_sets_an_app_first_and_then_signs_in_with_it(client, officer, clock):
    sign_in(client)
    assert client.get(EXPORT).status_code == 403
    refused = client.get(EXPORT, headers=HTML)
    assert refused["Location"].startswith(f"{SETUP}?next=%2Fobjects%2Fcompounds%2Fexport.csv")
    assert client.get("/map/").status_code == 200  # what takes nothing out stays open

    secret = re.search(r"<code>([A-Z2-7]{32})</code>", page(client.get(SETUP)))[1]
    assert "<svg" in page(client.get(SETUP)) and secret in page(client.get(SETUP))
    wrong = client.post(f"{SETUP}app/", {"code": "000000"})
    assert (wrong.status_code, SecondFactor.objects.count()) == (422, 0) and "验证码不对" in page(wrong)
    before = session_of(client)
    made = client.post(f"{SETUP}app/", {"code": code_of(secret, clock)})
    codes = re.findall(r"<code>((?:\w{4}-){3}\w{4})</code>", page(made))
    assert len(codes) == second_factor.CODES and session_of(client) != before
    assert not [code for code in codes if code in page(client.get(SETUP))]
    assert "西苑小区" in b"".join(client.get(EXPORT).streaming_content).decode("utf-8-sig")

    client.logout()
    clock.passes(seconds=60)
    anonymous = sign_in(client, next="/objects/")
    assert anonymous["Location"] == SECOND and client.get("/map/", headers=HTML)["Location"].startswith("/account/login/")
    between = session_of(client)
    wrong = client.post(SECOND, {"code": "000000"})
    assert wrong.status_code == 422 and "没有通过" in page(wrong) and client.get("/map/").status_code == 404
    assert client.post(SECOND, {"code": code_of(secret, clock)})["Location"] == "/objects/"
    assert session_of(client) != between and client.get("/map/").status_code == 200
    assert officer.events.filter(what=AccountEvent.What.FACTOR_SET, by=officer).exists()


def test_promise_22_a_code_is_good_once(client, officer, equipped, clock):
    secret, _codes = equipped
    code = code_of(secret, clock)
    sign_in(client)
    assert client.post(SECOND, {"code": code}).status_code == 302
    thief = Client()
    sign_in(thief)
    assert thief.post(SECOND, {"code": code}).status_code == 422
    older = pyotp.TOTP(secret).at(clock.now, counter_offset=-1)
    assert second_factor.check_code(officer, older, now=clock.now) == ""
    clock.passes(seconds=30)
    assert thief.post(SECOND, {"code": f" {code_of(secret, clock)[:3]} {code_of(secret, clock)[3:]}"}).status_code == 302


def test_promise_22_a_recovery_code_is_good_once_and_the_record_says_so(client, officer, equipped):
    _secret, codes = equipped
    for expected in (302, 422):
        client.logout()
        sign_in(client)
        assert client.post(SECOND, {"code": codes[3].upper()}).status_code == expected
    assert officer.events.filter(what=AccountEvent.What.CODE_USED).count() == 1
    assert officer.recovery_codes.filter(used_at=None).count() == second_factor.CODES - 1


def test_promise_22_five_wrong_codes_lock_the_name_and_end_what_was_begun(client, officer, equipped, clock):
    secret, codes = equipped
    sign_in(client)
    answers = [client.post(SECOND, {"code": "000000"}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [429]
    assert "暂时不能登录" in page(answers[-1])
    assert client.post(SECOND, {"code": code_of(secret, clock)})["Location"] == "/account/login/"
    assert sign_in(client).status_code == 429 and officer.username in accounts.locked(timezone.now())
    assert not RecoveryCode.objects.exclude(used_at=None).exists()


def test_promise_22_wrong_codes_before_an_export_end_the_session(client, officer, equipped, clock):
    through(client, equipped[0], clock)
    assert [client.post(CONFIRM, {"code": "123"}).status_code for _ in range(5)] == [422] * 4 + [429]
    assert client.get("/map/").status_code == 404


def filled(url) -> str:
    values = {"z": 9, "x": 406, "y": 198, "pk": 1, "name": "compounds", "period": "2026Q3", "form": "csv"}
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), str(url.pattern))


def test_what_gives_out_whole_registers_is_a_list_that_somebody_decided():
    marked = {url.name: getattr(url.callback, proofs.ASKS, "") for url in every_url()}
    assert {name for name, asks in marked.items() if asks == proofs.EXPORT} == GIVES_OUT
    assert {name for name, asks in marked.items() if asks == proofs.PROOF} == WANTS_PROOF


def test_promise_22_a_stolen_session_cookie_alone_takes_nothing_out(client, officer, equipped, clock):
    through(client, equipped[0], clock)
    assert client.get(EXPORT).status_code == 200  # the person's own browser, a moment after signing in
    thief = Client()
    thief.cookies[project.SESSION_COOKIE_NAME] = session_of(client)
    assert thief.get("/map/").status_code == 200  # it is a living session
    for url in every_url():
        if url.name in GIVES_OUT | WANTS_PROOF:
            for method in (thief.get, thief.post):
                path = filled(url)
                assert method(path).status_code == 403, path
                asked = method(path, headers=HTML)
                assert asked["Location"].startswith(CONFIRM), path
    assert thief.post(CONFIRM, {"password": cast.PASSWORD}).status_code == 422  # nor does the password, where a factor is set
    assert client.get(EXPORT).status_code == 200


def test_promise_22_an_old_proof_is_asked_for_again_and_the_person_goes_on(client, officer, equipped, clock):
    secret, _codes = equipped
    through(client, secret, clock)
    clock.passes(minutes=11)
    asked = client.get(f"{EXPORT}?kind=old", headers={**HTML, "referer": "http://testserver/objects/compounds/?kind=old"})
    assert asked.status_code == 302 and client.get(EXPORT).status_code == 403
    form = client.get(asked["Location"])
    assert "验证码" in page(form) and 'name="password"' not in page(form)
    before = session_of(client)
    shown = client.post(asked["Location"], {"code": code_of(secret, clock)})
    assert session_of(client) != before
    done = page(client.get(shown["Location"]))
    assert f'content="0; url={EXPORT}?kind=old"' in done and 'href="/objects/compounds/?kind=old"' in done
    assert client.get(EXPORT).status_code == 200


def test_a_button_that_was_refused_leads_back_to_its_page_and_nowhere_else(client, officer, equipped, clock):
    through(client, equipped[0], clock)
    clock.passes(minutes=11)
    sent = client.post("/surveillance/exports/file/", headers={**HTML, "referer": "http://testserver/surveillance/exports/"})
    assert sent["Location"] == f"{CONFIRM}?next=%2Fsurveillance%2Fexports%2F&back=%2Fsurveillance%2Fexports%2F"
    for evil in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"):
        answer = client.post(f"{CONFIRM}?next={evil}", {"code": code_of(equipped[0], clock)})
        assert "evil" not in answer.get("Location", "") and "alert" not in answer.get("Location", "")
        clock.passes(minutes=1)


def test_promise_22_setting_a_factor_ends_the_other_sessions_and_keys(client, officer, clock):
    other = Client()
    for each in (client, other):
        sign_in(each)
    _key, text = access_keys.make(by=officer, label="办公室", days=30, now=clock.now)
    set_app(client, clock)
    assert (client.get("/map/").status_code, other.get("/map/").status_code) == (200, 404)
    assert not access_keys.listed(User.objects.get(pk=officer.pk), now=clock.now)[0].is_alive


def test_nobody_sets_a_factor_with_a_session_cookie_alone(client, officer, clock):
    sign_in(client)
    thief = Client()
    thief.cookies[project.SESSION_COOKIE_NAME] = session_of(client)
    assert thief.get(SETUP, headers=HTML)["Location"].startswith(CONFIRM)
    assert thief.post(f"{SETUP}app/", {"code": "000000"}).status_code == 403
    assert client.post(f"{SETUP}app/", {"code": "000000"}).status_code == 422  # no page has shown a secret yet
    assert client.get(f"{SETUP}app/").status_code == 405


def test_promise_22_two_administrators_take_a_factor_away_and_neither_alone(client, officer, equipped, clock):
    through(client, equipped[0], clock)
    system, security = cast.user("sysadmin", User.Role.SYSTEM_ADMIN), cast.user("secadmin", User.Role.SECURITY_ADMIN)
    with pytest.raises(accounts.PermissionDenied):
        accounts.ask_without_factor(officer, why="手机丢失", by=security, now=clock.now)
    request = accounts.ask_without_factor(officer, why="手机丢失", by=system, now=clock.now)
    with pytest.raises(accounts.PermissionDenied):
        accounts.decide(request, AccountRequest.State.GRANTED, by=system, now=clock.now)
    assert second_factor.is_set(officer)
    accounts.decide(request, AccountRequest.State.GRANTED, by=security, now=clock.now)
    assert not second_factor.is_set(officer) and not officer.recovery_codes.exists()
    assert client.get("/map/").status_code == 404
    event = officer.events.get(what=AccountEvent.What.FACTOR_OFF)
    assert (event.by, User.objects.get(pk=officer.pk).role) == (security, officer.role)
    with pytest.raises(accounts.AccountRefused, match="没有设置"):
        accounts.ask_without_factor(officer, why="手机丢失", by=system, now=clock.now)


def test_promise_22_an_administrator_does_nothing_before_the_second_factor_is_set(client, officer, clock):
    cast.user("sysadmin", User.Role.SYSTEM_ADMIN)
    sign_in(client, "sysadmin")
    for path in ("/accounts/", "/accounts/new/", f"/accounts/{officer.pk}/", "/map/"):
        assert client.get(path, headers=HTML)["Location"].startswith(SETUP), path
    assert client.post(f"/accounts/{officer.pk}/password/").status_code == 403
    set_app(client, clock)
    listed = page(client.get("/accounts/"))
    assert listed.count("● 已设置") == 1 and listed.count("○ 没有") == 1
    assert "申请移除第二验证" not in page(client.get(f"/accounts/{officer.pk}/"))


@pytest.mark.parametrize(("wanted", "officer_map", "officer_export", "admin"), [
    ("offered", 200, 200, 200), ("required", 200, 403, 403), ("all", 403, 403, 403),
])  # fmt: skip
def test_the_setting_says_of_whom_a_factor_is_demanded(officer, settings, wanted, officer_map, officer_export, admin):
    settings.SECOND_FACTOR = wanted
    cast.user("secadmin", User.Role.SECURITY_ADMIN)
    one, two = Client(), Client()
    sign_in(one), sign_in(two, "secadmin")
    assert (one.get("/map/").status_code, one.get(EXPORT).status_code, two.get("/accounts/").status_code) == (
        officer_map, officer_export, admin,
    )  # fmt: skip


def test_where_it_is_only_offered_the_password_is_asked_for_again(client, officer, settings, clock):
    settings.SECOND_FACTOR = "offered"
    sign_in(client)
    clock.passes(minutes=11)
    asked = client.get(EXPORT, headers=HTML)["Location"]
    assert 'name="password"' in page(client.get(asked))
    assert client.post(asked, {"password": "wrong"}).status_code == 422 and client.get(EXPORT).status_code == 403
    assert client.post(asked, {"password": cast.PASSWORD}).status_code == 302
    assert client.get(EXPORT).status_code == 200 and "设为可选" in page(client.get(SETUP))
    clock.passes(minutes=11)
    assert [client.post(asked, {"password": "wrong"}).status_code for _ in range(4)] == [422] * 3 + [429]  # one was wrong before
    assert client.get("/map/").status_code == 404


def test_promise_22_each_form_of_the_second_factor_wants_its_token(officer, equipped, clock):
    strict = Client(enforce_csrf_checks=True)
    for path in (SECOND, CONFIRM, f"{SETUP}app/", f"{SETUP}key/", f"{SETUP}codes/", f"/accounts/{officer.pk}/second/"):
        strict.force_login(officer)
        assert strict.post(path, {"code": code_of(equipped[0], clock)}).status_code == 403, path


def test_what_is_kept_makes_no_codes(officer, equipped, client):
    secret, codes = equipped
    kept = bytes(SecondFactor.objects.get().secret)
    assert secret.encode() not in kept and not [c for c in codes if RecoveryCode.objects.filter(digest__contains=c.replace("-", ""))]
    sign_in(client)
    client.post(SECOND, {"code": "a-wrong-recovery-code"})
    from axes.models import AccessAttempt

    assert "a-wrong-recovery-code" not in str(list(AccessAttempt.objects.values("post_data", "get_data")))


def test_a_session_that_waited_too_long_for_its_second_step_begins_again(client, officer, equipped, clock):
    sign_in(client)
    clock.passes(seconds=proofs.PENDING_SECONDS + 1)
    assert client.post(SECOND, {"code": code_of(equipped[0], clock)})["Location"] == "/account/login/"


BROKEN = ["", "{", "[]", "null", '{"rawId": "AA", "response": {}}', '{"rawId": 7}', "[" * 5000, '{"a":"\\u0000"}']


@pytest.mark.parametrize("answer", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_answer_of_a_key_is_refused_in_words(client, officer, clock, answer):
    sign_in(client)
    client.get(SETUP, headers={"host": "localhost"})
    refused = client.post(f"{SETUP}key/", {"answer": answer})
    assert refused.status_code == 422 and "没有登记成功" in page(refused) and not SecondFactor.objects.exists()
    site = security_keys.Site("localhost", "http://localhost")
    assert security_keys.check(officer, site=site, state=None, answer=answer, now=clock.now) == ""
