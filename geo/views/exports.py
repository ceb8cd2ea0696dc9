"""Lists as files. Small ones at once, large ones that cannot stream by a job; always through the reader's rights."""
import tempfile
from datetime import date
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_POST

from geo import exporting
from geo.audit.notes import note
from geo.gates import TakeOutRefused
from geo.layers import Layer, registry
from geo.lists import jobs, paging
from geo.lists.listing import Listing
from geo.models import AuditEvent, Job, User
from geo.proofs import gives_out
from geo.views.lists import layer_or_404

# Whole files of more objects are made in the background.
AT_ONCE = 20_000


def listing_or_403(request: HttpRequest, name: str) -> Listing:
    listing = Listing(layer_or_404(request, name), request.user, request.GET)
    if refusal := listing.refusal(request):
        raise PermissionDenied(refusal)
    return listing


@require_GET
def choose_export(request: HttpRequest, name: str) -> HttpResponse:
    """The form of the list's page names the kind of file; here it becomes part of the address."""
    layer_or_404(request, name)
    asked = request.GET.copy()
    form = asked.pop("form", ["csv"])[-1]
    if form not in exporting.FORMS:
        return refused(request, exporting.ExportRefused("unknown_form", form=form[:20], forms="、".join(exporting.FORMS)))
    return redirect(f"{reverse('object_export', kwargs={'name': name, 'form': form})}?{asked.urlencode(safe=',')}")


@gives_out
@require_GET
def export(request: HttpRequest, name: str, form: str) -> HttpResponse:
    listing = listing_or_403(request, name)
    datum = request.GET.get("datum") or "wgs84"
    if not listing.is_valid:
        return render(request, "geo/lists/refused.html", {"layer": listing.layer, "errors": listing.form.errors.items()}, status=400)
    try:
        chosen, _datum = exporting.form_of(form, datum)
        if not chosen.streams and paging.estimated(listing.rows) > AT_ONCE and not listing.layer.gate:
            large = {"layer": listing.layer, "address": listing.address, "form": chosen, "datum": datum}
            return render(request, "geo/lists/large.html", large)
        listing.layer.take_out(request.user, listing.rows.count() if listing.layer.gate else 0)
        options = {"mark": request.GET.get("mark") != "0"} if chosen.name == "csv" else {}
        return answer(listing.layer, listing.in_order(), chosen, datum, by=request.user, **options)
    except (exporting.ExportRefused, TakeOutRefused) as problem:
        return refused(request, problem, listing.layer)


def answer(layer: Layer, rows: QuerySet, form: exporting.Form, datum: str = "wgs84", *, by: User, **options) -> HttpResponse:
    """The file at once: as it is made where the form streams, else whole. `rows` carry the reader's rights."""
    if form.streams:
        pieces = exporting.stream(layer, rows, form.name, datum=datum, **options)
        body = StreamingHttpResponse(pieces, content_type=form.content_type)
    else:
        with tempfile.TemporaryDirectory(prefix="siwu-export-") as folder:
            path = Path(folder, f"{layer.name}.{form.ending}")
            exporting.write(layer, rows, form.name, path, by=by, datum=datum)
            body = FileResponse(path.open("rb"), content_type=form.content_type)  # the open file outlives its name
    note_file(by, layer, form)
    return as_download(body, layer, form, datum, on=timezone.localdate())


def note_file(user: User, layer: Layer, form: exporting.Form) -> None:
    """Who took which layer out, in the audit; never what was in it."""
    note(AuditEvent.What.FILE, by=user, now=timezone.now(), kind=layer.model._meta.label_lower, text=form.name)


@gives_out
@require_POST
def make_export(request: HttpRequest, name: str, form: str) -> HttpResponse:
    """Ask for a large file. What it holds is in the address, as for a small one."""
    listing = listing_or_403(request, name)
    if listing.layer.gate:  # what lets it out is for one file now, not for one that lies ready for a day
        raise PermissionDenied
    try:
        chosen, datum = exporting.form_of(form, request.GET.get("datum") or "wgs84")
    except exporting.ExportRefused as problem:
        return refused(request, problem, listing.layer)
    if not listing.is_valid:
        raise Http404
    with transaction.atomic():
        jobs.submit(listing, chosen.name, datum.name, by=request.user)
    return redirect("exports")


@require_GET
def exports(request: HttpRequest) -> HttpResponse:
    """The files that this account has asked for, newest first; as JSON the progress of those that are not ready."""
    if not request.user.reads_business_data:
        raise PermissionDenied
    newest = Job.objects.filter(task=jobs.WRITE, created_by=request.user, created_at__gt=timezone.now() - jobs.KEPT)
    if request.headers.get("Accept") == "application/json":
        shares = {job.pk: {"state": job.state, "share": job.done_share} for job in newest}
        return JsonResponse(shares, headers={"Cache-Control": "no-store"})
    return render(request, "geo/lists/exports.html", {"files": [_described(job) for job in newest]})


def _described(job: Job) -> dict:
    layer, form = registry.get(job.arguments["layer"]), exporting.FORMS.get(job.arguments["form"])
    return {"job": job, "layer": layer, "form": form, "datum": exporting.DATUMS.get(job.arguments["datum"])}


@gives_out
@require_GET
def exported_file(request: HttpRequest, pk: int) -> HttpResponse:
    job = Job.objects.filter(pk=pk, task=jobs.WRITE, state=Job.State.DONE, created_by=request.user).first()
    if job is None or not jobs.may_fetch(job, request.user):
        raise Http404
    path = jobs.folder() / job.result["file"]
    if not path.is_file():
        raise Http404
    about = _described(job)
    note_file(request.user, about["layer"], about["form"])
    response = FileResponse(path.open("rb"), content_type=about["form"].content_type)
    return as_download(response, about["layer"], about["form"], job.arguments["datum"], on=timezone.localdate(job.ended_at))


def refused(request: HttpRequest, problem: exporting.ExportRefused, layer: Layer | None = None) -> HttpResponse:
    return render(request, "geo/lists/refused.html", {"layer": layer, "reason": str(problem)}, status=400)


def as_download(response: HttpResponse, layer: Layer, form: exporting.Form, datum: str, *, on: date) -> HttpResponse:
    suffix = "" if datum == "wgs84" else f"-{datum}"
    response.headers["Content-Disposition"] = content_disposition_header(True, f"{layer.title}-{on:%Y%m%d}{suffix}.{form.ending}")
    response.headers["Cache-Control"] = "private, no-store"
    return response
