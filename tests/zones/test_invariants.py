"""`./manage.py invariants`: what must hold after any fault is said to hold, and what does not is named."""
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from geo.models import Job
from patrol.models import Photo
from tests import cast
from tests.patrol import squad
from zones.models import IssueCounter


def said() -> str:
    out = StringIO()
    try:
        call_command("invariants", stdout=out)
    except CommandError as broken:
        out.write(str(broken))
    return out.getvalue()


@pytest.mark.django_db
def test_of_nothing_all_holds():
    assert "全部成立" in said() and "✗" not in said()


@pytest.mark.django_db
def test_promise_06_a_job_without_a_worker_and_one_that_waits_for_ever_are_named():
    lost = Job.objects.create(task="x", state=Job.State.RUNNING, started_at=timezone.now())
    waits = Job.objects.create(task="x", created_at=timezone.now() - timedelta(hours=1))
    assert f"2：Job {lost.pk}，Job {waits.pk}" in said()


@pytest.mark.django_db
def test_a_photo_told_as_whole_that_is_not_there_is_named():
    cast.territory()
    device, _token = squad.phone(squad.member())
    told = {"sha256": "0" * 64, "byte_count": 5, "offset": 5, "completed_at": timezone.now(), "stored": "patrol/photos/none.jpg"}
    told |= {"id": "3f0e9c9e-4c3d-4a57-9d57-1f3a1ad0a001", "submission_id": "3f0e9c9e-4c3d-4a57-9d57-1f3a1ad0a002"}
    photo = Photo.objects.create(device=device, **told)
    assert f"1：Photo {photo.pk}" in said()


@pytest.mark.django_db
def test_a_number_that_is_missing_is_named():
    cast.territory()
    IssueCounter.objects.create(unit_id=cast.WEST, year=2026, last=3)
    assert f"1：{cast.WEST} 2026" in said()
