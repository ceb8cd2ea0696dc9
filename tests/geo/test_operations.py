"""What the one who runs the server relies on: health, and who asks behind a proxy."""
import pytest
from django.db import OperationalError
from django.test import RequestFactory
from redis import RedisError

from geo.proxy import ProxyMiddleware
from geo.views import health


@pytest.mark.django_db
def test_health_needs_no_account_and_names_what_does_not_answer(client, monkeypatch):
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "missing": []})
    assert not answer.cookies and "no-store" in answer["Cache-Control"]

    def broken(*_arguments, **_named):
        raise RedisError

    monkeypatch.setattr(health.cache, "set", broken)
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["queue"])


@pytest.mark.django_db
def test_health_says_when_the_database_is_away(client, monkeypatch):
    def away():
        raise OperationalError

    monkeypatch.setattr(health.connection, "cursor", away)
    answer = client.get("/health/")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["database"])


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ("10.1.2.3", "10.1.2.3"), ("6.6.6.6, 10.1.2.3", "10.1.2.3"), ("2001:db8::1", "2001:db8::1"),
        ("", "127.0.0.1"), ("6.6.6.6, nonsense", "127.0.0.1"), ("<script>", "127.0.0.1"),
    ],
)  # fmt: skip
def test_behind_the_proxy_its_own_word_counts_and_nothing_before_it(told, address):
    seen = []
    middleware = ProxyMiddleware(lambda request: seen.append(request.META["REMOTE_ADDR"]))
    middleware(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=told))
    assert seen == [address]


def test_without_a_proxy_the_header_is_nobodys_word(settings):
    assert not settings.BEHIND_PROXY and settings.SECURE_PROXY_SSL_HEADER is None
    assert "geo.proxy.ProxyMiddleware" not in settings.MIDDLEWARE
