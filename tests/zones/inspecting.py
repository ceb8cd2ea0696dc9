"""A cadre's and an officer's phone at a compound of WEST: by hand, so that each test says what it is about."""
import hashlib
import json
import uuid
from datetime import timedelta

from django.test import Client

from geo.models import User
from patrol import devices, intake, photos
from patrol.models import Device
from patrol.photos import Told
from tests.zones.registering import NOW, SPOT, jpeg
from zones import inspections
from zones.models import Checklist, Inspection

URL = "/api/field/v1/submissions"
MINUTE_MS = 60_000
NOW_MS = int(NOW.timestamp() * 1000)
HERE = {"lon": SPOT[0], "lat": SPOT[1], "accuracy_m": 8}
# Everything in order at a compound, by our default checklist.
FINE = {
    "gate": "o1", "doors": "yes", "wall": "yes", "lamp": "yes", "camera": "yes", "passage": "yes", "wiring": "no", "hydrant": "yes",
}  # fmt: skip


def phone(user: User) -> tuple[Device, str]:
    code = devices.invite(user=user, by=user, now=NOW - timedelta(minutes=1)).code
    return devices.sign_in(code=code, name="手机", now=NOW)


def default(code: str = "compound") -> Checklist:
    return Checklist.objects.get(code=code, division=None)


def content(place, layer: str = "compounds", **fields) -> dict:
    told = {
        "checklist": default({"zones": "zone", "compounds": "compound", "premises": "premises"}[layer]).pk,
        "place": {"layer": layer, "id": place.pk, "name": str(place)}, "started_at": NOW_MS - 10 * MINUTE_MS,
        "finished_at": NOW_MS - MINUTE_MS, "result": "done", "answers": dict(FINE), "position": HERE,
    }  # fmt: skip
    return told | fields


def body(said: dict, *, pictures=(), **fields) -> dict:
    made = {"schema": 1, "submission_id": str(uuid.uuid4()), "kind": "inspection", "content": said}
    told = [{"id": pk, "name": "p.jpg", "sha256": hashlib.sha256(each).hexdigest(), "bytes": len(each)} for pk, each in pictures]
    return made | ({"attachments": told} if told else {}) | fields


def send(token: str, document: dict):
    raw = json.dumps(document, ensure_ascii=False).encode()
    headers = {"Authorization": f"Bearer {token}"}
    return Client(raise_request_exception=False).post(URL, raw, content_type="application/json", headers=headers)


def picture() -> tuple[str, bytes]:
    return str(uuid.uuid4()), jpeg().read()


def upload(device: Device, document: dict, pictures) -> None:
    for pk, data in pictures:
        told = Told(uuid.UUID(pk), uuid.UUID(document["submission_id"]), "p.jpg", hashlib.sha256(data).hexdigest(), len(data))
        photos.begin(told, device=device, now=NOW)
        photos.add(told.id, data, offset=0, checksum=None, device=device, now=NOW)


def inspected(device: Device, place, layer: str = "compounds", *, now=NOW, **fields) -> Inspection:
    """What a phone handed in, as a row."""
    at = int(now.timestamp() * 1000)
    said = content(place, layer, **{"started_at": at - 10 * MINUTE_MS, "finished_at": at - MINUTE_MS, **fields})
    receipt = intake.receive(device=device, raw=json.dumps(body(said)).encode(), now=now)
    return inspections.make(receipt.receipt_no, now=now)


def rows():
    return Inspection.objects.everywhere("a test").order_by("pk")
