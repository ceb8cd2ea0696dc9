"""A kept picture or paper as an answer: shown, never run, never kept by anybody between."""
from collections.abc import Callable

from django.http import FileResponse, Http404


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
