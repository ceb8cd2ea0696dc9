from django.urls import path

from zones import campaign_views as views

urlpatterns = [
    path("campaigns/", views.campaigns, name="campaigns"),
    path("campaigns/awards/", views.awards, name="campaign_awards"),
    path("campaigns/awards.xlsx", views.awards_file, name="campaign_awards_file"),
    path("campaigns/outlines.json", views.campaign_outlines, name="campaign_outlines"),
    path("campaigns/<int:pk>/", views.campaign, name="campaign"),
    path("campaigns/<int:pk>/points.json", views.campaign_map, name="campaign_map"),
    path("campaigns/<int:pk>/move/", views.campaign_move, name="campaign_move"),
    path("campaigns/<int:pk>/nominate/", views.nominate, name="campaign_nominate"),
    path("candidates/<int:pk>/", views.candidate, name="candidate"),
    path("candidates/<int:pk>/answers/", views.candidate_answers, name="candidate_answers"),
    path("candidates/<int:pk>/findings/", views.candidate_findings, name="candidate_findings"),
    path("candidates/<int:pk>/move/", views.candidate_move, name="candidate_move"),
    path("candidates/files/<int:pk>/", views.evidence_file, name="evidence_file"),
    path("candidates/files/<int:pk>/remove/", views.evidence_remove, name="evidence_remove"),
]
