from django.urls import path

from zones.site_studies import views

urlpatterns = [
    path("planning/sites/", views.site_studies, name="site_studies"),
    path("planning/sites/new/", views.site_study_new, name="site_study_new"),
    path("planning/sites/compare/", views.site_compare, name="site_compare"),
    path("planning/sites/<int:pk>/", views.site_study, name="site_study"),
    path("planning/sites/<int:pk>/edit/", views.site_study_edit, name="site_study_edit"),
    path("planning/sites/runs/<int:pk>/cancel/", views.site_run_cancel, name="site_run_cancel"),
    path("planning/sites/runs/<int:pk>/plan/", views.site_run_plan, name="site_run_plan"),
    path("planning/sites/runs/<int:pk>/map/", views.site_run_map, name="site_run_map"),
    path("planning/sites/runs/<int:pk>/file/<str:form>/", views.site_run_file, name="site_run_file"),
]
