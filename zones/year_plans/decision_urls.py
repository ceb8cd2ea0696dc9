from django.urls import path

from zones.year_plans import decision_views as views

urlpatterns = [
    path("plans/<int:pk>/decision/", views.plan_decision, name="plan_decision"),
    path("plans/<int:pk>/decision/new/", views.plan_decision_new, name="plan_decision_new"),
    path("plans/<int:pk>/decision/edit/", views.plan_decision_edit, name="plan_decision_edit"),
    path("plans/<int:pk>/decision/move/", views.plan_decision_move, name="plan_decision_move"),
    path("plans/<int:pk>/decision/files/", views.plan_decision_files, name="plan_decision_files"),
    path("plans/<int:pk>/decision/files/<str:name>/", views.plan_decision_file, name="plan_decision_file"),
    path("plans/<int:pk>/decision/workbook/", views.plan_decision_workbook, name="plan_decision_workbook"),
    path("plans/<int:pk>/decision/map/", views.plan_decision_map, name="plan_decision_map"),
    path("demonstrations/", views.public_plans, name="public_plans"),
    path("demonstrations/<uuid:public_id>/", views.public_plan, name="public_plan"),
]
