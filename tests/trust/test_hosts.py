"""Addresses that would lead elsewhere: foreign hosts, open redirects, scopes that are longer than they look."""
import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from geo import search, tiles
from geo.layers import registry
from geo.models import Compound, Division, User
from geo.search.filling import settle
from tests import cast
from tests.test_house import every_url
from tests.trust.crawl import tile_of

ELSEWHERE = ("//evil.example/", "https://evil.example/", "/\\evil.example/", "\\\\evil.example", "javascript:alert(1)", "///evil.example")


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "a b", "localhost@evil.example"])
def test_threat_20_a_foreign_host_is_refused_on_every_address_and_named_in_no_answer(client, host):
    for path in ("/", "/account/login/", "/health/", "/api/open/v1/periods", "/api/field/v1/openapi.json", "/map/", "/phone/"):
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == 400, path
        assert b"evil.example" not in answer.content


@pytest.mark.django_db
def test_threat_20_a_forwarded_host_is_not_believed(client):
    answer = client.get("/ogc/", headers={"x-forwarded-host": "evil.example", "accept": "text/html"})
    assert "evil.example" not in answer.headers["Location"] + answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("target", ELSEWHERE)
def test_threat_20_signing_in_and_choosing_a_language_lead_nowhere_else(client, target):
    cast.territory()
    cast.west_officer()
    for path, data in (
        ("/account/language/", {"language": "en", "next": target}),
        ("/account/login/", {"username": "west", "password": cast.PASSWORD, "next": target}),
    ):
        answer = client.post(path, data, REMOTE_ADDR="127.0.0.9")
        assert answer.status_code == 302, path
        assert answer.headers["Location"].startswith("/") and not answer.headers["Location"].startswith(("//", "/\\")), path
        assert "evil" not in answer.headers["Location"]
        assert "Set-Cookie:" not in answer.headers["Location"]


@pytest.mark.django_db
@pytest.mark.parametrize("target", ELSEWHERE)
def test_threat_20_stating_a_purpose_leads_nowhere_else(client, target):
    cast.territory()
    cast.purpose()
    client.force_login(cast.west_officer(), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/surveillance/purpose/", {"reason": "coverage", "note": "", "next": target})
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/surveillance/")


def test_threat_17_no_address_takes_an_address():
    """`?url=` does not exist: no pattern holds a path, and nothing in the code fetches (tests/trust/test_egress is the house's imports)."""
    assert [url for url in every_url() if any(type(each).__name__ == "PathConverter" for each in url.pattern.converters.values())] == []


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["64052%", "640521_00", "6405211", "%", "_" * 9, "64052110 ", "640521100\n", "64' OR 1=1"])
def test_threat_3_a_code_that_is_a_pattern_is_no_code(code):
    with pytest.raises(ValidationError):
        Division(code=code, name="假区划", level=Division.Level.TOWN).full_clean()


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["64052%", "640521___", "%", "6405211001", "６４０５２１１００"])
def test_threat_3_the_database_itself_takes_no_crafted_code(code):
    cast.territory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Division.objects.create(code=code, name="假区划", level=Division.Level.TOWN, parent_id=cast.COUNTY)


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["64052%", "640521___", "%", "_" * 9])
def test_threat_3_a_crafted_code_reads_nothing_even_if_it_were_there(code):
    """A pattern's signs are plain signs where territory is compared: in Django's words and in the statements of tiles and search."""
    cast.territory()
    cast.west_compound()
    crafted = User(pk=10**6, username="crafted", role=User.Role.TOWN_OFFICER, division_id=code)
    assert not Compound.objects.visible_to(crafted).exists()
    assert Compound.objects.visible_to(User(pk=1, username="x", role=User.Role.TOWN_OFFICER, division_id=cast.WEST)).exists()
    address = tiles.TileAddress(16, *tile_of(105.62, 37.48, 16))
    drawn = {scope: tiles.draw(registry["compounds"], address, scope).body for scope in (code, cast.WEST)}
    assert "西苑小区".encode() in drawn[cast.WEST] and "西苑小区".encode() not in drawn[code]
    settle()
    assert search.search(crafted, "西苑小区", limit=5) == []
