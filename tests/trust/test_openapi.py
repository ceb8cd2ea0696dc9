"""Requests made from the documents that the site publishes: every answer is a documented one, none is a fault or tells how we are made."""
import json
import os
import re
from pathlib import Path

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test.utils import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from patrol import devices

DOCUMENTS = ("/api/field/v1/openapi.json", "/api/open/v1/openapi.json")
# SIWU_SCHEMA_EXAMPLES=500 for an evening's run; a run of CI makes this many requests of each operation.
EXAMPLES = int(os.environ.get("SIWU_SCHEMA_EXAMPLES", "3"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# How we are made: traces, statements, paths, versions, modules.
INNER = re.compile(
    rb"Traceback|File \"|\bSELECT .+ FROM|psycopg|django\.|/usr/|/opt/|/srv/|site-packages|\.py\b|Python/|PostgreSQL \d|PostGIS \d|Django/"
    rb"|Granian/|DETAIL:|relation \"|column \"|pydantic\.dev|errors\.pydantic"
)


def tells_of_us(body: bytes, headers: dict) -> list[bytes]:
    told = "\n".join(f"{name}: {value}" for name, value in headers.items()).encode("utf-8", "replace")
    return INNER.findall(body) + INNER.findall(told)


@pytest.fixture(scope="session")
def token(whole_site, django_db_blocker) -> str:
    """Of a phone that a member of A's patrol signed in."""
    with django_db_blocker.unblock(), whole_site.open():
        who, now = whole_site.user("patrol"), timezone.now()
        invitation = devices.invite(user=who, by=whole_site.user("town_a"), now=now)
        return devices.sign_in(code=invitation.code, name="测试手机", now=now)[1]


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
@pytest.mark.parametrize("path", DOCUMENTS)
def test_promise_28_every_answer_is_documented_and_none_is_a_fault(site, token, path, signed):
    if "/open/" in path and signed:
        pytest.skip("the open data ask for no account")
    application = get_wsgi_application()
    document = schemathesis.openapi.from_wsgi(path, application)
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if signed else {})
    tried = 0
    for found in document.get_all_operations():
        operation = found.ok()

        @settings(max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
                  suppress_health_check=list(HealthCheck))  # fmt: skip
        @schemathesis_given(operation)
        def asked(case):
            answer = case.call(headers=headers)
            case.validate_response(answer, checks=CHECKS, headers=headers)
            assert tells_of_us(answer.content, dict(answer.headers)) == [], case.as_curl_command()

        asked()
        tried += 1
    assert tried >= 5


def schemathesis_given(operation):
    from hypothesis import given

    return given(case=operation.as_strategy())


@pytest.mark.parametrize("signed", [False, True], ids=["unsigned", "signed"])
def test_promise_28_the_shared_hostile_bodies_get_a_plain_answer_on_every_door(site, token, shared: Path, signed):
    headers = {"authorization": f"Bearer {token}"} if signed else {}
    client = site.clients["anonymous"]
    bodies = [path.read_bytes() for path in sorted((shared / "payloads/json").iterdir()) if path.stat().st_size < 3_000_000]
    bodies += [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"a":' * 2000, b'{"code": "\\ud800"}', b'{"code": "\\u0000"}', b"1e999", b"NaN"]
    assert len(bodies) > 20
    for door in ("devices", "duty", "submissions", "receipts", "uploads"):
        for body in bodies if door == "submissions" else [each for each in bodies if len(each) < 100_000]:
            answer = client.post(f"/api/field/v1/{door}", body, content_type="application/json", headers=headers)
            assert answer.status_code in {200, 201, 400, 401, 404, 413, 422}, f"{door} {body[:80]} {answer.status_code}"
            assert tells_of_us(answer.content, dict(answer.headers)) == [], f"{door} {body[:80]}"
    for door in ("osmand", "traccar", "owntracks"):
        for body in (each for each in bodies if len(each) < 100_000):
            answer = client.post(f"/ingest/{door}/{'x' * 20 if not signed else token}", body, content_type="application/json")
            assert answer.status_code < 500, f"{door} {body[:80]}"
            assert tells_of_us(answer.content, dict(answer.headers)) == [], f"{door} {body[:80]}"


def test_promise_28_the_documents_are_what_they_say(site):
    for path in DOCUMENTS:
        document = json.loads(site.clients["anonymous"].get(path).content)
        assert document["openapi"].startswith("3.") and document["paths"]


@pytest.mark.parametrize("actor", ["anonymous", "town_a", "county", "system_admin"])
def test_promise_28_no_page_of_the_walk_tells_how_it_is_made(crawls, actor):
    for path, answer in crawls[actor].answers.items():
        if "openapi.json" not in path and answer.status >= 300:
            assert tells_of_us(answer.body, answer.headers) == [], path


@pytest.mark.parametrize("path", ["/no-such-page/", "/objects/nothing/", "/tiles/compounds/99/1/1.mvt", "/plans/9999999999999999999999/"])
def test_promise_28_errors_say_what_and_not_how(site, path):
    with override_settings(DEBUG=False):
        for actor in ("anonymous", "county"):
            answer = site.clients[actor].get(path, headers={"accept": "text/html"})
            assert answer.status_code in {302, 404}
            assert tells_of_us(answer.content, dict(answer.headers)) == []
