from django.urls import path

from zones.effect_studies import views

urlpatterns = [
    path("planning/effects/", views.effects, name="effects"),
    path("planning/effects/<int:pk>/", views.effect, name="effect"),
    path("planning/effects/<int:pk>/cancel/", views.effect_cancel, name="effect_cancel"),
    path("planning/effects/<int:pk>/zones.json", views.effect_map, name="effect_map"),
    path("planning/effects/<int:pk>/file/", views.effect_file, name="effect_file"),
]
