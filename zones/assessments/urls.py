from django.urls import path

from zones.assessments import public_views, views

urlpatterns = [
    path("assessments/", views.assessments, name="assessments"),
    path("assessments/points.json", views.assessment_points, name="assessment_points"),
    path("assessments/neighbours.json", views.assessment_neighbours, name="assessment_neighbours"),
    path("assessments/new/", views.assessment_new, name="assessment_new"),
    path("assessments/<int:pk>/", views.assessment, name="assessment"),
    path("assessments/<int:pk>/edit/", views.assessment_edit, name="assessment_edit"),
    path("assessments/<int:pk>/print/", views.assessment_print, name="assessment_print"),
    path("assessments/<int:pk>/answers/", views.assessment_answers, name="assessment_answers"),
    path("assessments/<int:pk>/meetings/", views.assessment_meeting, name="assessment_meeting"),
    path("assessments/<int:pk>/notice/", views.assessment_consult, name="assessment_consult"),
    path("assessments/<int:pk>/notice/withdraw/", views.assessment_withdraw, name="assessment_withdraw"),
    path("assessments/<int:pk>/move/", views.assessment_move, name="assessment_move"),
    path("public-assessments/", public_views.public_assessments, name="public_assessments"),
    path("public-assessments/<uuid:public_id>/", public_views.public_assessment, name="public_assessment"),
]
