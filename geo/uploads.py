"""Files of a request: to disk as they come, never more than is allowed, and nothing at all from somebody who may not upload."""
import errno
from collections.abc import Callable

from django.conf import settings
from django.core.files.uploadhandler import SkipFile, StopUpload, TemporaryFileUploadHandler
from django.http import HttpRequest

BY_READERS = "siwu_upload_by_readers"
BY_ANYBODY = "siwu_upload_by_anybody"


def by_readers(view: Callable) -> Callable:
    """Mark a view to which everybody who reads business data may send files, and not only who writes it."""
    setattr(view, BY_READERS, True)
    return view


def by_anybody(bytes_at_most: int) -> Callable:
    """Mark a public view to which files may be sent without an account, so many bytes in one request at most."""

    def mark(view: Callable) -> Callable:
        setattr(view, BY_ANYBODY, bytes_at_most)
        return view

    return mark


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """What went wrong is noted in `request.META["siwu.upload"]` (too_large, disk_full) for the view to say.

    CSRF protection reads the request before any view could refuse it, so who may upload is asked here.
    """

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        user = getattr(self.request, "user", None)
        match = self.request.resolver_match
        right = "reads_business_data" if match and getattr(match.func, BY_READERS, False) else "writes_business_data"
        self.limit = getattr(match.func, BY_ANYBODY, 0) if match else 0
        self.allowed = bool(self.limit or user and user.is_authenticated and getattr(user, right, False))
        self.limit = self.limit or settings.IMPORT_UPLOAD_BYTES
        self.total = 0
        if self.allowed and content_length > self.limit:
            self._note("too_large")

    def _note(self, what: str) -> None:
        self.request.META["siwu.upload"] = what

    def new_file(self, *arguments, **named) -> None:
        if not self.allowed or problem_of(self.request):
            raise SkipFile
        try:
            super().new_file(*arguments, **named)
        except OSError as problem:
            self._full(problem)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.total += len(raw_data)
        if self.total > self.limit:
            self._note("too_large")
            raise StopUpload(connection_reset=False)
        try:
            self.file.write(raw_data)
        except OSError as problem:
            self._full(problem)

    def _full(self, problem: OSError) -> None:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise problem
        if getattr(self, "file", None):
            self.file.close()
        self._note("disk_full")
        raise SkipFile

    def upload_interrupted(self) -> None:
        if getattr(self, "file", None):
            self.file.close()


def problem_of(request: HttpRequest) -> str:
    return request.META.get("siwu.upload", "")
