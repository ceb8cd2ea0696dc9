"""GPX files of others: counts, lengths and gaps as published; hostile ones refused."""

import io
import json
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from patrol import gpx, tracks
from patrol.gpx import GpxRefused
from patrol.models import Fix
from tests import cast
from tests.patrol import squad

FOLDERS = ("gpxpy_tracks", "togeojson_gpx")


def published(shared):
    for folder in FOLDERS:
        expected = json.loads((shared / "data" / folder / "expected.json").read_text("utf-8"))["expected_gpx"]
        for name, facts in expected.items():
            yield shared / "data" / folder / name, facts


def test_published_files_have_the_expected_counts_and_lengths(shared):
    seen = 0
    for path, facts in published(shared):
        if facts.get("bad_time") or facts.get("bad_coord"):
            continue
        with path.open("rb") as source:
            found = gpx.read(source)
        assert sum(map(len, found.segments)) == facts["trkpt"], path
        assert len(found.segments) == facts["seg"], path
        assert sum(row[0] is not None for segment in found.segments for row in segment) == facts["with_time"], path
        if "length_m" in facts:
            total = sum(tracks.length_m(np.array([r[1] for r in s]), np.array([r[2] for r in s])) for s in found.segments)
            assert total == pytest.approx(facts["length_m"], rel=1e-3, abs=0.5), path
        seen += 1
    assert seen >= 40


def test_a_gpx_without_tracks_has_no_segments():
    assert gpx.read(io.BytesIO(b'<gpx version="1.1"><wpt lat="1" lon="2"/></gpx>')).segments == []


@pytest.mark.parametrize("name", ["xxe_file.gpx", "xxe_http.gpx", "billion_laughs.gpx"])
def test_promise_25_entities_are_refused(shared, name):
    with (shared / "payloads/xml" / name).open("rb") as source, pytest.raises(GpxRefused, match="forbidden"):
        gpx.read(source)


def test_the_control_is_accepted(shared):
    with (shared / "payloads/xml/ok.gpx").open("rb") as source:
        assert [len(segment) for segment in gpx.read(source).segments] == [2]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "not_gpx"), (b"<kml/>", "not_gpx"), (b"<gpx><trk>", "not_gpx"), (b"\x00\x01", "not_gpx"),
        (b'<gpx><trk><trkseg><trkpt lat="91" lon="0"/></trkseg></trk></gpx>', "bad_value 1"),
        (b'<gpx><trk><trkseg><trkpt lat="1" lon="x"/></trkseg></trk></gpx>', "bad_value 1"),
        (b'<gpx><trk><trkseg><trkpt lat="nan" lon="1"/></trkseg></trk></gpx>', "bad_value 1"),
        (b'<gpx><trk><trkseg><trkpt lat="1" lon="1"><time>yesterday</time></trkpt></trkseg></trk></gpx>', "bad_value 1"),
    ],
)  # fmt: skip
def test_what_is_no_gpx_says_why(text, why):
    with pytest.raises(GpxRefused, match=why):
        gpx.read(io.BytesIO(text))


@pytest.fixture
def walker(db, client, monkeypatch):
    cast.territory()
    monkeypatch.setattr(timezone, "now", lambda: squad.NOW)
    who = squad.member()
    squad.shift(squad.team(cast.WEST, who), who)
    client.force_login(who)
    return client


def upload(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "application/gpx+xml")


def own_walk(count: int = 30) -> bytes:
    rows = squad.walk(count)
    text = "".join(
        f'<trkpt lat="{lat}" lon="{lon}"><time>{datetime.fromtimestamp(ms / 1000, UTC).isoformat()}</time></trkpt>'
        for ms, lon, lat, _a in rows
    )
    return f'<gpx version="1.1" creator="t"><trk><trkseg>{text}</trkseg></trk></gpx>'.encode()


def test_a_member_brings_the_own_walk_once(walker):
    for stored in (30, 0):
        answer = walker.post("/patrol/gpx/", {"files": [upload("夜巡.gpx", own_walk())]})
        assert answer.status_code == 201
        report = answer.context["taken"][0]
        assert (report.point_count, report.stored.stored, report.stored.dropped) == (30, stored, 0)
        assert report.length_m == pytest.approx(29 * 8.85, rel=0.01)
    assert Fix.objects.count() == 30


def test_what_lies_outside_a_shift_is_told_and_dropped(walker, shared):
    content = (shared / "data/gpxpy_tracks/cerknicko-jezero.gpx").read_bytes()
    answer = walker.post("/patrol/gpx/", {"files": [upload("x.gpx", content)]})
    report = answer.context["taken"][0]
    assert (report.point_count, report.stored.stored, report.stored.dropped) == (296, 0, 296)
    assert report.length_m == pytest.approx(4576.91, rel=1e-3)
    assert len(report.gaps) == sum(b - a > 120_000 for a, b in pairwise(times_of(content)))


def times_of(content: bytes) -> list[int]:
    return [row[0] for segment in gpx.read(io.BytesIO(content)).segments for row in segment]


@pytest.mark.parametrize("name", ["xxe_file.gpx", "xxe_http.gpx", "billion_laughs.gpx"])
def test_promise_25_a_hostile_file_stores_nothing(walker, shared, name):
    answer = walker.post("/patrol/gpx/", {"files": [upload(name, (shared / "payloads/xml" / name).read_bytes())]})
    assert answer.status_code == 422
    assert "DTD" in answer.content.decode()
    assert not Fix.objects.exists()


def test_the_controls_page_says_two_points(walker, shared):
    answer = walker.post("/patrol/gpx/", {"files": [upload("ok.gpx", (shared / "payloads/xml/ok.gpx").read_bytes())]})
    assert answer.status_code == 201
    assert answer.context["taken"][0].point_count == 2
