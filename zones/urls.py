from django.urls import path

from zones import access_views, fairness_views, scheme_views, views

urlpatterns = [
    path("ratings/", views.ratings, name="ratings"),
    path("ratings/<int:pk>/", views.compound_grade, name="compound_grade"),
    path("ratings/rate/", views.rate_again, name="rate_again"),
    path("ratings/jobs/<int:pk>/", views.rating_job, name="rating_job"),
    path("ratings/zero-report/", views.zero_report, name="zero_report"),
    path("account/access/", access_views.my_access, name="my_access"),
    path("ratings/fairness/", fairness_views.fairness, name="fairness"),
    path("ratings/fairness/file/", fairness_views.fairness_file, name="fairness_file"),
    path("ratings/criteria/", scheme_views.schemes, name="schemes"),
    path("ratings/criteria/<int:pk>/", scheme_views.scheme, name="scheme"),
    path("ratings/criteria/<int:pk>/copy/", scheme_views.scheme_copy, name="scheme_copy"),
    path("ratings/criteria/<int:pk>/edit/", scheme_views.scheme_edit, name="scheme_edit"),
    path("ratings/criteria/<int:pk>/move/", scheme_views.scheme_move, name="scheme_move"),
    path("ratings/criteria/<int:pk>/what-if/", scheme_views.scheme_what_if, name="scheme_what_if"),
    path("ratings/criteria/<int:pk>/what-if/file/", scheme_views.scheme_what_if_file, name="scheme_what_if_file"),
]
