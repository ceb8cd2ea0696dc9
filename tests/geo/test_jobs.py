import types

import pytest
from celery.signals import beat_init, task_prerun
from django.utils import translation
from kombu.exceptions import OperationalError

from config.celery import app
from geo import headroom, jobs
from geo.models import Job

pytestmark = pytest.mark.django_db


def test_a_job_that_is_rolled_back_is_never_sent(django_capture_on_commit_callbacks, monkeypatch):
    sent = []
    monkeypatch.setattr(jobs, "send", sent.append)
    with django_capture_on_commit_callbacks() as waiting:
        job = jobs.submit("geo.nothing", period="2026Q3")
    assert sent == [] and len(waiting) == 1
    waiting[0]()
    assert sent == [job.pk]


def test_a_broker_that_is_down_loses_nothing(monkeypatch):
    def down(*args, **kwargs):
        raise OperationalError("no broker")

    monkeypatch.setattr(jobs.current_app, "send_task", down)
    job = Job.objects.create(task="geo.nothing")
    jobs.send(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.WAITING and "后台队列" in job.message


def test_only_the_first_delivery_does_the_work():
    job = Job.objects.create(task="geo.nothing")
    assert jobs.start(job.pk)
    assert not jobs.start(job.pk)
    jobs.report(job.pk, 0.5, "半")
    jobs.finish(job.pk, count=3)
    job.refresh_from_db()
    assert (job.state, job.done_share, job.result) == (Job.State.DONE, 1, {"count": 3})


def test_promise_10_with_a_short_disk_a_job_waits_and_goes_on_when_there_is_room(monkeypatch):
    free = [1]
    monkeypatch.setattr(headroom.shutil, "disk_usage", lambda _folder: types.SimpleNamespace(free=free[0]))
    job = Job.objects.create(task="geo.nothing")
    assert not jobs.start(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.WAITING and "存储不足" in job.message
    free[0] = 2**40
    assert jobs.start(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING and job.message == ""
    jobs.finish(job.pk)


def test_the_sweep_offers_what_has_waited_long(monkeypatch):
    sent = []
    monkeypatch.setattr(jobs, "send", sent.append)
    old, new = Job.objects.create(task="a"), Job.objects.create(task="b")
    Job.objects.filter(pk=old.pk).update(created_at="2026-01-01T00:00Z")
    assert jobs.sweep() == 1
    assert sent == [old.pk] and new.pk not in sent


def test_a_job_speaks_the_language_of_who_asked_and_the_next_task_our_own():
    with translation.override("en"):
        job = jobs.submit("geo.nothing")
    with translation.override("zh-hans"):
        assert jobs.start(job.pk)
        assert translation.get_language() == "en" and str(Job.State.FAILED.label) == "Failed"
        jobs.finish(job.pk)
        task_prerun.send(sender=None)
        assert translation.get_language() == "zh-hans"


def test_what_waited_goes_out_when_beat_begins(monkeypatch):
    sent = []
    monkeypatch.setattr(app, "send_task", sent.append)
    beat_init.send(sender=None)
    assert sent == ["geo.jobs.sweep"] and "geo.jobs.sweep" in app.tasks
