from django.urls import path

from geo.views import account, batches, keys, map, ogc, tiles

urlpatterns = [
    path("map/", map.the_map, name="map"),
    path("map/legend.json", map.legend, name="map_legend"),
    path("map/search.json", map.search, name="map_search"),
    path("map/<slug:name>/<int:pk>.json", map.details, name="map_details"),
    path("tiles/base/<int:z>/<int:x>/<int:y>.mvt", tiles.base_tile, name="base_tile"),
    path("tiles/<slug:name>/<int:z>/<int:x>/<int:y>.mvt", tiles.layer_tile, name="layer_tile"),
    path("batches/", batches.batches, name="batches"),
    path("ogc/", ogc.guide, name="ogc_guide"),
    path("ogc/wfs", ogc.wfs, name="wfs"),
    path("account/keys/", keys.keys, name="access_keys"),
    path("account/keys/<int:pk>/revoke/", keys.revoke, name="access_key_revoke"),
    path("account/login/", account.login, name="login"),
    path("account/logout/", account.logout, name="logout"),
    path("account/password/", account.password_change, name="password_change"),
    path("account/language/", account.set_language, name="set_language"),
]
