"""T23: what is logged is one line of JSON, and holds nobody's name, number, token, question or place."""
import json
import logging

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import path

from config import urls as site
from geo.access import public
from geo.logs import Line, NoPaths, masked
from tests import cast

TOKEN = "kJ8sQ2canary-token-x9"
NAME = "金丝雀小区"


@pytest.fixture
def lines(caplog):
    """What the console's handler would write, one text for each record."""
    caplog.set_level(logging.DEBUG)
    written, form, guard = [], Line(), NoPaths()

    class Console(logging.Handler):
        def emit(self, record):
            copied = logging.makeLogRecord(record.__dict__)
            guard.filter(copied)
            written.append(form.format(copied))

    handler = Console()
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def breaks(request, token):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO geo_division SELECT * FROM geo_division WHERE code = %s", [cast.WEST])


@pytest.fixture
def broken_page(monkeypatch):
    monkeypatch.setattr(site, "urlpatterns", [*site.urlpatterns, path("ingest/broken/<str:token>", public(breaks), name="broken")])
    from django.urls import clear_url_caches

    clear_url_caches()
    yield
    clear_url_caches()


def test_t23_a_line_break_in_a_text_makes_no_second_line(lines):
    logging.getLogger("geo.trial").warning("name %s", 'a\r\n{"level": "CRITICAL"}\u2028b\x00')
    assert len(lines) == 1 and "\n" not in lines[0] and "\r" not in lines[0]
    assert json.loads(lines[0])["level"] == "WARNING"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("GET /ingest/osmand/abcDEF123?lat=37.5123&lon=105.6789", "GET /ingest/osmand/***?***"),
        ("Authorization: Bearer abcDEF123", "Authorization: Bearer ***"),
        ("at 105.67891, 37.51234 now", "at #.#, #.# now"),
        ("tel 13812345678", "tel ***"),
        ("GET /search/?q=canary HTTP", "GET /search/?*** HTTP"),
        ("geo/backups.py:120 done in 3.25 s", "geo/backups.py:120 done in 3.25 s"),
    ],
)
def test_t23_tokens_questions_coordinates_and_numbers_are_masked(text, kept):
    assert masked(text) == kept


@pytest.mark.django_db
def test_t23_a_page_that_breaks_tells_route_and_code_and_neither_token_nor_row(lines, broken_page):
    cast.territory()
    answer = Client(raise_request_exception=False).get(f"/ingest/broken/{TOKEN}?lat=37.512345&who={NAME}")
    assert answer.status_code == 500
    told = "\n".join(line for line in lines if '"django.db' not in line)  # statements: DEBUG is off on a site
    assert TOKEN not in told and NAME not in told and "37.512345" not in told and cast.WEST not in told
    [error] = [json.loads(line) for line in lines if json.loads(line)["level"] == "ERROR" and "error" in json.loads(line)]
    assert "IntegrityError" in error["error"] or "UniqueViolation" in error["error"]
    assert "geo_division_pkey" in error["error"] and "test_logs.py" in error["error"]
    assert error["route"] == "/ingest/broken/<str:token>"
    assert error["request_id"] == answer["X-Request-ID"]


@pytest.mark.django_db
def test_t23_what_is_not_found_is_told_without_its_path(lines):
    answer = Client().get(f"/no-such/{NAME}/{TOKEN}")
    told = "\n".join(lines)
    assert NAME not in told and TOKEN not in told
    assert answer["X-Request-ID"] in {json.loads(line).get("request_id") for line in lines if "django.request" in line}


def test_an_exception_is_told_by_kind_and_place_not_by_its_words(lines):
    try:
        raise IntegrityError(f"Key (name)=({NAME}) already exists.") from ValueError(NAME)
    except IntegrityError:
        logging.getLogger("geo.trial").exception("failed")
    assert NAME not in lines[0] and "IntegrityError < ValueError" in json.loads(lines[0])["error"]


def test_a_task_that_fails_is_told_without_its_arguments(lines):
    data = {"name": "geo.jobs.sweep", "id": "1", "description": "raised unexpected", "exc": NAME, "args": [NAME], "kwargs": {"name": NAME}}
    logging.getLogger("celery.app.trace").error("Task %(name)s: %(exc)s", data, extra={"data": data})
    assert NAME not in lines[0] and "geo.jobs.sweep" in lines[0]


@pytest.mark.django_db
def test_each_answer_has_a_number_of_its_own_and_a_made_up_one_is_not_believed(client):
    first, second = client.get("/health/")["X-Request-ID"], client.get("/health/")["X-Request-ID"]
    assert first != second and len(first) == 32
    assert client.get("/health/", headers={"x-request-id": "0123456789abcdef"})["X-Request-ID"] == "0123456789abcdef"
    assert "evil" not in client.get("/health/", headers={"x-request-id": "evil\t<script>"})["X-Request-ID"]


def test_the_settings_send_every_logger_through_this_form(settings):
    [handler] = settings.LOGGING["handlers"].values()
    assert handler["formatter"] == "line" and handler["filters"] == ["no_paths"]
    assert settings.LOGGING["formatters"]["line"]["()"] == "geo.logs.Line"
    assert logging.getLogger("django").handlers == [] and logging.getLogger("django.request").propagate
