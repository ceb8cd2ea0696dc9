"""The work behind the pages of an import, in the background: look, try out, write, take back."""
from collections.abc import Callable

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import importing, jobs
from geo.faults import SENTENCES, Fault
from geo.importing import drafts, rejections, vanished
from geo.importing.errors import ImportRefused
from geo.importing.guesses import remember
from geo.importing.planning import Plan
from geo.importing.report import Report
from geo.models import Batch, ImportDraft, Job
from geo.readers import ReadError, describe

REVERT = "geo.importing.jobs.revert"
WHY = "the job was submitted by somebody who had fetched the draft through their rights"


def _draft(pk: int) -> ImportDraft:
    return ImportDraft.objects.everywhere(WHY).select_related("owner").get(pk=pk)


def _doing(job: int, work: Callable[[], None]) -> None:
    """Do it once. What a person can mend is said in the job; anything else is a failure too, and raised for the log."""
    if not jobs.start(job):
        return
    try:
        work()
    except ImportRefused as refused:
        jobs.fail(job, str(refused))
    except ReadError as error:
        jobs.fail(job, describe(error))
    except Exception as problem:
        jobs.broke(job, problem)
        raise


@shared_task(name=drafts.INSPECT)
def inspect(*, job: int, draft: int) -> None:
    def work() -> None:
        made = drafts.inspect(_draft(draft))
        jobs.finish(job, drafts=[one.pk for one in made])

    _doing(job, work)


def _progress(job: int, known: int | None) -> Callable[[int, int | None], None]:
    """Reading is nine tenths of the work as far as anybody can tell; without a count the bar only says how many rows."""

    def tell(rows: int, count: int | None) -> None:
        total = count or known
        jobs.report(job, min(0.9, 0.9 * rows / total) if total else 0, _("已读%s行") % f"{rows:,}")

    return tell


def _run(draft: ImportDraft, job: int, *, commit: bool, known: int | None, then: Callable[[CursorWrapper, Plan], None]) -> Report:
    if not (draft.owner.is_active and draft.owner.writes_business_data):
        raise ImportRefused("no_right", name=draft.owner.username)
    return importing.run(
        draft.layer,
        drafts.source_path(draft),
        datum=draft.datum,
        now=timezone.now(),
        by=draft.owner,
        commit=commit,
        part=draft.part or None,
        encoding=draft.encoding or None,
        chosen=draft.mapping,
        name=draft.file_name,
        progress=_progress(job, known),
        then=then,
    )


@shared_task(name=drafts.CHECK)
def check(*, job: int, draft: int) -> None:
    """The dry run: its report is stored, nothing else."""

    def work() -> None:
        found = _draft(draft)
        gone: list[int] = []
        report = _run(found, job, commit=False, known=None, then=lambda cursor, plan: gone.extend(vanished.ids(cursor, plan, found)))
        jobs.report(job, 0.95, _("正在整理报告"))
        found.gone_count, found.gone = len(gone), gone[: vanished.KEPT]
        found.report = summary(report, rejections.store(report, drafts.source_path(found).parent))
        found.state, found.checked_at = ImportDraft.State.CHECKED, timezone.now()
        with transaction.atomic():
            found.save()
            remember(found, now=found.checked_at)
            jobs.finish(job, **report.as_counts())

    _doing(job, work)


def summary(report: Report, row_count: int) -> dict:
    """What the page says of a report, as JSON."""
    reasons = sorted(report.reasons.items(), key=lambda reason: -reason[1])
    return {
        **report.as_counts(),
        "line_is": report.meta.line_is,
        "rows": row_count,
        "warnings": report.warnings,
        "ignored": list(report.ignored),
        "made_keys": report.made_keys,
        "unmarked": report.unmarked_count,
        "changes": report.changes,
        "examples": [list(example) for example in report.examples],
        "reasons": [[_short(fault), count] for fault, count in reasons],
    }


# What the sentence of a fault says without its particulars, where cutting them off would leave a stump.
_SHORT = {
    Fault.PERSONAL: gettext_lazy("像是身份证号、电话或车牌号"),
    Fault.DUPLICATE_KEY: gettext_lazy("编号重复"),
    Fault.TOO_LONG: gettext_lazy("字数太多"),
    Fault.TOO_SMALL: gettext_lazy("数值太小"),
    Fault.TOO_LARGE: gettext_lazy("数值太大"),
    Fault.RULE: gettext_lazy("超出允许范围，或没有同时填写"),
}


def _short(fault: Fault) -> str:
    return str(_SHORT.get(fault) or str(SENTENCES[fault]).split("%(")[0].split("：")[0].rstrip("：:"))


@shared_task(name=drafts.APPLY)
def apply_draft(*, job: int, draft: int) -> None:
    """Everything in one transaction: the rows, the batch, the draft's end and the job's. A killed worker leaves none of them."""

    def work() -> None:
        found = _draft(draft)
        if not found.is_open:
            raise ImportRefused("draft_closed", name=found.file_name, state=found.get_state_display())

        def conclude(cursor: CursorWrapper, plan: Plan) -> None:
            gone = list(vanished.ids(cursor, plan, found))
            found.gone_count, found.gone = len(gone), gone[: vanished.KEPT]
            found.state, found.batch_id, found.ended_at = ImportDraft.State.APPLIED, plan.report.batch, timezone.now()
            found.save()
            jobs.finish(job, batch=plan.report.batch, **plan.report.as_counts())

        _run(found, job, commit=True, known=found.report.get("read"), then=conclude)
        drafts.source_path(found).unlink(missing_ok=True)

    _doing(job, work)


@shared_task(name=REVERT)
def revert(*, job: int, batch: int) -> None:
    def work() -> None:
        by = Job.objects.select_related("created_by").get(pk=job).created_by
        with transaction.atomic():
            reverted = importing.revert(batch, by=by, now=timezone.now())
            jobs.finish(job, **{name: reverted.counts.get(name, 0) for name in ("restored", "deleted")})

    _doing(job, work)


def running_revert(batch: Batch) -> Job | None:
    """The newest attempt to take the batch back."""
    return Job.objects.filter(task=REVERT, arguments__batch=batch.pk).first()


@shared_task(name="geo.importing.jobs.sweep")
def sweep() -> int:
    return drafts.sweep(now=timezone.now()) if settings.IMPORT_DRAFT_DAYS else 0
