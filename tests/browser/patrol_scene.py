"""A month of one town's patrols, put into the demo's database: what the pages of patrols are looked at with."""

import random
from datetime import timedelta

import numpy as np
from django.apps import apps
from django.contrib.gis.geos import LineString, MultiLineString
from django.utils import timezone

from geo.models import User
from patrol.models import Fix, PatrolEvent, PresenceHour, Target, Track, TrackChunk
from tests import cast
from tests.patrol import patrolling as p
from tests.patrol.patrolling import HOUR

TRACK_POINTS = 10_000
SEEN = {"present_s": 900, "visit_count": 1, "visit_s": 700, "drive_by_count": 1}


def fill() -> None:
    chance, now = random.Random(4), timezone.now()
    officer, county = User.objects.get(username="town_shikong"), User.objects.get(username="county")
    code, hour = officer.division_id, now.replace(minute=0, second=0, microsecond=0)
    walker, second = cast.user("walker", "patrol_member", code), cast.user("second", "patrol_member", code)
    phone, other = p.device(walker), p.device(second)
    zones = list(apps.get_model("zones", "RectificationZone").objects.in_division(code)[:8])
    at = zones[0].geom.point_on_surface
    beat = p.beat("回放示例片", at.x, at.y, code, weekly_visit_target=10)
    p.submission(phone, at=now - timedelta(days=20), kind="patrol")
    _presence(chance, hour, [("zones", zone.pk, zone.division_id) for zone in zones] + [("beats", beat.pk, code)])
    team = p.team(code, name="回放示例队", is_round_the_clock=True)
    done = p.shift(team, officer, start=hour - 6 * HOUR, crew=[walker, second], beat=beat)
    p.shift(team, officer, start=hour - HOUR, crew=[second], beat=beat)
    running = p.shift(team, officer, start=hour - HOUR, crew=[walker])
    walked = p.patrol(walker, phone, start=hour - 5.8 * HOUR, hours=3.6, own_shift=done, chunk_count=20)
    TrackChunk.objects.bulk_create(TrackChunk(patrol=walked, number=n, point_count=500) for n in range(1, 19))
    PatrolEvent.objects.create(patrol=walked, kind="paused", at=hour - 4 * HOUR)
    PatrolEvent.objects.create(patrol=walked, kind="resumed", at=hour - 3.7 * HOUR)
    _walk(walked, phone, at)
    p.patrol(walker, phone, start=hour - HOUR, own_shift=running, last_contact_at=now - timedelta(minutes=1), last_fix_at=now, last_geom=at)
    p.patrol(second, other, start=hour - HOUR, last_contact_at=now - timedelta(minutes=40), last_fix_at=None, last_geom=None)
    p.entry(walked, phone, happened_at=hour - 5 * HOUR, geom=at, place_name="回放示例片")
    for measure, value in (("patrol_hours", 4000), ("visits", 300), ("longest_gap", 48)):
        Target.objects.in_division(code).update_or_create(
            division_id=code, year=timezone.localdate().year, measure=measure, defaults={"value": value, "set_by": county}
        )


def _presence(chance: random.Random, hour, places) -> None:
    rows = []
    for index, (layer, pk, code) in enumerate(places):
        for back in range(1, 20 * 24):
            luck = chance.random() * (0.6 + 0.1 * index)
            if PresenceHour.objects.in_division(code).filter(layer=layer, place_pk=pk, hour=hour - back * HOUR).exists():
                continue
            if luck < 0.35:
                rows.append(
                    (layer, pk, code, hour - back * HOUR, {"present_s": 900, "visit_count": 1, "visit_s": 700, "drive_by_count": 1})
                )
            elif luck < 0.45:
                rows.append((layer, pk, code, hour - back * HOUR, {"unknown_s": 900}))
    for layer, pk, code, moment, fields in rows:
        p.presence(layer, pk, code, moment, **fields)


def _walk(patrol, phone, at) -> None:
    """A round of the town with one gap in it, a fix a second or so."""
    turn = np.linspace(0, 6 * np.pi, TRACK_POINTS)
    x, y = at.x + (0.004 + turn / 6000) * np.cos(turn), at.y + (0.003 + turn / 8000) * np.sin(turn)
    seconds = np.linspace(0, 3.6 * 3600, TRACK_POINTS)
    kept = (turn < 7) | (turn > 8)
    start = patrol.started_at
    Fix.objects.bulk_create(
        Fix(device_id=phone.pk, at=start + timedelta(seconds=s), lon=a, lat=b, accuracy_m=6)
        for s, a, b in zip(seconds[kept], x[kept], y[kept], strict=True)
    )
    parts = [LineString(*zip(x[mask][::20], y[mask][::20], strict=True)) for mask in (turn < 7, turn > 8)]
    made = p.track(patrol, gap=(start + timedelta(seconds=seconds[turn < 7][-1]), start + timedelta(seconds=seconds[turn > 8][0])))
    Track.objects.filter(pk=made.pk).update(line=MultiLineString(*parts, srid=4326), length_m=9000.0)
