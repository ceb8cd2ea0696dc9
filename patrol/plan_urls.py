from django.urls import path

from patrol import plan_views as views
from patrol import team_views

urlpatterns = [
    path("patrol/roster/", views.roster_week, name="roster"),
    path("patrol/roster/print/", views.roster_print, name="roster_print"),
    path("patrol/duty/", views.duty, name="duty"),
    path("patrol/duty.ics", views.duty_calendar, name="duty_calendar"),
    path("patrol/duty.xlsx", views.duty_file, name="duty_file"),
    path("patrol/shifts/<int:pk>/", views.shift_page, name="shift"),
    path("patrol/shifts/<int:pk>/move/", views.shift_move, name="shift_move"),
    path("patrol/shifts/<int:pk>/crew/", views.shift_crew, name="shift_crew"),
    path("patrol/shifts/<int:pk>/change/", views.shift_change, name="shift_change"),
    path("patrol/shifts/<int:pk>/cancel/", views.shift_cancel, name="shift_cancel"),
    path("patrol/teams/", team_views.teams, name="teams"),
    path("patrol/teams/<int:pk>/", team_views.team, name="team"),
    path("patrol/teams/<int:pk>/edit/", team_views.team_edit, name="team_edit"),
    path("patrol/teams/<int:pk>/members/", team_views.team_join, name="team_join"),
    path("patrol/teams/<int:pk>/shifts/", views.shifts_plan, name="shifts_plan"),
    path("patrol/teams/<int:pk>/copy/", views.roster_copy, name="roster_copy"),
    path("patrol/teams/<int:pk>/roster.xlsx", views.team_roster_file, name="team_roster_file"),
    path("patrol/teams/<int:pk>/roster.ics", views.team_roster_calendar, name="team_roster_calendar"),
    path("patrol/members/<int:pk>/", team_views.member_change, name="member_change"),
    path("patrol/beats/", team_views.beats, name="beats"),
    path("patrol/beats/route/", team_views.route_new, name="route_new"),
    path("patrol/templates/", team_views.shift_templates, name="shift_templates"),
    path("patrol/templates/<int:pk>/", team_views.shift_template, name="shift_template"),
]
