"""Invented inspections for the demo county, through the phone's own door: with findings, without, shut out; some places twice."""
import hashlib
import io
import json
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.gis.geos import Point
from django.db import models
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from geo.demo.plane import random
from geo.layers import registry
from geo.models import User
from patrol import intake, photos
from patrol.models import Device, Door
from zones import checklists, inspection_issues, inspections
from zones.models import Checklist, Inspection, Issue, PlaceLayer
from zones.periods import day_of, start_of
from zones.register_places import shown_point

# (account, days ago of its round, layers and how many places of each); the first two go round the same places.
ROUNDS = (
    ("village_zhenxing", 20, {PlaceLayer.COMPOUNDS: 10, PlaceLayer.PREMISES: 4, PlaceLayer.ZONES: 2}),
    ("town_ningan", 15, {PlaceLayer.COMPOUNDS: 10, PlaceLayer.PREMISES: 4, PlaceLayer.ZONES: 2}),
    ("county", 6, {PlaceLayer.ZONES: 6}),
    ("town_shikong", 4, {PlaceLayer.COMPOUNDS: 5, PlaceLayer.PREMISES: 3}),
)
VILLAGE, TOWN = "640521100001", "640521100"


def load(*, now: datetime) -> int:
    """Returns how many inspections there are. Runs inside the demo's own transaction."""
    dice = random("inspections")
    made: list[Inspection] = []
    for name, days, wanted in ROUNDS:
        user = User.objects.get_by_natural_key(name)
        device = _phone(user, now)
        for number, (layer, place) in enumerate(_places(user, wanted)):
            at = start_of(day_of(now) - timedelta(days=days)) + timedelta(hours=9 + number % 8, minutes=7 * number % 60)
            before = next((each.answers for each in made if (each.place_layer, each.place_pk) == (layer, place.pk)), {})
            made.append(_one(dice, device, layer, place, at, has_picture=len(made) % 5 == 0, before=before))
    for each in [one for one in made if one.failed][:3]:
        inspection_issues.register(each, each.failed[0], by=each.inspected_by, now=now)
    issues = Issue.objects.everywhere("the demo's own").filter(source=Issue.Source.INSPECTION)
    issues.update(is_invented=True)
    return len(made)


def _phone(user: User, now: datetime) -> Device:
    digest = hashlib.sha256(f"demo {user.username}".encode()).hexdigest()  # of no token that anybody has
    made, _is_new = Device.objects.get_or_create(
        digest=digest, defaults={"user": user, "door": Door.PHONE, "name": _("演示手机"), "signed_in_at": now}
    )
    return made


def _places(user: User, wanted: dict[str, int]) -> list[tuple[str, models.Model]]:
    code = VILLAGE if user.division_id.startswith(TOWN) else user.division_id
    found = []
    for layer, count in wanted.items():
        rows = registry[layer].model.objects.visible_to(user)
        near = rows.in_division(code).order_by("source_key") if rows.in_division(code).exists() else rows.order_by("source_key")
        found += [(layer, each) for each in near[:count]]
    return found


def _one(dice, device: Device, layer: str, place: models.Model, at: datetime, *, has_picture: bool, before: dict) -> Inspection:
    checklist = Checklist.objects.get(code={"zones": "zone", "compounds": "compound", "premises": "premises"}[layer], division=None)
    picture, key = _picture(), UUID(bytes=dice.bytes(16), version=4)
    is_shut = dice.random() < 0.08
    answers = {} if is_shut else _answers(dice, checklists.parse(checklist.items), before)
    point = shown_point(place)
    shift = 0.0001 if dice.random() < 0.85 else 0.02
    at_ms = int(at.timestamp() * 1000)
    shows = has_picture and not is_shut
    content = {
        "checklist": checklist.pk, "place": {"layer": layer, "id": place.pk, "name": str(place)},
        "started_at": at_ms - 60_000 * int(dice.integers(6, 26)), "finished_at": at_ms, "result": "not_accessible" if is_shut else "done",
        "obstacle": "locked" if is_shut else "", "note": _("演示：约定时间无人。") if is_shut else _("演示：现场逐项查看。"),
        "answers": answers, "photos": {next(iter(answers)): [str(key)]} if shows else {},
        "position": _position(point, shift, dice),
    }  # fmt: skip
    told = {"id": str(key), "name": "photo.jpg", "sha256": hashlib.sha256(picture).hexdigest(), "bytes": len(picture)}
    body = {
        "schema": 1, "submission_id": str(UUID(bytes=dice.bytes(16), version=4)), "kind": inspections.KIND, "content": content,
        **({"attachments": [told]} if shows else {}),
    }  # fmt: skip
    receipt = intake.receive(device=device, raw=json.dumps(body, ensure_ascii=False).encode(), now=at)
    if shows:
        photo = photos.Told(key, receipt.submission_id, "photo.jpg", told["sha256"], len(picture))
        photos.begin(photo, device=device, now=at)
        photos.add(key, picture, offset=0, checksum=None, device=device, now=at)
    return inspections.make(receipt.receipt_no, now=at, is_invented=True)


def _position(point: Point, shift: float, dice) -> dict:
    return {"lon": round(point.x + shift, 6), "lat": round(point.y, 6), "accuracy_m": (6, 8, 12, 20, 35)[dice.integers(5)]}


def _answers(dice, items: list[checklists.Item], before: dict) -> dict:
    """Most things are in order, and mostly as the one who looked before has found them."""
    found: dict[str, checklists.Answer] = {}
    for item in items:
        if item not in checklists.visible(items, found):
            continue
        is_fine, is_alike = dice.random() < 0.88, dice.random() < 0.85
        if is_alike and item.key in before:
            found[item.key] = before[item.key]
            continue
        if item.type == checklists.YES_NO:
            found[item.key] = item.good if is_fine else {"yes": "no", "no": "yes"}[item.good]
        elif item.type == checklists.CHOICE:
            found[item.key] = item.options[0 if is_fine else dice.integers(1, len(item.options))].value
        elif item.type == checklists.NUMBER:
            found[item.key] = int(dice.integers(2, 7))
    return found


def _picture() -> bytes:
    """A gate and a lamp: drawn, so that nobody takes it for a photograph."""
    picture = Image.new("RGB", (480, 360), "#dfe7ea")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 270, 480, 360), fill="#b9c2bd")
    pen.rectangle((60, 120, 210, 275), fill="#9a8f80")
    pen.rectangle((110, 180, 160, 275), fill="#5c554c")
    pen.rectangle((330, 80, 338, 275), fill="#42505a")
    pen.ellipse((314, 52, 354, 86), fill="#f3d36b")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()
