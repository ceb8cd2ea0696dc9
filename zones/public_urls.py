from django.urls import path, re_path

from zones import public_views as views

urlpatterns = [
    path("", views.home, name="home"),
    path("compounds/<uuid:public_id>/", views.public_compound, name="public_compound"),
    path("criteria/<str:version>/", views.public_criteria, name="public_criteria"),
    path("data/outlines.geojson", views.public_outlines, name="public_outlines"),
    path("data/<str:period>/points.geojson", views.public_points, name="public_points"),
    re_path(r"^data/(?P<period>[\w-]{4,10})\.(?P<form>geojson|csv)$", views.public_data, name="public_data"),
    re_path(r"^data/(?P<period>[\w-]{4,10})\.html$", views.public_map_file, name="public_map_file"),
]
