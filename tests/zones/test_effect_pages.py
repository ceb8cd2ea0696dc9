"""Did last year's demonstration zones work: asked by a planner, answered by the job, read by the county's officers."""
import ast
import io
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from django.contrib.gis.geos import GEOSGeometry
from django.urls import reverse

from geo.models import Incident, Job
from tests import cast
from zones.effect import displacement, verdict
from zones.effect_studies import words
from zones.effect_studies.gathering import default_start, gather
from zones.effect_studies.judging import answer
from zones.effect_studies.studies import STUDY, ask, work
from zones.jobs import study_effect
from zones.models import Demonstration, EffectStudy, RectificationZone
from zones.periods import COUNTY_TIME, add_months

FIRST, START = date(2024, 10, 1), date(2025, 10, 1)
NOW = datetime(2026, 10, 8, 9, tzinfo=COUNTY_TIME)
ASKED = {"year": 2025, "starts_on": START, "months_before": 24, "months_after": 12, "ring_m": 200, "now": NOW}


def zone(number: int, **fields) -> RectificationZone:
    place = {"geom": cast.square(105.605 + 0.006 * (number % 7), 37.465 + 0.008 * (number // 7), 0.0006), "division_id": cast.WEST_SOUTH}
    told = {"kind": "fringe", "status": "rectifying", "listed_on": FIRST, "household_count": 100 + 10 * (number % 7), **place, **fields}
    return RectificationZone.objects.create(name=f"示例区域{number}", source_key=f"zone-{number}", **told)


def incidents(place: RectificationZone, counts: list[int], key: str) -> list[Incident]:
    centre = place.geom.point_on_surface
    return [
        Incident(
            category="theft", geom=centre, division_id=place.division_id, source_key=f"{key}-{place.pk}-{month}-{n}",
            occurred_at=datetime.combine(add_months(FIRST, month) + timedelta(days=5 + n), datetime.min.time(), COUNTY_TIME),
        )
        for month, count in enumerate(counts) for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def scene(county):
    """Seven demonstration zones and seven others; the former lose two incidents in three after the start."""
    zones = [zone(number) for number in range(14)]
    rows = []
    for number, each in enumerate(zones):
        before = [3 + (number % 7 + month) % 2 for month in range(12)]
        after = [1 + month % 2 * (number % 2) for month in range(12)] if number < 7 else before
        rows += incidents(each, before + after, "i")
    Incident.objects.bulk_create(rows)
    for each in zones[:7]:
        Demonstration.objects.create(zone=each, year=2025, designated_on=START)
    return zones


@pytest.fixture
def planner(county):
    return cast.planner()


def test_a_fall_of_the_demonstration_zones_alone_is_seen_and_the_same_input_gives_the_same_answer(scene, planner):
    study = work(ask(**ASKED, by=planner), now=NOW)
    assert study.result["verdict"] == verdict.BETTER, study.result["reasons"]
    assert study.frozen["start"] == 12 and len(study.frozen["months"]) == 24
    assert len(study.result["matched"]["pairs"]) == 7
    assert study.result["estimate"]["effect"] == pytest.approx(-2.3, abs=0.5)
    assert {each["code"]: each["ok"] for each in study.result["checks"]}["bad_year"] is None
    again = gather(study, now=NOW)
    assert again == study.frozen
    settings = {"caliper": study.standard.caliper, "level": 0.95, "draws": study.standard.draw_count, "seed": study.seed}
    assert json.loads(json.dumps(answer(again, **settings))) == study.result


def test_what_would_blur_the_comparison_is_left_out_and_said(scene, planner):
    zone(20, status="proposed")
    other = zone(21)
    Demonstration.objects.create(zone=other, year=2024, designated_on=date(2024, 12, 1))
    near = zone(22, geom=cast.square(105.605 + 0.0016, 37.465, 0.0004))
    found = gather(ask(**ASKED, by=planner), now=NOW)
    assert {each["name"]: each["why"] for each in found["left_out"]} == {
        "示例区域20": "not_listed", other.name: "other_year", near.name: "near",
    }  # fmt: skip


def test_a_month_without_register_is_unknown_and_the_ring_counts_what_lies_around(scene, planner):
    Incident.objects.in_division(cast.WEST).filter(occurred_at__gte=datetime(2026, 3, 1, tzinfo=COUNTY_TIME)).filter(
        occurred_at__lt=datetime(2026, 4, 1, tzinfo=COUNTY_TIME)
    ).delete()
    beside = cast.point(105.605 + 0.0015, 37.465)
    at = datetime(2026, 5, 5, tzinfo=COUNTY_TIME)
    Incident.objects.create(category="theft", geom=beside, division_id=cast.WEST_SOUTH, source_key="ring", occurred_at=at)
    study = work(ask(**ASKED, by=planner), now=NOW)
    first = next(each for each in study.frozen["zones"] if each["pk"] == scene[0].pk)
    assert first["counts"][17] is None and first["ring"][19] == 1 and first["ring"][17] is None
    assert study.result["verdict"] == verdict.NOT_TOLD
    assert len(study.result["matched"]["incomplete"]) == 14


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"starts_on": date(2024, 12, 1)}, "确定前有数据的月份2个，确定后12个"),
        ({"starts_on": date(2027, 1, 1)}, "确定后0个"),
        ({"year": 2019}, "能配上对的示范区只有0个"),
        ({"categories": ["fire"]}, "没有一起警情"),
    ],
)
def test_what_cannot_be_told_says_why(scene, planner, client, change, reason):
    study = work(ask(**ASKED | change, by=planner), now=NOW)
    client.force_login(planner)
    text = client.get(reverse("effect", args=[study.pk])).content.decode()
    assert "说不清" in text and reason in text and "style=" not in text


def test_a_county_without_any_incident_gets_an_answer_too(county, planner, client):
    zone(1)
    study = work(ask(**ASKED, by=planner), now=NOW)
    client.force_login(planner)
    assert "说不清" in client.get(reverse("effect", args=[study.pk])).content.decode()
    assert client.get(reverse("effect_file", args=[study.pk])).status_code == 200


def test_planner_asks_and_the_county_reads_page_file_and_zone(scene, planner, client):
    client.force_login(planner)
    url = reverse("effects")
    assert "还没有做过分析" in client.get(url).content.decode()
    assert client.post(url, {"year": "1999", "months_before": "x"}).status_code == 422
    bad = client.post(url, typed(starts_on="2025年"))
    assert bad.status_code == 422 and "请按“2025-10”填写年和月" in bad.content.decode()
    study = EffectStudy.objects.visible_to(planner)
    assert client.post(url, typed()).status_code == 302
    found, job = study.get(), Job.objects.get(task=STUDY)
    assert found.starts_on == START == default_start(cast.COUNTY, 2025)
    page = reverse("effect", args=[found.pk])
    assert client.get(page, headers={"accept": "application/json"}).json()["state"] == "waiting"
    assert client.get(reverse("effect_file", args=[found.pk])).status_code == 404
    study_effect(job=job.pk)
    text = client.get(page).content.decode()
    assert "有成效" in text and "示例区域3" in text and "<polyline" in text and "随机种子 20" in text
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("effect_file", args=[found.pk])).content))
    assert [each.title for each in book] == ["结论", "每月", "配对", "检验", "区域", "未计入"]
    assert book["每月"].max_row == 25
    client.force_login(cast.county_officer())
    assert client.get(page).status_code == 200
    assert client.post(url, typed()).status_code == 403
    assert "有成效" in client.get(reverse("zone", args=[scene[0].pk])).content.decode()
    client.force_login(cast.west_officer())
    assert client.get(url).status_code == client.get(page).status_code == 403
    assert "z-effects" not in client.get(reverse("zone", args=[scene[0].pk])).content.decode()


def test_another_countys_officer_sees_no_study(scene, planner, client):
    study = ask(**ASKED, by=planner)
    client.force_login(cast.user("elsewhere", "county_officer", cast.CITY))
    assert client.get(reverse("effect", args=[study.pk])).status_code == 404


def typed(**changes) -> dict:
    told = {"year": 2025, "starts_on": "", "months_before": 24, "months_after": 12, "ring_m": 200, "seed": 20}
    return told | {"categories": ["theft", "fire"]} | changes


def test_a_planner_cancels_what_waits_or_works_and_nobody_else_does(scene, planner, client, monkeypatch):
    study = ask(**ASKED, by=planner)
    client.force_login(cast.county_officer())
    assert client.post(reverse("effect_cancel", args=[study.pk])).status_code == 403
    told = []

    def report(job, share):
        told.append(share)
        if len(told) == 3:
            client.force_login(planner)
            client.post(reverse("effect_cancel", args=[study.pk]))

    monkeypatch.setattr("geo.jobs.report", report)
    study_effect(job=study.job_id)
    study.refresh_from_db()
    assert study.result is None and study.cancelled_by == planner and len(told) == 3
    assert (study.job.refresh_from_db() or study.job.state) == Job.State.FAILED
    assert "planner 于" in client.get(reverse("effect", args=[study.pk])).content.decode()
    done = work(ask(**ASKED, by=planner), now=NOW)
    assert "不能取消" in client.post(reverse("effect_cancel", args=[done.pk]), follow=True).content.decode()


def test_the_map_shows_both_groups_and_a_ring_of_the_width_that_was_asked_for(scene, planner, client):
    study = work(ask(**ASKED, by=planner), now=NOW)
    client.force_login(cast.county_officer())
    found = client.get(reverse("effect_map", args=[study.pk])).json()["features"]
    parts = {part: [each for each in found if each["properties"]["part"] == part] for part in ("mine", "other", "ring")}
    assert [len(each) for each in parts.values()] == [7, 7, 1]
    names = {each["properties"]["name"] for each in parts["mine"]}
    assert names == {each.name for each in scene[:7]}
    [ring] = [GEOSGeometry(json.dumps(each["geometry"])) for each in parts["ring"]]
    outlines = [GEOSGeometry(json.dumps(each["geometry"])) for each in parts["mine"]]
    assert all(ring.intersection(each).area < 1e-3 * each.area for each in outlines)
    [west] = [each for each in outlines if each.extent == min(each.extent for each in outlines)]
    # 200 m to the west of the westernmost outline: a degree of longitude is 111,320 m × cos(37.465°).
    assert (west.extent[0] - ring.extent[0]) * 88_360 == pytest.approx(200, rel=0.01)
    page = client.get(reverse("effect", args=[study.pk])).content.decode()
    assert reverse("effect_map", args=[study.pk]) in page


def test_every_code_of_the_engine_has_words():
    tree = ast.parse(Path(verdict.__file__).read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason"]
    codes = {node.args[0].value for node in calls}
    numbers = dict.fromkeys(
        "count treated others least before after usual effect p slope low high z expected_fall worst share".split(), 1.0
    )
    assert codes == set(words.REASONS)
    assert all(words.reason(code, numbers) for code in codes)
    assert set(words.VERDICTS) == set(words.MARKS) == {verdict.BETTER, verdict.WORSE, verdict.NO_DIFFERENCE, verdict.NOT_TOLD}
    assert all(words.meaning(code) for code in words.VERDICTS)
    assert set(words.RINGS) == {getattr(displacement, name) for name in ("DISPLACED", "DIFFUSED", "NEITHER", "NO_SUCCESS", "NOT_TOLD")}
    assert {len(words.ring_sentences(code, None)) for code in words.VERDICTS} == {1}
    assert all(words.figures(code, numbers) for code in words.CHECKS)
