"""One's own GPX files, in the browser."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from geo.uploads import by_readers
from patrol import gpx_files
from patrol.gpx_files import GpxFileRefused


@by_readers
@require_http_methods(["GET", "POST"])
def gpx_upload(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    if request.method == "GET":
        return render(request, "patrol/gpx.html", {"files_at_most": gpx_files.FILES_AT_MOST})
    uploads = request.FILES.getlist("files")
    taken, refused = [], []
    if not uploads or len(uploads) > gpx_files.FILES_AT_MOST:
        refused.append(("", _("请选择1到%(count)d个 GPX 文件。") % {"count": gpx_files.FILES_AT_MOST}))
        uploads = []
    for upload in uploads:
        try:
            taken.append(_take(upload, request))
        except GpxFileRefused as why:
            refused.append((upload.name[:120], str(why)))
    context = {"taken": taken, "refused": refused, "files_at_most": gpx_files.FILES_AT_MOST}
    return render(request, "patrol/gpx.html", context, status=201 if taken else 422)


def _take(upload, request: HttpRequest) -> gpx_files.GpxReport:
    if upload.size > gpx_files.BYTES_AT_MOST:
        raise GpxFileRefused(_("文件超过%(mb)d MB。") % {"mb": gpx_files.BYTES_AT_MOST // 1024**2})
    with TemporaryDirectory() as folder:
        path = Path(folder, "track.gpx")
        with path.open("wb") as copy:
            for chunk in upload.chunks():
                copy.write(chunk)
        return gpx_files.take(path, upload.name[:120], by=request.user, now=timezone.now())
