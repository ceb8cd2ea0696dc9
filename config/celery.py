"""The task queue: JSON only, redelivered when a worker dies, one task at a time per process."""
import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("siwu")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")
app.autodiscover_tasks(["geo.importing", "geo.lists"], related_name="jobs")
