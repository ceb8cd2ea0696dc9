"""The log of the patrols (R10): list, one entry, its photos."""

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from geo import maps
from patrol import duty_room as room
from patrol import logbook, map_words, units
from patrol.models import LogEntry


@require_GET
def logs(request: HttpRequest) -> HttpResponse:
    if request.user.role not in logbook.READERS:
        raise PermissionDenied
    rows, asked = logbook.narrowed(request.user, request.GET, on=timezone.localdate())
    context = {
        "page": units.page(rows, request.GET.get("page")), "asked": asked, "kinds": LogEntry.Kind.choices,
        "towns": units.choices(request.user)[1:], "counts": logbook.counts(rows), "sees_persons": room.sees_persons(request.user),
    }  # fmt: skip
    return render(request, "patrol/logs.html", context)


@require_GET
def log_entry(request: HttpRequest, pk: int) -> HttpResponse:
    found = logbook.entry_or_404(request.user, pk)
    point = [round(found.geom.x, 6), round(found.geom.y, 6)] if found.geom else None
    context = {
        "entry": found, "photos": logbook.photos_of(found), "path": maps.path_of(found.division_id),
        "place": logbook.place_of(found), "sees_persons": room.sees_persons(request.user), "flags": logbook.flags_of(found),
        "map": map_words.config(found.division_id, on=timezone.localdate(), point=point) if point else None,
    }  # fmt: skip
    return render(request, "patrol/log_entry.html", context)


@require_GET
def log_photo(request: HttpRequest, pk: int, name: str) -> FileResponse:
    path = logbook.picture_or_404(logbook.entry_or_404(request.user, pk), name)
    response = FileResponse(path.open("rb"), content_type="image/png" if path.suffix == ".png" else "image/jpeg")
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
