"""The task queue: JSON only, redelivered when a worker dies, one task at a time per process."""
import os

from celery import Celery
from celery.signals import beat_init, celeryd_init, setup_logging, task_prerun, worker_process_init
from django.conf import settings
from django.utils import translation

from config import garbage
from geo import walls

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("siwu")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")
packages = ["geo.audit", "geo.importing", "geo.lists", "geo.search", "zones.bulletins", "zones.site_studies", "zones.year_plans"]
app.autodiscover_tasks(packages, related_name="jobs")


@celeryd_init.connect
def serve_the_whole_system(**_about) -> None:
    """A worker has no requests; a task for one account raises the wall itself (geo.walls)."""
    walls.open_process()


@worker_process_init.connect
def keep_what_is_loaded(**_about) -> None:
    garbage.keep_what_is_loaded()


@beat_init.connect
def begin_at_once(**_about) -> None:
    """What waited while nobody was there goes out now, not in a minute; with it a worker is heard of."""
    app.send_task("geo.jobs.sweep")


@task_prerun.connect
def speak_our_own_language(**_about) -> None:
    """A worker's process may still be in the language of the job before."""
    translation.activate(settings.LANGUAGE_CODE)


@setup_logging.connect
def leave_logs_as_they_are(**_about) -> None:
    """Django has set them up; celery's own format would tell arguments and messages."""
