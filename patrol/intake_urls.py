from django.urls import path

from geo.access import by_token
from patrol import gpx_views
from patrol import ingest_views as ingest
from patrol.api import api

urlpatterns = [
    path("api/field/v1/", api.urls),
    path("patrol/gpx/", gpx_views.gpx_upload, name="gpx_upload"),
    path("ingest/osmand/<str:token>", ingest.osmand, name="ingest_osmand"),
    path("ingest/traccar/<str:token>", ingest.traccar, name="ingest_traccar"),
    path("ingest/owntracks/", ingest.owntracks, name="ingest_owntracks_basic"),
    path("ingest/owntracks/<str:token>", ingest.owntracks, name="ingest_owntracks"),
]
for entry in urlpatterns[0].url_patterns:
    by_token(entry.callback)
