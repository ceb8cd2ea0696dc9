from django.urls import path

from zones import zone_views as views

urlpatterns = [
    path("zones/", views.zones, name="zones"),
    path("zones/criteria/", views.zone_criteria, name="zone_criteria"),
    path("zones/<int:pk>/", views.zone, name="zone"),
    path("zones/<int:pk>/move/", views.zone_move, name="zone_move"),
    path("zones/<int:pk>/findings/", views.zone_findings, name="zone_findings"),
    path("zones/<int:pk>/photos/", views.zone_photos, name="zone_photos"),
    path("zones/photos/<int:pk>/", views.zone_photo, name="zone_photo"),
]
