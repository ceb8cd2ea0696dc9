"""Background work of bulletins: their files, and the drafts of the first of a month. Only a worker loads this."""
import logging
import shutil
from pathlib import Path
from tempfile import mkdtemp

from celery import shared_task
from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from geo import jobs
from patrol import paper
from zones.bulletins import pictures, word_file
from zones.bulletins.content import ANNEX, CAPTIONS, document
from zones.bulletins.files import MAKE, PAPERS, folder
from zones.bulletins.writing import draft_due
from zones.models import Bulletin

log = logging.getLogger(__name__)


@shared_task(name=MAKE)
def make_files(*, job: int, bulletin: int, digest: str) -> None:
    """`digest` is what was asked for; a bulletin that has changed since gets the files of what it says now."""
    if not jobs.start(job):
        return
    try:
        made = write(Bulletin.objects.everywhere("asked for through rights").select_related("division").get(pk=bulletin))
    except OSError as problem:
        log.exception("bulletin job %s", job)
        jobs.fail(job, _("磁盘写不下：%(why)s") % {"why": problem.strerror or type(problem).__name__})
    except Exception as error:
        jobs.fail(job, type(error).__name__)
        raise
    else:
        jobs.finish(job, folder=made.name)


def write(bulletin: Bulletin) -> Path:
    """All files of the bulletin as it is, at once or not at all."""
    target = folder(bulletin)
    if all((target / name).is_file() for name in PAPERS):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(prefix="new-", dir=target.parent))
    try:
        for name, content in make(bulletin, fresh).items():
            (fresh / name).write_bytes(content)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    target.chmod(0o750)
    for older in target.parent.glob(f"{bulletin.pk}-*"):
        if older != target:
            shutil.rmtree(older, ignore_errors=True)
    return target


def make(bulletin: Bulletin, beside: Path) -> dict[str, bytes]:
    """Contents by file name. `beside` is a folder in which the PDF finds the pictures."""
    with translation.override(settings.LANGUAGE_CODE):
        told, drawn = document(bulletin), pictures.draw(bulletin.figures)
        for name, content in drawn.items():
            (beside / f"{name}.png").write_bytes(content)
        named = {name: (str(beside / f"{name}.png"), "image/png") for name in drawn}
        context = {"told": told, "drawn": set(drawn), "captions": CAPTIONS, "annex": ANNEX}
        return {
            "docx": word_file.make(told, drawn), "pdf": paper.make_pdf("zones/bulletin_file.html", context, pictures=named),
            **{f"{name}.png": content for name, content in drawn.items()},
        }  # fmt: skip


@shared_task(name="zones.bulletins.jobs.draft_bulletins")
def draft_bulletins() -> int:
    """What ended and has no bulletin yet is drafted. Again does no harm."""
    return draft_due(now=timezone.now())
