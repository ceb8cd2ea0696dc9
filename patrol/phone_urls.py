from django.urls import path

from patrol import phone_views as views

urlpatterns = [
    path("phone/", views.phone, name="phone"),
    path("phone/sw.js", views.phone_worker, name="phone_worker"),
    path("phone/manifest.webmanifest", views.phone_manifest, name="phone_manifest"),
]
