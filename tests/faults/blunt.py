"""A site that tells what is away as an error of its own (500), on purpose. The bench must notice it."""

from config.wsgi import application  # noqa: I001 apps are ready before their addresses are read
from config import urls

urls.handler500 = "django.views.defaults.server_error"

__all__ = ["application"]
