"""A kept picture or paper as an answer: shown, never run, never kept by anybody between."""
from collections.abc import Callable

from django.http import FileResponse, Http404
from django.utils.http import content_disposition_header

from zones import evidence


def handed_in(kept) -> FileResponse:
    """A file with its own name; a PDF is only ever given out as a download."""
    disposition = content_disposition_header(kept.content_type == evidence.PDF, kept.name)
    return shown(lambda: kept.file.open("rb"), kept.content_type, disposition)


def shown(opened: Callable, content_type: str, disposition: str = "inline") -> FileResponse:
    """`opened` gives the open file; 404 where it is gone."""
    try:
        response = FileResponse(opened(), content_type=content_type)
    except FileNotFoundError as gone:
        raise Http404 from gone
    response.headers["Content-Disposition"] = disposition
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response
