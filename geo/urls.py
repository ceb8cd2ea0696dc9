from django.urls import path

from geo.views import account, batches, coverage, map, surveillance, surveillance_work, tiles

urlpatterns = [
    path("map/", map.the_map, name="map"),
    path("map/legend.json", map.legend, name="map_legend"),
    path("map/search.json", map.search, name="map_search"),
    path("map/<slug:name>/<int:pk>.json", map.details, name="map_details"),
    path("tiles/base/<int:z>/<int:x>/<int:y>.mvt", tiles.base_tile, name="base_tile"),
    path("tiles/<slug:name>/<int:z>/<int:x>/<int:y>.mvt", tiles.layer_tile, name="layer_tile"),
    path("batches/", batches.batches, name="batches"),
    path("coverage/", coverage.the_coverage, name="coverage"),
    path("coverage/map.json", coverage.coverage_map, name="coverage_map"),
    path("coverage/coverage.xlsx", coverage.coverage_file, name="coverage_file"),
    path("surveillance/", surveillance.register, name="surveillance"),
    path("surveillance/points/", surveillance.points, name="surveillance_points"),
    path("surveillance/seen/", surveillance.what_is_seen, name="surveillance_seen"),
    path("surveillance/purpose/", surveillance.purpose, name="surveillance_purpose"),
    path("surveillance/log/", surveillance.log, name="surveillance_log"),
    path("surveillance/checks/", surveillance_work.check_file, name="surveillance_check_file"),
    path("surveillance/<int:pk>/check/", surveillance_work.check_one, name="surveillance_check"),
    path("surveillance/exports/", surveillance_work.export_wishes, name="surveillance_exports"),
    path("surveillance/exports/<int:pk>/decision/", surveillance_work.export_decision, name="surveillance_export_decision"),
    path("surveillance/exports/file/", surveillance_work.export_file, name="surveillance_export_file"),
    path("account/login/", account.login, name="login"),
    path("account/logout/", account.logout, name="logout"),
    path("account/password/", account.password_change, name="password_change"),
    path("account/language/", account.set_language, name="set_language"),
]
