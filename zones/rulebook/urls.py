from django.urls import path

from zones.rulebook import views

urlpatterns = [
    path("standards/", views.rulebook, name="rulebook"),
    path("standards/versions/<slug:key>/<int:pk>/", views.rule_version, name="rule_version"),
    path("standards/versions/<slug:key>/<int:pk>/draft/", views.rule_begin, name="rule_begin"),
    path("standards/drafts/<int:pk>/", views.rule_draft, name="rule_draft"),
    path("standards/drafts/<int:pk>/edit/", views.rule_edit, name="rule_edit"),
    path("standards/drafts/<int:pk>/move/", views.rule_move, name="rule_move"),
]
