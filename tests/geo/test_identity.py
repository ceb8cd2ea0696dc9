"""Signing in through a unit's identity provider: a small one of our own on the loopback says who it is, truly and falsely."""
import base64
import hashlib
import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import RSAKey

from geo import identity, production, second_factor
from geo.models import SecondFactor
from tests import cast

KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}) for _n in range(2))
pytestmark = [pytest.mark.django_db, pytest.mark.unproven]


class Provider(ThreadingHTTPServer):
    """One person at a time; what it says can be bent by `lie`."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.name, self.lie, self.key, self.asked, self.tokens = "county", {}, KEY, {}, 0

    def said(self) -> dict:
        now = int(time.time())
        claims = {
            "iss": self.address, "aud": "siwu", "sub": "7", "iat": now, "exp": now + 60, "nonce": self.asked["nonce"],
            "preferred_username": self.name,
        }  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims | self.lie, self.key)
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        at = self.server.address
        if self.path == "/keys":
            return self.tell({"keys": [KEY.as_dict(private=False)]})
        self.tell({
            "issuer": at, "authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/token", "jwks_uri": f"{at}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        })  # fmt: skip

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        digest = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"][0].encode()).digest()).decode().rstrip("=")
        self.server.tokens += 1
        is_right = digest == self.server.asked["code_challenge"] and form["code"] == ["c0de"]
        self.tell(self.server.said() if is_right else {"error": "invalid_grant"}, 200 if is_right else 400)

    def tell(self, content: dict, status: int = 200):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words):
        pass


@pytest.fixture
def provider(settings):
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    settings.IDENTITY_PROVIDER, settings.IDENTITY_CLIENT = f"{server.address}/.well-known/openid-configuration", "siwu"
    settings.IDENTITY_SECRET = "of-the-test"
    yield server
    with suppress(OSError):
        server.shutdown()
    server.server_close()


@pytest.fixture
def county():
    cast.territory()
    return cast.county_officer()


def came_back(client: Client, provider: Provider, **bent):
    """Out to the provider and back with its code."""
    out = client.get("/account/login/provider/?next=/zones/")
    assert out.status_code == 302 and out["Location"].startswith(f"{provider.address}/authorize?")
    provider.asked = {name: values[0] for name, values in parse_qs(urlsplit(out["Location"]).query).items()}
    assert provider.asked["code_challenge_method"] == "S256" and provider.asked["redirect_uri"].endswith("/account/login/provider/back/")
    return client.get("/account/login/provider/back/", {"code": "c0de", "state": provider.asked["state"], **bent})


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_who_the_provider_names_is_signed_in_and_goes_where_they_wanted(client, provider, county):
    assert "/account/login/provider/?next=%2Fzones%2F" in client.get("/account/login/?next=/zones/").content.decode()
    provider.name = county.username
    back = came_back(client, provider)
    assert (back.status_code, back["Location"], client.session["_auth_user_id"]) == (302, "/zones/", str(county.pk))


def test_the_second_factor_is_still_asked_for(client, provider, county):
    secret = second_factor.new_secret()
    app = {"kind": SecondFactor.Kind.APP, "secret": second_factor._seal(secret), "last_count": 0}
    SecondFactor.objects.create(user=county, made_at=timezone.now(), **app)
    provider.name = county.username
    assert came_back(client, provider)["Location"] == "/account/login/second/" and not is_in(client)


@pytest.mark.parametrize("lie", [
    {"nonce": "of another visit"}, {"iss": "http://127.0.0.1:9/"}, {"iss": None}, {"aud": "another-site"}, {"exp": 1_000_000},
    {"preferred_username": "nobody-here"}, {"preferred_username": ["county"]}, {"preferred_username": "cou\x00nty"},
    {"preferred_username": None},
])  # fmt: skip
def test_a_false_word_signs_nobody_in(client, provider, county, lie):
    provider.name, provider.lie = county.username, lie
    back = came_back(client, provider)
    assert back.status_code == 403 and 'role="alert"' in back.content.decode() and not is_in(client)


def test_a_token_under_another_key_signs_nobody_in(client, provider, county):
    provider.name, provider.key = county.username, OTHER_KEY
    assert came_back(client, provider).status_code == 403 and not is_in(client)


@pytest.mark.parametrize("bent", [{"state": "of-another"}, {"state": ""}, {"code": "wr0ng"}, {"code": ""}, {"error": "access_denied"}])
def test_an_answer_that_nobody_asked_for_signs_nobody_in(client, provider, county, bent):
    provider.name = county.username
    assert came_back(client, provider, **bent).status_code == 403 and not is_in(client)


def test_the_same_answer_counts_once(client, provider, county):
    provider.name = county.username
    came_back(client, provider)
    again = Client().get("/account/login/provider/back/", {"code": "c0de", "state": provider.asked["state"]})
    assert again.status_code == 403 and provider.tokens == 1


def test_a_suspended_account_stays_out(client, provider, county):
    county.is_active = False
    county.save()
    provider.name = county.username
    assert came_back(client, provider).status_code == 403 and not is_in(client)


def test_a_locked_name_stays_locked_and_reads_as_one_that_is_not_there(client, provider, county):
    for _try in range(5):
        client.post("/account/login/", {"username": county.username, "password": "not-the-password"})
    provider.name = county.username
    locked = came_back(client, provider)
    provider.name = "nobody-here"
    assert locked.status_code == 403 and not is_in(client)
    assert "没有对应的可用账号" in locked.content.decode() and "没有对应的可用账号" in came_back(client, provider).content.decode()


def test_a_provider_that_is_away_is_said_and_the_password_still_works(client, provider):
    provider.shutdown()
    provider.server_close()
    away = client.get("/account/login/provider/")
    assert away.status_code == 503 and "统一身份认证暂时连不上" in away.content.decode() and 'name="password"' in away.content.decode()


def test_without_a_provider_there_is_no_such_door(client):
    assert [client.get(f"/account/login/provider/{more}").status_code for more in ("", "back/")] == [404, 404]
    assert "provider" not in client.get("/account/login/").content.decode() and not identity.is_set()


def test_the_way_back_leads_to_this_site_only(client, provider, county):
    provider.name = county.username
    client.get("/account/login/provider/?next=https://elsewhere.example/")
    assert client.session[identity.TARGET] == "/map/"


def test_production_wants_a_provider_behind_tls(settings, county):
    settings.IDENTITY_PROVIDER = "http://id.example/.well-known/openid-configuration"
    assert [finding.good for finding in production.accounts() if "统一身份" in str(finding.name)] == [False]
