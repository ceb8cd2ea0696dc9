"""A file into a layer, step by step: upload, columns and coordinate system, dry run with its report, write."""
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo import maps, uploads
from geo.access import get_for
from geo.importing import ImportRefused, drafts, rejections
from geo.importing.guesses import choices_for, fixed_choices, is_table, layers, mapping_for
from geo.importing.readings import LABELS, readings
from geo.layers import registry
from geo.models import Batch, ImportDraft
from geo.views.batches import job_state, upload_page

KINDS = {
    "geojson": "GeoJSON", "gpkg": "GeoPackage", "shapefile": "Shapefile", "csv": "CSV", "xlsx": "Excel", "kml": "KML", "kmz": "KMZ",
    "gml": "GML", "flatgeobuf": "FlatGeobuf",
}  # fmt: skip
COORDINATE_ROLES = (("#x", gettext_lazy("经度（东坐标）")), ("#y", gettext_lazy("纬度（北坐标）")), ("#wkt", gettext_lazy("WKT图形")))


def _draft_or_404(request: HttpRequest, pk: int) -> ImportDraft:
    found = get_for(request.user, ImportDraft, pk)
    found.folder_path = drafts.source_path(found).parent
    found.is_mine = found.owner_id == request.user.pk
    return found


def _own_draft_or_404(request: HttpRequest, pk: int) -> ImportDraft:
    """Only who uploaded a file goes on with it: it reaches that account's territory, and the batch bears its name."""
    found = _draft_or_404(request, pk)
    if not found.is_mine:
        raise PermissionDenied
    return found


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """One file or several; an archive of several files becomes several drafts once it is looked at. What a file holds is found out in
    the background: its draft's page then answers 422 where nothing of it can go in."""
    if not request.user.writes_business_data:
        raise PermissionDenied
    if request.method == "GET":
        return redirect("batches")
    made, files = [], request.FILES.getlist("files")
    if problem := _upload_problem(request, files):
        messages.error(request, problem)
    for file in files if not problem else ():
        try:
            made.append(drafts.receive(name=file.name, chunks=file.chunks(), by=request.user))
        except ImportRefused as refused:
            messages.error(request, str(refused))
    if not made:
        return upload_page(request, status=422)
    return redirect("import_draft", pk=made[0].pk) if len(made) == 1 else redirect("batches")


def _upload_problem(request: HttpRequest, files: list) -> str:
    match uploads.problem_of(request):
        case "too_large":
            return str(ImportRefused("too_large_upload", limit_mb=settings.IMPORT_UPLOAD_BYTES >> 20))
        case "disk_full":
            return str(ImportRefused("disk_full", name=_("上传的文件")))
    return "" if files else str(ImportRefused("no_file"))


@require_GET
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    found = _draft_or_404(request, pk)
    if request.headers.get("Accept", "").startswith("application/json"):
        return job_state(found.job)
    if found.batch_id:
        return redirect("batch", pk=found.batch_id)
    if not found.is_open:
        messages.info(request, str(ImportRefused("draft_closed", name=found.file_name, state=found.get_state_display())))
        return redirect("batches")
    context = _file(request, found)
    if found.meta.get("columns") and not found.is_busy:
        context |= _columns(found) | _places(request, found)
    if found.state == ImportDraft.State.CHECKED:
        context |= {"page": rejections.page_of(found.folder_path, request.GET.get("page")), "layer": registry[found.layer]}
    return render(request, "geo/imports/draft.html", context, status=422 if found.is_refused else 200)


def _file(request: HttpRequest, found: ImportDraft) -> dict:
    kind = KINDS.get(found.meta.get("kind", ""), "")
    same = Batch.objects.visible_to(request.user).filter(sha256=found.sha256, state=Batch.State.APPLIED).first()
    return {"draft": found, "job": found.job, "kind": kind, "layers": layers(), "encodings": ("UTF-8", "GB18030"), "same": same}


def _columns(found: ImportDraft) -> dict:
    layer = registry[found.layer]
    _mapping, remembered = mapping_for(found, layer)
    roles = COORDINATE_ROLES if is_table(found) else ()
    rows = [
        {"number": number, "name": name, "samples": found.samples.get(name, []), "chosen": found.mapping.get(name, "")}
        for number, name in enumerate(found.meta["columns"])
    ]
    fixed = [(name, label, choices, found.mapping.get(f"={name}", "")) for name, label, choices in fixed_choices(layer)]
    return {
        "layer": layer, "rows": rows, "fields": choices_for(layer, found.owner), "roles": roles, "remembered": remembered, "fixed": fixed,
    }  # fmt: skip


def _places(request: HttpRequest, found: ImportDraft) -> dict:
    today = timezone.localdate()
    read = readings(found.positions, drafts.territory(found, on=today))
    config = maps.ground(request.user.division_id, on=today, with_operators_tiles=True) | {
        "readings": [{"datum": one.datum, "points": one.points} for one in read if one.datum != "cgcs2000"],
        "bounds": maps.bounds(found.division_id, on=today),
        "layers": maps.describe_layers(request.user),
        "tiles": maps.tile_template("layer_tile", name="compounds"),
        "words": {"schematic": _("底图为示意图，非法定界线"), "map": _("地图")},
    }
    other = found.datum if found.datum not in [one.datum for one in read] else ""
    return {"readings": read, "sample_count": len(found.positions), "config": config, "other_datum": other, "labels": LABELS}


def _asked(request: HttpRequest, name: str, limit: int = 200) -> str:
    return request.POST.get(name, "").replace("\x00", "")[:limit].strip()


@require_POST
def configure(request: HttpRequest, pk: int) -> HttpResponse:
    """Another layer of ours, layer of the file or encoding."""
    found = _own_draft_or_404(request, pk)
    asked, number = {name: _asked(request, name) for name in ("layer", "encoding")}, _asked(request, "part", 6)
    part = found.parts[int(number)] if number.isdecimal() and int(number) < len(found.parts) else found.part
    try:
        drafts.configure(found, **asked, part=part, by=request.user)
    except ImportRefused as refused:
        messages.error(request, str(refused))
    return redirect("import_draft", pk=pk)


def _asked_mapping(request: HttpRequest, found: ImportDraft) -> dict[str, str]:
    columns = found.meta.get("columns", [])
    mapping = {name: _asked(request, f"column-{number}", 60) for number, name in enumerate(columns)}
    fixed = {f"={name}": _asked(request, f"fixed-{name}", 60) for name, _label, _choices in fixed_choices(registry[found.layer])}
    return mapping | {name: value for name, value in fixed.items() if value}


@require_POST
def check(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own_draft_or_404(request, pk)
    if not found.layer:
        raise Http404
    mapping = _asked_mapping(request, found)
    datum = _asked(request, "datum", 20)
    try:
        if "preview" in request.POST:
            drafts.submit_preview(found, mapping=mapping, by=request.user)
        else:
            drafts.submit_check(found, mapping=mapping, datum=_asked(request, "other", 20) if datum == "other" else datum, by=request.user)
    except ImportRefused as refused:
        messages.error(request, str(refused))
    return redirect("import_draft", pk=pk)


@require_POST
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own_draft_or_404(request, pk)
    try:
        drafts.submit_apply(found, by=request.user)
    except ImportRefused as refused:
        messages.error(request, str(refused))
    return redirect("import_draft", pk=pk)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    found = _draft_or_404(request, pk)
    try:
        drafts.discard(found, now=timezone.now())
        messages.success(request, _("已放弃“%s”，文件已删除。") % found.file_name)
    except ImportRefused as refused:
        messages.error(request, str(refused))
    return redirect("batches")


@require_GET
def report(request: HttpRequest, pk: int, name: str) -> FileResponse:
    """Every rejected row, as CSV or XLSX."""
    found = _draft_or_404(request, pk)
    path = rejections.file_of(found.folder_path, name)
    if path is None or found.checked_at is None:
        raise Http404
    response = FileResponse(path.open("rb"), as_attachment=True, filename=_("退回的行_%s") % f"{found.file_name}.{name}")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
