from django.urls import path

from zones import objection_views
from zones import round_views as views

urlpatterns = [
    path("rounds/", views.rounds, name="rounds"),
    path("rounds/<str:period>/", views.rating_round, name="round"),
    path("rounds/<str:period>/move/", views.round_move, name="round_move"),
    path("rounds/<str:period>/withdraw/", views.round_withdraw, name="round_withdraw"),
    path("rounds/<str:period>/completeness.xlsx", views.round_completeness, name="round_completeness"),
    path("rounds/<str:period>/reviewed/", views.round_reviewed, name="round_reviewed"),
    path("rounds/<str:period>/notices/", views.round_notices, name="round_notices"),
    path("rounds/<str:period>/propose/<int:pk>/", views.round_propose, name="round_propose"),
    path("proposals/<int:pk>/decide/", views.proposal_decide, name="proposal_decide"),
    path("proposals/<int:pk>/file/", views.proposal_file, name="proposal_file"),
    path("objections/<int:pk>/decide/", views.objection_decide, name="objection_decide"),
    path("objections/files/<int:pk>/", views.objection_file, name="objection_file"),
    path("objections/", objection_views.objections_door, name="objections"),
]
