"""What files have changed and what is on its way: one page; a batch with its differences; taking it back."""
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from geo import jobs
from geo.importing import changes, drafts, rejections
from geo.importing.guesses import layers
from geo.importing.jobs import REVERT, running_revert
from geo.layers import registry
from geo.models import Batch, ImportDraft, Job

LISTS = {"new": changes.new_page, "changed": changes.changed_page, "gone": changes.gone_page}


@require_GET
def batches(request: HttpRequest) -> HttpResponse:
    """Uploads that are still open, then batches, newest first."""
    if not request.user.writes_business_data:
        raise PermissionDenied
    return upload_page(request)


def upload_page(request: HttpRequest, status: int = 200) -> HttpResponse:
    """Where files are dropped; 422 when those just sent were all refused."""
    waiting = ImportDraft.objects.visible_to(request.user).open().select_related("job", "owner")
    found = Batch.objects.visible_to(request.user).select_related("applied_by")
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    for one in (*page, *waiting):
        one.layer_title = registry[one.layer].title if registry.get(one.layer) else one.layer
    context = {
        "page": page, "drafts": waiting, "busy": any(draft.is_busy for draft in waiting), "layers": layers(),
        "limit_mb": settings.IMPORT_UPLOAD_BYTES >> 20, "days": settings.IMPORT_DRAFT_DAYS,
    }  # fmt: skip
    return render(request, "geo/imports/list.html", context, status=status)


def _batch_or_404(request: HttpRequest, pk: int) -> Batch:
    found = Batch.objects.visible_to(request.user).select_related("applied_by", "reverted_by", "draft").filter(pk=pk).first()
    if found is None or changes.layer_of(found) is None:
        raise Http404
    return found


@require_GET
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    found = _batch_or_404(request, pk)
    job = running_revert(found)
    if request.headers.get("Accept", "").startswith("application/json"):
        return job_state(job)
    lists = {name: make(found, request.user, None) for name, make in LISTS.items()}
    shown = request.GET.get("show")
    if shown not in lists:
        shown = next((name for name in ("new", "changed") if lists[name].paginator.count), "new")
    page = LISTS[shown](found, request.user, request.GET.get("page"))
    counts = [(name, label, lists[name].paginator.count) for name, label in _labels().items()]
    context = {"batch": found, "layer": changes.layer_of(found), "job": job, "counts": counts, "shown": shown, "page": page}
    context["has_report"] = _has_report(found)
    return render(request, "geo/imports/batch.html", context)


def _has_report(found: Batch) -> bool:
    draft = getattr(found, "draft", None)
    return draft is not None and rejections.file_of(drafts.source_path(draft).parent, "xlsx") is not None


def _labels() -> dict[str, str]:
    return {"new": _("新增"), "changed": _("变更"), "gone": _("本次文件没有")}


def job_state(job: Job | None) -> JsonResponse:
    """What the page's script asks for while it waits."""
    if job is None:
        raise Http404
    return JsonResponse({"state": job.state, "share": job.done_share, "message": job.message}, headers={"Cache-Control": "no-store"})


@require_http_methods(["GET", "POST"])
def revert(request: HttpRequest, pk: int) -> HttpResponse:
    """A page that says what would go, and the order to take the batch back, as background work."""
    found = _batch_or_404(request, pk)
    job = running_revert(found)
    busy = job is not None and job.state in (Job.State.WAITING, Job.State.RUNNING)
    if found.state == Batch.State.REVERTED or busy:
        messages.error(request, _("正在撤回，请稍候。") if busy else _("这个批次已经撤回。"))
        return redirect("batch", pk=pk)
    if request.method == "POST":
        with transaction.atomic():
            jobs.submit(REVERT, by=request.user, batch=found.pk)
        return redirect("batch", pk=pk)
    return render(request, "geo/imports/revert.html", {"batch": found, "layer": changes.layer_of(found)})
