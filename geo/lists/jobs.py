"""Large files as background work: made once, kept for a day, fetched by whoever asked for them and still may."""
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import exporting, jobs, walls
from geo.layers import registry
from geo.lists.listing import Listing
from geo.models import Job, User

WRITE = "geo.lists.jobs.write_list"
KEPT = timedelta(hours=24)


def folder() -> Path:
    found = Path(settings.MEDIA_ROOT, "exports")
    found.mkdir(parents=True, exist_ok=True)
    return found


def submit(listing: Listing, form: str, datum: str, *, by: User) -> Job:
    """`scope` is the territory that the file will hold: it may be fetched only while the account still has it."""
    about = {"layer": listing.layer.name, "query": listing.address, "form": form, "datum": datum}
    return jobs.submit(WRITE, by=by, scope=by.division_id, role=by.role, **about)


def may_fetch(job: Job, user: User) -> bool:
    """A file of the same account with the same territory and role as when it was asked for, and of a layer that still may leave."""
    layer, asked = registry.get(job.arguments.get("layer", "")), job.arguments
    same = (asked.get("scope"), asked.get("role")) == (user.division_id, user.role)
    return bool(layer and same and job.created_by_id == user.pk and user.reads_business_data) and not refusal_of(layer, user)


def refusal_of(layer, user):
    return layer.export_refusal(user)


@shared_task(name=WRITE)
def write_list(*, job: int, layer: str, query: str, form: str, datum: str, **_asked) -> None:
    if not jobs.start(job):
        return
    row = Job.objects.select_related("created_by").get(pk=job)
    try:
        with walls.of(row.created_by):
            _write(row, Listing(registry[layer], row.created_by, QueryDict(query)), form, datum)
    except exporting.ExportRefused as refused:
        jobs.fail(job, str(refused))
    except OSError as problem:
        jobs.broke(job, problem)
    except Exception as error:
        jobs.broke(job, error)
        raise


def _write(job: Job, listing: Listing, form: str, datum: str) -> None:
    # The account may have lost its territory, or the layer its freedom, while the job waited.
    if not job.created_by.is_active or not may_fetch(job, job.created_by) or not listing.is_valid:
        return jobs.fail(job.pk, _("账号或图层的权限已经变化，没有导出。"))
    rows = listing.in_order()
    total = rows.count()
    target = folder() / f"{job.pk}-{secrets.token_hex(8)}.{exporting.FORMS[form].ending}"
    with _progress(job.pk, total) as progress:
        exporting.write(listing.layer, rows, form, target, by=job.created_by, datum=datum, progress=progress)
    jobs.finish(job.pk, file=target.name, count=total, bytes=target.stat().st_size)


@contextmanager
def _progress(job_pk: int, total: int) -> Iterator:
    """Told from a thread of its own: the connection of this one is busy with the rows."""
    done, ended = [0], threading.Event()

    def tell() -> None:
        while not ended.wait(1):
            jobs.report(job_pk, min(0.99, done[0] / max(total, 1)))
        connection.close()

    beside = threading.Thread(target=tell, daemon=True)
    beside.start()
    try:
        yield lambda count: done.__setitem__(0, count)
    finally:
        ended.set()
        beside.join()


@shared_task(name="geo.lists.jobs.sweep")
def sweep() -> int:
    """Delete files whose day is over; gives how many."""
    gone = 0
    for path in folder().iterdir():
        if path.stat().st_mtime < (timezone.now() - KEPT).timestamp():
            path.unlink(missing_ok=True)
            gone += 1
    return gone
