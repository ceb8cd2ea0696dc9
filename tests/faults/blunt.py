"""A site that tells what is away as an error of its own (500), on purpose. The bench must notice it."""

from config import urls

urls.handler500 = "django.views.defaults.server_error"

from config.wsgi import application  # noqa: E402

__all__ = ["application"]
