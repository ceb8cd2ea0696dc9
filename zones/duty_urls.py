from django.urls import path

from zones import duty_views as views

urlpatterns = [
    path("duties/", views.duties, name="duties"),
    path("duties/list/", views.duty_list_page, name="duty_list"),
    path("duties/shares/", views.duty_shares, name="duty_shares"),
    path("duties/rules/", views.duty_rules, name="duty_rules"),
    path("duties/calendar.ics", views.duty_feed, name="duty_feed"),
    path("duties/<int:pk>/", views.duty, name="duty"),
    path("duties/<int:pk>/done/", views.duty_done, name="duty_done"),
    path("duties/<int:pk>/take-back/", views.duty_take_back, name="duty_take_back"),
    path("duties/<int:pk>/reason/", views.duty_reason, name="duty_reason"),
    path("duties/photos/<int:pk>/", views.duty_photo, name="duty_photo"),
]
