from django.urls import path

from patrol.proposals import views

urlpatterns = [
    path("patrol/proposals/", views.proposals, name="proposals"),
    path("patrol/proposals/<int:pk>/", views.proposal, name="proposal"),
    path("patrol/proposals/<int:pk>/accept/", views.proposal_accept, name="proposal_accept"),
]
