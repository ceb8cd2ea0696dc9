from django.urls import path

from patrol import device_views as views

urlpatterns = [
    path("patrol/devices/", views.device_list, name="devices"),
    path("patrol/devices/invite/", views.device_invite, name="device_invite"),
    path("patrol/devices/app/", views.device_app, name="device_app"),
    path("patrol/devices/rescue/", views.device_rescue, name="device_rescue"),
    path("patrol/devices/<int:pk>/revoke/", views.device_revoke, name="device_revoke"),
    path("patrol/devices/<int:pk>/rename/", views.device_rename, name="device_rename"),
]
