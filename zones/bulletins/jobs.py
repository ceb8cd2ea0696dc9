"""Background work of bulletins: their files, and the drafts of the first of a month. Only a worker loads this."""
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone, translation

from geo import jobs
from patrol import paper
from zones.bulletins import pictures, word_file
from zones.bulletins.content import document
from zones.bulletins.files import MAKE, PAPERS, folder
from zones.bulletins.writing import draft_due
from zones.kept_papers import write_whole
from zones.models import Bulletin


@shared_task(name=MAKE)
def make_files(*, job: int, bulletin: int, digest: str) -> None:
    """`digest` is what was asked for; a bulletin that has changed since gets the files of what it says now."""
    if not jobs.start(job):
        return
    try:
        made = write(Bulletin.objects.everywhere("asked for through rights").select_related("division").get(pk=bulletin))
    except OSError as problem:
        jobs.broke(job, problem)
    except Exception as error:
        jobs.broke(job, error)
        raise
    else:
        jobs.finish(job, folder=made.name)


def write(bulletin: Bulletin) -> Path:
    """All files of the bulletin as it is, at once or not at all."""
    return write_whole(folder(bulletin), lambda beside: make(bulletin, beside), needed=PAPERS, older=f"{bulletin.pk}-*")


def make(bulletin: Bulletin, beside: Path) -> dict[str, bytes]:
    """Contents by file name. `beside` is a folder in which the PDF finds the pictures."""
    with translation.override(settings.LANGUAGE_CODE):
        told, drawn = document(bulletin), pictures.draw(bulletin.figures)
        for name, content in drawn.items():
            (beside / f"{name}.png").write_bytes(content)
        named = {name: (str(beside / f"{name}.png"), "image/png") for name in drawn}
        context = {"told": told, "drawn": set(drawn)}
        return {
            "docx": word_file.make(told, drawn), "pdf": paper.make_pdf("zones/bulletin_file.html", context, pictures=named),
            **{f"{name}.png": content for name, content in drawn.items()},
        }  # fmt: skip


@shared_task(name="zones.bulletins.jobs.draft_bulletins")
def draft_bulletins() -> int:
    """What ended and has no bulletin yet is drafted. Again does no harm."""
    return draft_due(now=timezone.now())
