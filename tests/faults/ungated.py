"""A site that lets everybody in, on purpose. The bench must notice it."""

from geo import admission


class Open(admission.AdmissionMiddleware):
    def __call__(self, request):
        return self.get_response(request)


admission.AdmissionMiddleware = Open

from config.wsgi import application  # noqa: E402

__all__ = ["application"]
