"""Personal keys: shown once, read-only, and dead as soon as the account's rights change."""
import base64
from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from geo import access_keys
from geo.models import AccessKey, User
from tests import cast

CAPABILITIES = "/ogc/wfs?SERVICE=WFS&REQUEST=GetCapabilities"
FEATURES = "/ogc/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=siwu:compounds&RESULTTYPE=hits"


@pytest.fixture
def west(db):
    cast.territory()
    cast.west_compound()
    cast.east_compound()
    return cast.west_officer()


@pytest.fixture
def key(west):
    made, made.text = access_keys.make(by=west, label="电脑", days=30, now=timezone.now())
    return made


@pytest.fixture(autouse=True)
def an_address_of_its_own(client):
    """Failures are counted by address, for all tests on one cache."""
    client.defaults["REMOTE_ADDR"] = f"test-{uuid4()}"


def with_key(client, username: str, text: str, path: str = CAPABILITIES, **extra):
    encoded = base64.b64encode(f"{username}:{text}".encode()).decode()
    return client.get(path, headers={"authorization": f"Basic {encoded}"}, **extra)


def test_the_key_opens_the_service_and_its_use_is_told(client, west, key):
    assert 'numberMatched="1"' in b"".join(with_key(client, "west", key.text, FEATURES).streaming_content).decode()
    key.refresh_from_db()
    assert timezone.now() - key.last_used_at < timedelta(minutes=1)


def test_the_key_is_kept_nowhere(key):
    kept = AccessKey.objects.values("label", "digest", "account_state").get().values()
    assert not [value for value in kept if key.text in value or value in key.text]


def test_the_key_opens_nothing_but_the_service(client, west, key):
    for path in (reverse("map_legend"), reverse("access_keys"), reverse("ogc_guide"), "/tiles/compounds/9/406/198.mvt"):
        assert with_key(client, "west", key.text, path).status_code == 404, path


def test_without_a_key_a_program_is_asked_for_one_and_a_person_to_sign_in(client, west):
    answer = client.get(CAPABILITIES)
    assert (answer.status_code, answer.headers["WWW-Authenticate"][:5]) == (401, "Basic")
    assert client.get(CAPABILITIES, headers={"accept": "text/html"}).status_code == 302
    client.force_login(west)
    assert client.get(CAPABILITIES).status_code == 200


@pytest.mark.parametrize(
    "header",
    ["Basic", "Basic !!!", "Bearer abc", "Basic /w==", "Basic d2VzdA==", "Basic d2VzdDphLXdvcmQtZm9yLXRlc3Rz", "Basic AHdlc3Q6AA=="],
    ids=["empty", "not base64", "bearer", "not utf-8", "no colon", "the account's password", "nul"],
)
def test_a_wrong_header_is_refused_even_beside_a_session(client, west, key, header):
    client.force_login(west)
    assert client.get(CAPABILITIES, headers={"authorization": header}).status_code == 401


def test_a_key_belongs_to_its_account_alone(client, west, key):
    cast.east_officer()
    assert with_key(client, "east", key.text).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"is_active": False},
        {"role": User.Role.VILLAGE_CADRE},
        {"role": User.Role.AUDITOR},
        {"division_id": cast.EAST},
        {"password": "another"},
        {"must_change_password": True},
    ],
    ids=str,
)
def test_a_key_dies_with_the_accounts_rights(client, west, key, change):
    assert with_key(client, "west", key.text).status_code == 200
    User.objects.filter(pk=west.pk).update(**change)
    assert with_key(client, "west", key.text).status_code == 401


def test_an_expired_or_revoked_key_opens_nothing(client, west, key):
    now = timezone.now()
    header = "Basic " + base64.b64encode(f"west:{key.text}".encode()).decode()
    assert access_keys.holder(header=header, address="a", now=now + timedelta(days=29)) == west
    assert access_keys.holder(header=header, address="a", now=now + timedelta(days=31)) is None
    client.force_login(west)
    client.post(reverse("access_key_revoke", args=[key.pk]))
    assert with_key(client, "west", key.text).status_code == 401


def test_wrong_keys_are_slowed_down_for_the_account_and_address(client, west, key, settings):
    settings.ACCESS_KEY_FAILURES = 3
    for _ in range(3):
        assert with_key(client, "west", "siwu_wrong").status_code == 401
    answer = with_key(client, "west", key.text)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(settings.ACCESS_KEY_PAUSE_SECONDS))
    assert with_key(client, "west", key.text, REMOTE_ADDR=f"{client.defaults['REMOTE_ADDR']}-other").status_code == 200
    _key, text = access_keys.make(by=cast.east_officer(), label="a", days=30, now=timezone.now())
    assert with_key(client, "east", text).status_code == 200


def test_an_officer_makes_a_key_on_the_page_and_sees_it_once(client, west):
    client.force_login(west)
    page = client.post(reverse("access_keys"), {"label": "办公室 QGIS", "days": "90"}).content.decode()
    text = page.split("<code>siwu_")[1].split("</code>")[0]
    assert with_key(client, "west", f"siwu_{text}").status_code == 200
    again = client.get(reverse("access_keys")).content.decode()
    assert "办公室 QGIS" in again and text not in again


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"label": " ", "days": "90"}, "请写明密钥用在哪里"),
        ({"label": "x" * 61, "days": "90"}, "最多60个字"),
        ({"label": "手机 13812345678", "days": "90"}, "13812345678”像是个人号码"),
        ({"label": "电脑", "days": "99999"}, "有效期"),
        ({"label": "电脑", "days": "x"}, "有效期"),
    ],
)
def test_a_key_that_cannot_be_made_says_why_and_loses_nothing(client, west, asked, reason):
    client.force_login(west)
    answer = client.post(reverse("access_keys"), asked)
    assert answer.status_code == 422 and reason in answer.content.decode()
    assert asked["label"].strip() in answer.content.decode()
    assert not AccessKey.objects.exists()


def test_no_more_than_ten_keys_in_force(west):
    for _ in range(access_keys.KEYS_AT_MOST):
        access_keys.make(by=west, label="a", days=30, now=timezone.now())
    with pytest.raises(access_keys.KeyRefused, match="10个"):
        access_keys.make(by=west, label="a", days=30, now=timezone.now())


def test_administrators_hold_no_keys(client, west):
    client.force_login(cast.auditor())
    assert client.get(reverse("access_keys")).status_code == 403
    assert client.post(reverse("access_keys"), {"label": "a", "days": "30"}).status_code == 403


def test_nobody_revokes_anothers_key(client, west, key):
    client.force_login(cast.east_officer())
    assert client.post(reverse("access_key_revoke", args=[key.pk])).status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None
