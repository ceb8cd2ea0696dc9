"""A person sets an authenticator app and a security key, and signs in with the key (promise 22). The key is Chromium's virtual one."""
import re

import pyotp
import pytest

pytestmark = pytest.mark.browser
NAME, LIKE = "patrol_with_a_key", "patrol_ningan"
# Of its own, since a second factor ends an account's other sessions, and other tests' are kept.
ACCOUNT = """INSERT INTO geo_user (username, password, role, division_id, is_active, must_change_password, factor_changes)
SELECT %s, password, role, division_id, true, false, 0 FROM geo_user WHERE username = %s RETURNING id"""


def test_promise_22_app_and_security_key_are_set_and_open_the_door(visit, demo_server, ask):
    ask(ACCOUNT, NAME, LIKE)
    # A key answers for a host name only, not for an address in numbers.
    origin = demo_server.base_url.replace("127.0.0.1", "localhost")
    page = visit(base_url=origin)
    visit.watches[page.context].origin = origin
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    about = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": False, "hasUserVerification": False, "isUserVerified": False}
    key = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": about})["authenticatorId"]

    page.goto("/account/login/?next=/account/second/")
    page.fill("[name=username]", NAME)
    page.fill("[name=password]", demo_server.passwords[LIKE])
    page.click("main button[type=submit]")
    page.wait_for_selector("h1:text('账号安全')")
    page.locator(".by-hand summary").click()
    secret = page.locator(".by-hand code").inner_text()
    page.fill("[name=code]", pyotp.TOTP(secret).now())
    page.click("form[action$='/app/'] button")
    assert page.locator(".recovery code").count() == 10

    page.click("text=登记安全密钥")
    page.wait_for_selector("text=安全密钥已登记")
    assert page.locator("table tbody tr").count() == 2
    assert len(devtools.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"]) == 1

    page.click("header button:text('退出')")
    page.goto("/account/login/?next=/account/second/")
    page.fill("[name=username]", NAME)
    page.fill("[name=password]", demo_server.passwords[LIKE])
    page.click("main button[type=submit]")
    page.wait_for_selector("h1:text('登录：第二步')")
    page.click("text=用安全密钥")
    page.wait_for_selector("h1:text('账号安全')")
    assert re.search(r"\d{4}-\d\d-\d\d", page.locator("table tbody tr:nth-child(2) td:nth-child(3)").inner_text())
