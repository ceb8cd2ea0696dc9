from django.urls import path

from geo.views import account, base_lines, batches, map, objects, tiles

urlpatterns = [
    path("map/", map.the_map, name="map"),
    path("map/legend.json", map.legend, name="map_legend"),
    path("map/search.json", map.search, name="map_search"),
    path("map/<slug:name>/<int:pk>.json", map.details, name="map_details"),
    path("tiles/base/<int:z>/<int:x>/<int:y>.mvt", tiles.base_tile, name="base_tile"),
    path("tiles/<slug:name>/<int:z>/<int:x>/<int:y>.mvt", tiles.layer_tile, name="layer_tile"),
    path("objects/<slug:name>/new/", objects.object_new, name="object_new"),
    path("objects/<slug:name>/neighbours.json", objects.object_neighbours, name="object_neighbours"),
    path("objects/<slug:name>/<int:pk>/", objects.object_page, name="object_page"),
    path("objects/<slug:name>/<int:pk>/edit/", objects.object_edit, name="object_edit"),
    path("objects/<slug:name>/<int:pk>/remove/", objects.object_remove, name="object_remove"),
    path("objects/<slug:name>/<int:pk>/restore/", objects.object_restore, name="object_restore"),
    path("base-lines/", base_lines.base_lines, name="base_lines"),
    path("batches/", batches.batches, name="batches"),
    path("account/login/", account.login, name="login"),
    path("account/logout/", account.logout, name="logout"),
    path("account/password/", account.password_change, name="password_change"),
    path("account/language/", account.set_language, name="set_language"),
]
