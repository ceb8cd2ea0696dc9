"""Figures for the operator: who may read them, and that they hold nobody; readiness beside health."""
import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone
from redis import RedisError

from geo import backups, jobs, metrics
from geo.models import Job
from geo.views import health
from tests import cast

TOKEN = "a-token-of-the-monitoring"


@pytest.fixture
def figures(client, settings, db):
    settings.METRICS_TOKEN = TOKEN

    def ask() -> str:
        answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200 and answer["Content-Type"].startswith("text/plain")
        return answer.content.decode()

    return ask


def value(text: str, name: str) -> float:
    [line] = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(line.rpartition(" ")[2])


def refusals(text: str) -> float:
    """Submissions sent without a known device since this process began."""
    counted = [line for line in text.splitlines() if line.startswith("siwu_requests_total{") and 'submissions"' in line]
    return sum(float(line.split()[-1]) for line in counted if '"401"' in line and 'method="POST"' in line)


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", f"Bearer {TOKEN}x"])
def test_figures_are_for_whoever_knows_the_token_and_without_one_for_nobody(client, settings, token):
    assert client.get("/metrics", headers={"authorization": token or "none"}).status_code == 404
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers={"authorization": token or "none"}).status_code == 404


@pytest.mark.django_db
def test_a_signed_in_officer_is_not_the_monitoring(client, settings):
    cast.territory()
    settings.METRICS_TOKEN = TOKEN
    client.force_login(cast.county_officer())
    assert client.get("/metrics").status_code == 404


def test_waiting_jobs_refusals_and_ages_are_told(figures, client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    backups.remember(base_at=timezone.now() - timedelta(hours=3))
    waiting = Job.objects.create(task="a.task", arguments={})
    Job.objects.filter(pk=waiting.pk).update(created_at=timezone.now() - timedelta(minutes=5))
    before = refusals(figures())
    client.post("/api/field/v1/submissions", b"{}", content_type="application/json")
    jobs.sweep()
    text = figures()
    assert value(text, 'siwu_jobs{state="waiting"}') == 1
    assert 299 < value(text, "siwu_oldest_waiting_job_seconds") < 420
    assert 10_790 < value(text, 'siwu_age_seconds{what="backup"}') < 10_900
    assert 0 <= value(text, 'siwu_age_seconds{what="worker_seen"}') < 120  # just now, however slow the machine is
    assert value(text, 'siwu_disk_free_bytes{where="code"}') > 0
    assert refusals(text) == before + 1
    assert value(text, "siwu_figures_unreadable") == 0


def test_a_module_adds_the_age_of_its_own(figures, monkeypatch):
    monkeypatch.setitem(metrics.ages, "audit_verified", lambda: timezone.now() - timedelta(seconds=60))
    assert 59 < value(figures(), 'siwu_age_seconds{what="audit_verified"}') < 180


def test_labels_hold_views_and_states_and_nothing_of_a_request(figures, client):
    for path in ("/no-such/canary-name/", "/compounds/canary-name/", "/ingest/osmand/canary-token?lat=37.5123", "/?q=canary-question"):
        client.get(path)
    client.generic("CANARY-METHOD", "/")
    text = figures()
    assert "canary" not in text.lower()
    assert {name for labels in re.findall(r"\{([^}]*)\}", text) for name in re.findall(r"(\w+)=", labels)} <= {
        "view", "method", "status", "kind", "le", "state", "where", "what", "implementation", "major", "minor", "patchlevel", "version",
        "generation",
    }  # fmt: skip


def test_a_figure_that_cannot_be_read_costs_no_other(figures, monkeypatch):
    def away(*_arguments):
        raise RedisError

    monkeypatch.setattr(metrics.redis.Redis, "llen", away)
    text = figures()
    assert value(text, "siwu_figures_unreadable") == 1 and "siwu_disk_free_bytes" in text and "siwu_queue_length" not in text


def test_web_processes_are_summed(tmp_path):
    """Two processes that count, and a third that tells: as the web's workers share a folder."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    counts = "from prometheus_client import Counter; Counter('siwu_trial', 'told', ['view']).labels('map').inc(2)"
    for _process in range(2):
        subprocess.run([sys.executable, "-c", counts], env=environment, check=True)
    tells = "from prometheus_client import CollectorRegistry, generate_latest; "
    tells += "from prometheus_client.multiprocess import MultiProcessCollector; r = CollectorRegistry(); "
    tells += "MultiProcessCollector(r); print(generate_latest(r).decode())"
    told = subprocess.run([sys.executable, "-c", tells], env=environment, check=True, capture_output=True, text=True).stdout
    assert 'siwu_trial_total{view="map"} 4.0' in told


@pytest.mark.django_db
def test_ready_asks_for_tables_room_and_a_worker_besides(client, monkeypatch):
    cache.delete(metrics.WORKER_SEEN)
    assert client.get("/ready/").json() == {"status": "failing", "missing": ["worker"]}
    assert client.get("/health/").status_code == 200  # alive all the same
    metrics.saw_worker(now=timezone.now())
    assert (client.get("/ready/").status_code, client.get("/ready/").json()["missing"]) == (200, [])
    metrics.saw_worker(now=timezone.now() - timedelta(minutes=4))
    monkeypatch.setattr(health, "FREE_BYTES", 10**18)
    monkeypatch.setattr(health.MigrationRecorder, "applied_migrations", lambda self: {})
    answer = client.get("/ready/")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["migrations", "disk", "worker"])
