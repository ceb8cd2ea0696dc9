"""Every text field of every form, tried with a text of our own: did a statement carry it into the database?"""
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from unittest import mock

from django.db import connections
from django.utils import timezone

from tests.trust.crawl import Answer, Crawl, answered
from tests.trust.forms import Form
from tests.trust.site import undone
from zones import spam


@dataclass
class Written:
    """What the statements of one request wrote, as plain text without spaces and hyphens."""

    texts: list[str] = field(default_factory=list)

    def holds(self, text: str) -> bool:
        return any(flat(text) in each for each in self.texts)

    def __call__(self, execute, statement, parameters, many, context):
        if str(statement).lstrip().upper().startswith(("INSERT", "UPDATE", "WITH")) and '"django_' not in str(statement):
            self.texts.append(flat(_said(parameters)))
        return execute(statement, parameters, many, context)


def _said(value) -> str:
    if isinstance(value, dict):
        return "\x1f".join(map(_said, [*value.keys(), *value.values()]))
    if isinstance(value, list | tuple):
        return "\x1f".join(map(_said, value))
    return str(getattr(value, "obj", value))  # a JSON value wraps its object


def flat(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace(" ", "").replace("-", "").replace("\\r", "")


@contextmanager
def patient_doors() -> Iterator[None]:
    """The public's doors without their waiting time and budgets, which have tests of their own."""
    with mock.patch.object(spam, "_spent", lambda *_told: 0):
        yield


def put(crawl: Crawl, form: Form, *, keeps: bool = False, **changed) -> tuple[Answer, Written]:
    """Sends the form so; everything written is noted, and taken back (`keeps`: by whoever calls)."""
    written = Written()
    given = form.filled(**changed)
    if "token" in given and "website" in given:
        now, name = timezone.now(), next(iter(given["token"].split(".")), "")
        given["token"] = spam.token_for(name, now=now - timezone.timedelta(seconds=90))
        given["website"] = ""
    with nullcontext() if keeps else undone(), patient_doors(), connections["default"].execute_wrapper(written):
        response = crawl.client.post(form.action, given, headers={"accept": "text/html"})
        return answered(response), written
