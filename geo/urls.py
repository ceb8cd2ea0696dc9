from django.urls import path

from geo.views import account, batches, imports, map, tiles

urlpatterns = [
    path("map/", map.the_map, name="map"),
    path("map/legend.json", map.legend, name="map_legend"),
    path("map/search.json", map.search, name="map_search"),
    path("map/<slug:name>/<int:pk>.json", map.details, name="map_details"),
    path("tiles/base/<int:z>/<int:x>/<int:y>.mvt", tiles.base_tile, name="base_tile"),
    path("tiles/<slug:name>/<int:z>/<int:x>/<int:y>.mvt", tiles.layer_tile, name="layer_tile"),
    path("batches/", batches.batches, name="batches"),
    path("batches/<int:pk>/", batches.batch, name="batch"),
    path("batches/<int:pk>/revert/", batches.revert, name="revert_batch"),
    path("imports/", imports.upload, name="upload_imports"),
    path("imports/<int:pk>/", imports.draft, name="import_draft"),
    path("imports/<int:pk>/settings/", imports.configure, name="configure_import"),
    path("imports/<int:pk>/check/", imports.check, name="check_import"),
    path("imports/<int:pk>/apply/", imports.apply, name="apply_import"),
    path("imports/<int:pk>/discard/", imports.discard, name="discard_import"),
    path("imports/<int:pk>/report.<slug:name>", imports.report, name="import_report"),
    path("account/login/", account.login, name="login"),
    path("account/logout/", account.logout, name="logout"),
    path("account/password/", account.password_change, name="password_change"),
    path("account/language/", account.set_language, name="set_language"),
]
