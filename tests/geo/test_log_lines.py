"""What goes into the log: one event is one line, and no personal number is in any (threat 23)."""
import logging

import pytest

from tests import cast

CANARY = "13912345678"


def formatters() -> list[logging.Formatter]:
    """Those of the handlers that the settings made."""
    return [each.formatter for each in logging.getLogger().handlers if type(each) is logging.StreamHandler and each.formatter]


@pytest.mark.parametrize("text", ["西苑\r\n2026-11-28 00:00:00 ERROR geo forged", "a\nb", "a\rb", "a\u2028b", "a\x0bb\x85c"])
def test_threat_23_a_line_break_in_a_name_begins_no_line(text):
    assert formatters()
    for formatter in formatters():
        record = logging.LogRecord("geo.test", logging.WARNING, __file__, 1, "refused: %s", (text,), None)
        assert len(formatter.format(record).splitlines()) == 1
        try:
            raise ValueError(text)
        except ValueError as problem:
            record = logging.LogRecord("geo.test", logging.ERROR, __file__, 1, "failed", (), (ValueError, problem, problem.__traceback__))
        assert len(formatter.format(record).splitlines()) == 1


@pytest.mark.django_db
def test_threat_23_a_phone_number_that_somebody_typed_is_in_no_log(client, caplog):
    """Through doors that refuse it, that do not know it, and that break: everything that any logger was told, from DEBUG on."""
    cast.territory()
    officer, compound = cast.west_officer(), cast.west_compound()
    with caplog.at_level(logging.DEBUG):
        client.post("/account/login/", {"username": CANARY, "password": CANARY})
        client.post("/feedback/", {"text": f"请打{CANARY}\r\nERROR forged", "town": cast.WEST, "category": "order"})
        client.get("/", {"q": CANARY})
        client.post("/receipts/", {"receipt": CANARY})
        client.force_login(officer)
        client.get("/search/", {"q": CANARY})
        client.get("/objects/compounds/", {"name": CANARY, "sort": CANARY})
        client.post(f"/objects/compounds/{compound.pk}/edit/", {"name": CANARY, "version": "x"})
        client.post("/surveillance/purpose/", {"reason": "other", "note": CANARY})
        client.post("/surveillance/exports/", {"why": CANARY})
        client.get("/map/search.json", {"q": CANARY})
        client.post("/api/field/v1/submissions", CANARY, content_type="application/json")
    said = [record.getMessage() + str(record.exc_text or "") for record in caplog.records]
    assert said, "something was logged"
    assert [line for line in said if CANARY in line] == []
