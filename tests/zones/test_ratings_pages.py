import pytest
from django.test import Client
from django.urls import reverse

from geo.models import Incident, Job
from tests import cast
from tests.zones import rounding as r
from tests.zones.conftest import NOW, PERIOD, cover, incident
from zones.jobs import RATE_PERIOD, rate_period
from zones.models import Grade, Publication, ZeroReport
from zones.rounds import rate


@pytest.fixture
def as_county(client, officer):
    client.force_login(officer)
    return client


@pytest.fixture
def as_west(client, county):
    client.force_login(cast.west_officer())
    return client


@pytest.fixture(autouse=True)
def no_queue(monkeypatch):
    """The queue is somebody else's process; what it would run is run by the test."""
    monkeypatch.setattr("geo.jobs.send", lambda job_pk: None)


def text(response) -> str:
    return response.content.decode()


def test_county_officer_reads_exact_numbers(rated, as_county, west):
    page = text(as_county.get(reverse("ratings")))
    assert "盗窃：12个月6起，每百户6.0起，超过红线2.0。" in page
    assert "东苑小区" in page
    one = text(as_county.get(reverse("compound_grade", args=[west.pk])))
    assert "盗窃：12个月6起" in one
    assert "incident-" in one


def test_town_officer_sees_own_town_only(rated, as_west, west, east):
    page = text(as_west.get(reverse("ratings")))
    assert "西苑小区" in page
    assert "东苑小区" not in page
    assert "东镇" not in page
    assert as_west.get(reverse("compound_grade", args=[west.pk])).status_code == 200
    foreign = as_west.get(reverse("compound_grade", args=[east.pk]))
    unknown = as_west.get(reverse("compound_grade", args=[987654321]))
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.content == unknown.content


def test_administrators_read_no_ratings(rated, client, west):
    client.force_login(cast.auditor())
    assert client.get(reverse("ratings")).status_code == 403
    assert client.get(reverse("compound_grade", args=[west.pk])).status_code == 404


def test_before_the_first_round_the_page_offers_one(as_county):
    page = text(as_county.get(reverse("ratings")))
    assert "还没有计算过评定期" in page
    assert reverse("rate_again") in page
    assert as_county.get(reverse("ratings"), {"period": "2026Q3"}).status_code == 404


def test_the_difference_to_what_is_published_is_shown(rated, as_county, officer, west):
    r.publish()
    assert "等级与现行公布相同" in text(as_county.get(reverse("ratings")))
    Incident.objects.everywhere("test").filter(compound=west).delete()
    r.reopen()
    rate(period=PERIOD, now=NOW)
    assert "与现行公布不同：1个" in text(as_county.get(reverse("ratings")))
    only = text(as_county.get(reverse("ratings"), {"different": "1"}))
    assert "西苑小区" in only
    assert "东苑小区" not in only
    assert "计算结果与公布不同" in text(as_county.get(reverse("compound_grade", args=[west.pk])))


def test_a_change_after_the_computation_is_announced(rated, as_county, west):
    addresses = (reverse("ratings"), reverse("compound_grade", args=[west.pk]))
    for change in (
        lambda: incident("theft", "2026-09-01", compound=west),
        lambda: ZeroReport.objects.create(division_id=cast.WEST, month="2026-09-01"),
    ):
        assert not any("重新评定后才会反映" in text(as_county.get(address)) for address in addresses)
        change()
        assert all("重新评定后才会反映" in text(as_county.get(address)) for address in addresses)
        rate(period=PERIOD, now=NOW)


def test_rating_again_is_a_job_that_changes_the_grade(rated, as_county, west, django_capture_on_commit_callbacks):
    Incident.objects.everywhere("test").filter(compound=west).delete()
    with django_capture_on_commit_callbacks(execute=True):
        response = as_county.post(reverse("rate_again"), {"period": PERIOD})
    job = Job.objects.get(task=RATE_PERIOD)
    assert response.headers["Location"] == reverse("rating_job", args=[job.pk])
    assert "等待" in text(as_county.get(reverse("rating_job", args=[job.pk])))
    rate_period(job=job.pk, period=PERIOD)
    rate_period(job=job.pk, period=PERIOD)
    job.refresh_from_db()
    assert (job.state, job.result["changed"]) == (Job.State.DONE, 1)
    assert Grade.objects.everywhere("test").get(compound=west).colour == "green"
    assert as_county.get(reverse("rating_job", args=[job.pk]), headers={"accept": "application/json"}).json()["state"] == "done"


def test_a_job_that_is_refused_says_why(as_county, officer):
    job = Job.objects.create(task=RATE_PERIOD, arguments={"period": "2090Q1"}, created_by=officer)
    rate_period(job=job.pk, period="2090Q1")
    assert "还没有开始" in text(as_county.get(reverse("rating_job", args=[job.pk])))


def test_nobody_reads_anothers_job(as_west, officer):
    job = Job.objects.create(task=RATE_PERIOD, arguments={"period": PERIOD}, created_by=officer)
    assert as_west.get(reverse("rating_job", args=[job.pk])).status_code == 404


def test_town_officer_neither_rates_nor_publishes(rated, as_west):
    assert as_west.post(reverse("rate_again"), {"period": PERIOD}).status_code == 403
    assert as_west.post(reverse("round_move", args=[PERIOD]), {"to": "drafted"}).status_code == 403
    page = text(as_west.get(reverse("ratings")))
    assert reverse("rate_again") not in page
    assert not Job.objects.exists()
    assert not Publication.objects.exists()


def test_a_post_without_its_token_is_refused(officer, rated):
    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)
    assert client.post(reverse("round_move", args=[PERIOD]), {"to": "drafted"}).status_code == 403


def test_town_officer_reports_zero_for_the_own_town(as_west):
    cover(cast.WEST, months=11)
    rate(period=PERIOD, now=NOW)
    assert "零报告</button>" in text(as_west.get(reverse("ratings")))
    as_west.post(reverse("zero_report"), {"town": cast.WEST, "month": "2026-09-01"})
    as_west.post(reverse("zero_report"), {"town": cast.EAST, "month": "2026-09-01"})
    as_west.post(reverse("zero_report"), {"town": cast.WEST, "month": "soon"})
    assert list(ZeroReport.objects.everywhere("test").values_list("division_id", flat=True)) == [cast.WEST]


def test_the_maps_popup_says_why(rated, as_county, west):
    card = as_county.get(reverse("map_details", args=["graded_compounds", west.pk])).json()
    (section,) = card["sections"]
    assert "盗窃：12个月6起，每百户6.0起，超过红线2.0。" in section["lines"]
    assert section["url"] == reverse("compound_grade", args=[west.pk])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"西苑小区", "东苑小区"}),
        ({"town": cast.EAST}, {"东苑小区"}),
        ({"grade": "red"}, {"西苑小区"}),
        ({"q": "东"}, {"东苑小区"}),
        ({"town": "x' OR 1", "grade": "purple", "q": "\x00", "page": "x", "different": "1"}, {"西苑小区", "东苑小区"}),
    ],
)
def test_the_list_of_drafts_is_filtered(rated, as_county, query, found):
    page = text(as_county.get(reverse("ratings"), query))
    assert {name for name in ("西苑小区", "东苑小区") if f">{name}</a>" in page} == found
