"""Where the files of a bulletin lie: in a folder of their own under the digest of what they show, made by a worker, never changed."""
from pathlib import Path

from django.conf import settings

from geo import jobs
from geo.models import Job, User
from zones.bulletins.content import digest
from zones.models import Bulletin

MAKE = "zones.bulletins.jobs.make_files"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TYPES = {"docx": DOCX, "pdf": "application/pdf", "months.png": "image/png", "units.png": "image/png", "map.png": "image/png"}
PAPERS = ("docx", "pdf")


def folder(bulletin: Bulletin) -> Path:
    return Path(settings.MEDIA_ROOT, "bulletins", f"{bulletin.pk}-{digest(bulletin)}")


def path_of(bulletin: Bulletin, name: str) -> Path | None:
    """The file of this name, if it has been made of what the bulletin says now."""
    path = folder(bulletin) / name
    return path if name in TYPES and path.is_file() else None


def ready(bulletin: Bulletin) -> list[str]:
    return [name for name in TYPES if path_of(bulletin, name)]


def ask(bulletin: Bulletin, *, by: User | None) -> Job | None:
    """Have the files made, in the caller's transaction; None where they are there or on their way."""
    if set(PAPERS) <= set(ready(bulletin)) or running(bulletin):
        return None
    return jobs.submit(MAKE, by=by, bulletin=bulletin.pk, digest=digest(bulletin))


def running(bulletin: Bulletin) -> Job | None:
    return of(bulletin).filter(state__in=(Job.State.WAITING, Job.State.RUNNING)).first()


def of(bulletin: Bulletin):
    return Job.objects.filter(task=MAKE, arguments__bulletin=bulletin.pk, arguments__digest=digest(bulletin))
