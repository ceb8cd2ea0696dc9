from django.urls import path

from geo.views import account, batches, bulk, exports, lists, map, saved_views, tiles

urlpatterns = [
    path("map/", map.the_map, name="map"),
    path("map/legend.json", map.legend, name="map_legend"),
    path("map/search.json", map.search, name="map_search"),
    path("map/<slug:name>/<int:pk>.json", map.details, name="map_details"),
    path("tiles/base/<int:z>/<int:x>/<int:y>.mvt", tiles.base_tile, name="base_tile"),
    path("tiles/<slug:name>/<int:z>/<int:x>/<int:y>.mvt", tiles.layer_tile, name="layer_tile"),
    path("objects/", lists.registers, name="registers"),
    path("objects/<slug:name>/", lists.object_list, name="object_list"),
    path("objects/<slug:name>/export.<slug:form>", exports.export, name="object_export"),
    path("objects/<slug:name>/export/", exports.choose_export, name="object_download"),
    path("objects/<slug:name>/export.<slug:form>/make/", exports.make_export, name="make_export"),
    path("objects/<slug:name>/bulk/", bulk.bulk_edit, name="bulk_edit"),
    path("objects/<slug:name>/views/", saved_views.save_view, name="save_view"),
    path("objects/<slug:name>/views/<int:pk>/delete/", saved_views.delete_view, name="delete_view"),
    path("exports/", exports.exports, name="exports"),
    path("exports/<int:pk>/", exports.exported_file, name="exported_file"),
    path("objects/<slug:name>/map/", lists.object_list_map, name="object_list_map"),
    path("batches/", batches.batches, name="batches"),
    path("account/login/", account.login, name="login"),
    path("account/logout/", account.logout, name="logout"),
    path("account/password/", account.password_change, name="password_change"),
    path("account/language/", account.set_language, name="set_language"),
]
