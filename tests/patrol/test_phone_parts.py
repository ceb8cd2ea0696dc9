"""What another module declares comes through the phone's one door: judged, stored once, told after commit, and kept if nobody copes."""

import json
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from patrol import phone_parts
from patrol.envelope import refuse
from patrol.models import Submission
from patrol.phone_parts import PhonePart, Taken, handed_in
from tests import cast
from tests.patrol import squad


@pytest.fixture
def token(db, monkeypatch):
    cast.territory()
    monkeypatch.setattr(timezone, "now", lambda: squad.NOW)
    return squad.phone(squad.member())[1]


@pytest.fixture
def part(monkeypatch):
    def take(handed):
        if "wrong" in handed.content:
            raise refuse("content.wrong", "不行")
        return Taken({"said": handed.content["said"]}, ["odd"])

    made = PhonePart("sample", take, lambda user, now: {"for": user.username}, dict, "patrol/_sections.html", "patrol/phone/app.js")
    monkeypatch.setattr(phone_parts.parts, "_known", {"sample": made})
    return made


def send(token, **fields):
    document = {"schema": 1, "submission_id": str(uuid.UUID(int=5)), "kind": "sample", **fields}
    headers = {"Authorization": f"Bearer {token}"}
    return Client().post("/api/field/v1/submissions", json.dumps(document), content_type="application/json", headers=headers)


def test_what_the_part_keeps_is_stored_once_and_told_after_commit(token, part, django_capture_on_commit_callbacks):
    heard = []

    def listen(sender, **told):
        heard.append((told["submission"], told["kind"]))
        raise RuntimeError("a listener that does not cope")

    handed_in.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            first, again = send(token, content={"said": 1, "lon": 105.6}), send(token, content={"said": 1, "lon": 105.6})
    finally:
        handed_in.disconnect(listen)
    [kept] = Submission.objects.all()
    assert (first.status_code, again.status_code, kept.kind, kept.body["content"]) == (201, 200, "sample", {"said": 1})
    assert first.json()["flags"] == ["odd"] and heard == [(kept.pk, "sample")]
    assert send(token, content={"said": 2}).status_code == 409


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "content"),
        ({"content": {"wrong": 1}}, "content.wrong"),
        ({"content": {"said": [{"deep": "\x00"}]}}, "content"),
        ({"content": []}, "content"),
        ({"content": {"said": 1}, "log": {"kind": "help", "happened_at": 1}}, "log"),
        ({"kind": "unheard", "content": {"said": 1}}, "kind"),
        ({"kind": "log", "content": {"said": 1}}, "log"),
    ],
)
def test_wrong_content_is_refused_with_its_field_and_nothing_is_stored(token, part, fields, field):
    answer = send(token, **fields)
    assert (answer.status_code, answer.json()["detail"][0]["field"]) == (422, field)
    assert not Submission.objects.exists()


def test_the_phones_page_and_data_hold_what_the_part_declares(token, part, client):
    headers = {"Authorization": f"Bearer {token}"}
    told = client.post("/api/field/v1/duty", {}, content_type="application/json", headers=headers).json()
    assert told["parts"] == {"sample": {"for": "member"}}
    assert '<script id="parts" type="application/json">["/static/patrol/phone/app.js"]</script>' in client.get("/phone/").content.decode()
    assert "patrol/phone/app.js" in client.get("/phone/sw.js").content.decode()
