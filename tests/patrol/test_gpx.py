"""GPX files of others: counts, lengths and gaps as published; hostile ones refused."""

import io
import json

import numpy as np
import pytest

from patrol import gpx, tracks
from patrol.gpx import GpxRefused

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
