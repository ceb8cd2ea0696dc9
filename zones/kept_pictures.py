"""A kept picture as an answer: shown, never run, never kept by anybody between."""
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404


def picture(kept: FieldFile, content_type: str) -> FileResponse:
    """404 where the file is gone."""
    try:
        response = FileResponse(kept.open("rb"), content_type=content_type)
    except FileNotFoundError as gone:
        raise Http404 from gone
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
