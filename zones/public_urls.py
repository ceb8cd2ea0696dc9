from django.urls import path, re_path

from geo.access import public
from zones import access_views, contest_views, open_views, public_bulletin_views
from zones import public_views as views
from zones.open_api import api

urlpatterns = [
    path("", views.home, name="home"),
    path("compounds/<uuid:public_id>/", views.public_compound, name="public_compound"),
    path("compounds/<uuid:public_id>/poster.pdf", contest_views.compound_poster, name="compound_poster"),
    path("compare/", views.public_compare, name="public_compare"),
    path("criteria/<str:version>/", views.public_criteria, name="public_criteria"),
    path("contest/", contest_views.public_contest, name="public_contest"),
    path("contest/courtyards/<uuid:public_id>/", contest_views.public_courtyard, name="public_courtyard"),
    path("contest/courtyards/<uuid:public_id>/certificate.pdf", contest_views.courtyard_certificate, name="courtyard_certificate"),
    path("contest/compounds/<uuid:public_id>/certificate.pdf", contest_views.compound_certificate, name="compound_certificate"),
    path("recompute/", views.public_recompute, name="public_recompute"),
    path("open-data/", views.open_data, name="open_data"),
    path("changes/", views.public_changes, name="public_changes"),
    path("public-bulletins/", public_bulletin_views.public_bulletins, name="public_bulletins"),
    path("public-bulletins/<uuid:public_id>/", public_bulletin_views.public_bulletin, name="public_bulletin"),
    path("public-bulletins/<uuid:public_id>.pdf", public_bulletin_views.public_bulletin_file, name="public_bulletin_file"),
    path("data-access/", access_views.public_access, name="public_access"),
    path("data/outlines.geojson", views.public_outlines, name="public_outlines"),
    path("data/<str:period>/points.geojson", views.public_points, name="public_points"),
    re_path(r"^data/(?P<period>[\w-]{4,10})\.(?P<form>geojson|csv)$", views.public_data, name="public_data"),
    re_path(r"^data/(?P<period>[\w-]{4,10})\.html$", views.public_map_file, name="public_map_file"),
    path("public-tiles/<str:period>/<int:number>/<int:version>/<int:z>/<int:x>/<int:y>.mvt", open_views.public_tile, name="public_tile"),
    path("api/open/v1/", api.urls),
]
for entry in urlpatterns[-1].url_patterns:
    public(entry.callback)
