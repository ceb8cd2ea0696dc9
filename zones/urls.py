from django.urls import path

from zones import views

urlpatterns = [
    path("ratings/", views.ratings, name="ratings"),
    path("ratings/<int:pk>/", views.compound_grade, name="compound_grade"),
    path("ratings/rate/", views.rate_again, name="rate_again"),
    path("ratings/jobs/<int:pk>/", views.rating_job, name="rating_job"),
    path("ratings/zero-report/", views.zero_report, name="zero_report"),
]
