from django.urls import path

from zones import checklist_views, inspection_views

urlpatterns = [
    path("inspections/", inspection_views.inspections, name="inspections"),
    path("inspections/file.<slug:form>", inspection_views.inspection_file, name="inspection_file"),
    path("inspections/spread/", inspection_views.inspection_spread, name="inspection_spread"),
    path("inspections/<int:pk>/", inspection_views.inspection, name="inspection"),
    path("inspections/<int:pk>/photo/", inspection_views.inspection_photo, name="inspection_photo"),
    path("inspections/<int:pk>/issues/", inspection_views.inspection_issues_new, name="inspection_issues_new"),
    path("checklists/", checklist_views.checklists, name="checklists"),
    path("checklists/<int:pk>/", checklist_views.checklist, name="checklist"),
    path("checklists/<int:pk>/edit/", checklist_views.checklist_edit, name="checklist_edit"),
    path("checklists/<int:pk>/move/", checklist_views.checklist_move, name="checklist_move"),
    path("checklists/<int:pk>/version/", checklist_views.checklist_version, name="checklist_version"),
]
