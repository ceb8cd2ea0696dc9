from django.urls import path

from patrol import log_views, page_views, presence_views, target_views

urlpatterns = [
    path("patrol/", page_views.duty_room, name="duty_room"),
    path("patrol/reports/", page_views.shift_reports, name="shift_reports"),
    path("patrol/shifts/<int:pk>/report/", page_views.shift_report, name="shift_report"),
    path("patrol/<int:pk>/replay/", page_views.replay, name="replay"),
    path("patrol/<int:pk>/replay.json", page_views.replay_data, name="replay_data"),
    path("patrol/mine/", page_views.my_patrols, name="my_patrols"),
    path("patrol/presence/", presence_views.presence, name="presence"),
    path("patrol/presence/map/", presence_views.presence_map, name="presence_map"),
    path("patrol/presence/map.json", presence_views.presence_map_data, name="presence_map_data"),
    path("patrol/presence/<slug:name>/<int:pk>/", presence_views.presence_place, name="presence_place"),
    path("patrol/fulfilment/", target_views.fulfilment, name="fulfilment"),
    path("patrol/targets/", target_views.targets, name="targets"),
    path("patrol/logs/", log_views.logs, name="logs"),
    path("patrol/logs/<int:pk>/", log_views.log_entry, name="log_entry"),
    path("patrol/logs/<int:pk>/photos/<slug:name>/", log_views.log_photo, name="log_photo"),
]
