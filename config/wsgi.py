import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from config import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
# Every view is read in before the first reader comes, who would otherwise wait more than a second for it.
get_resolver().url_patterns  # noqa: B018
garbage.keep_what_is_loaded()
