from django.urls import path

from zones import moderation_views as views

urlpatterns = [
    path("moderation/", views.moderation_home, name="moderation_home"),
    path("moderation/photos/<int:pk>/", views.received_photo, name="received_photo"),
    path("moderation/code/", views.manager_code, name="manager_code"),
    path("moderation/<str:name>/", views.moderation, name="moderation"),
    path("moderation/<str:name>/<int:pk>/", views.received, name="received"),
    path("moderation/<str:name>/<int:pk>/move/", views.received_move, name="received_move"),
    path("moderation/<str:name>/<int:pk>/issue/", views.received_issue, name="received_issue"),
]
