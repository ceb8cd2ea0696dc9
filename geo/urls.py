from django.urls import path

from geo.views import account, batches, compounds, kinds, map, search, tiles

urlpatterns = [
    path("map/", map.the_map, name="map"),
    path("map/legend.json", map.legend, name="map_legend"),
    path("map/search.json", map.search, name="map_search"),
    path("map/<slug:name>/<int:pk>.json", map.details, name="map_details"),
    path("tiles/base/<int:z>/<int:x>/<int:y>.mvt", tiles.base_tile, name="base_tile"),
    path("tiles/<slug:name>/<int:z>/<int:x>/<int:y>.mvt", tiles.layer_tile, name="layer_tile"),
    path("search/", search.search_page, name="search_page"),
    path("kinds/", kinds.kind_list, name="kinds"),
    path("kinds/<slug:name>/new/", kinds.kind_add, name="kind_add"),
    path("kinds/<int:pk>/", kinds.kind_edit, name="kind_edit"),
    path("kinds/<int:pk>/retire/", kinds.kind_retire, name="kind_retire"),
    path("courtyards/check/", compounds.courtyard_check, name="courtyard_check"),
    path("batches/", batches.batches, name="batches"),
    path("account/login/", account.login, name="login"),
    path("account/logout/", account.logout, name="logout"),
    path("account/password/", account.password_change, name="password_change"),
    path("account/language/", account.set_language, name="set_language"),
]
