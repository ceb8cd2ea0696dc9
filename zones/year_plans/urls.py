from django.urls import path

from zones.year_plans import run_views, views

urlpatterns = [
    path("plans/", views.year_plans, name="year_plans"),
    path("plans/<int:pk>/", views.year_plan, name="year_plan"),
    path("plans/<int:pk>/compare/", views.plan_comparison, name="plan_comparison"),
    path("plans/<int:pk>/indicators/", views.own_indicator, name="own_indicator"),
    path("plans/<int:pk>/indicators/template/", views.own_template, name="own_template"),
    path("plans/<int:pk>/indicators/drop/", views.own_drop, name="own_drop"),
    path("plans/scenarios/<int:pk>/", views.scenario, name="scenario"),
    path("plans/scenarios/<int:pk>/weights/", views.scenario_weights, name="scenario_weights"),
    path("plans/scenarios/<int:pk>/weights/drop/", views.scenario_weights_drop, name="scenario_weights_drop"),
    path("plans/scenarios/<int:pk>/demands/", views.scenario_demands, name="scenario_demands"),
    path("plans/scenarios/<int:pk>/demands/zones/", views.scenario_zone_demand, name="scenario_zone_demand"),
    path("plans/scenarios/<int:pk>/share/", views.scenario_share, name="scenario_share"),
    path("plans/scenarios/<int:pk>/rename/", views.scenario_rename, name="scenario_rename"),
    path("plans/scenarios/<int:pk>/drop/", views.scenario_drop, name="scenario_drop"),
    path("plans/scenarios/<int:pk>/run/", run_views.scenario_run, name="scenario_run"),
    path("plans/runs/<int:pk>/", run_views.plan_run, name="plan_run"),
    path("plans/runs/<int:pk>/cancel/", run_views.plan_run_cancel, name="plan_run_cancel"),
    path("plans/runs/<int:pk>/file/", run_views.plan_run_file, name="plan_run_file"),
    path("plans/runs/<int:pk>/try/", run_views.plan_run_try, name="plan_run_try"),
]
