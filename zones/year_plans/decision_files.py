"""Where the files of a decision lie: in a folder of their own under the digest of what they show, made by a worker, never changed."""
from pathlib import Path

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from geo import jobs
from geo.models import Job, User
from zones.bulletins.files import DOCX
from zones.bulletins.zone_map import drawn_page
from zones.models import PlanDecision
from zones.year_plans import files
from zones.year_plans.decision_content import KINDS, digest, document, number_of, shapes

MAKE = "zones.year_plans.jobs.make_decision_files"
TYPES = {"docx": DOCX, "pdf": "application/pdf", "map.png": "image/png", "stability.png": "image/png"}
PAPERS = ("docx", "pdf")


def folder(found: PlanDecision) -> Path:
    return Path(settings.MEDIA_ROOT, "decisions", f"{found.pk}-{digest(found)}")


def path_of(found: PlanDecision, name: str) -> Path | None:
    """The file of this name, if it has been made of what the decision says now."""
    path = folder(found) / name
    return path if name in TYPES and path.is_file() else None


def ready(found: PlanDecision) -> list[str]:
    return [name for name in TYPES if path_of(found, name)]


def ask(found: PlanDecision, *, by: User) -> Job | None:
    """Have the files made, in the caller's transaction; None where they are there or on their way."""
    if set(PAPERS) <= set(ready(found)) or of(found).filter(state__in=(Job.State.WAITING, Job.State.RUNNING)).exists():
        return None
    return jobs.submit(MAKE, by=by, decision=found.pk, digest=digest(found))


def of(found: PlanDecision):
    return Job.objects.filter(task=MAKE, arguments__decision=found.pk, arguments__digest=digest(found))


def name_of(found: PlanDecision) -> str:
    """What a downloaded file is called, without its ending."""
    return number_of(found) if found.signed_at else f"{found.title}（{_('草稿')}）"


def map_page(found: PlanDecision) -> str:
    """A map to keep and open without a network, drawn with folium from what was frozen; in Chinese, as the paper is."""
    with translation.override(settings.LANGUAGE_CODE):
        line = number_of(found) if found.signed_at else str(found.get_state_display())
        return drawn_page(shapes(found), KINDS, title=found.title, line=line, is_invented=found.is_invented)


def workbook(found: PlanDecision) -> bytes:
    """The decision's own sheet before those of its run."""
    told = document(found)
    lines = [(block.heading, text) for block in told.blocks for text in block.paragraphs]
    return files.workbook(found.run, before=[(_("决定"), (_("部分"), _("内容")), lines, told.notes)])
