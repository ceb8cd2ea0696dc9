from django.urls import include, path

urlpatterns = [
    path("", include("zones.public_urls")),
    path("", include("zones.door_urls")),
    path("", include("geo.urls")),
    path("", include("patrol.intake_urls")),
    path("", include("patrol.page_urls")),
    path("", include("patrol.plan_urls")),
    path("", include("patrol.proposals.urls")),
    path("", include("patrol.phone_urls")),
    path("", include("patrol.device_urls")),
    path("", include("zones.urls")),
    path("", include("zones.round_urls")),
    path("", include("zones.campaign_urls")),
    path("", include("zones.register_urls")),
    path("", include("zones.duty_urls")),
    path("", include("zones.bulletin_urls")),
    path("", include("zones.zone_urls")),
    path("", include("zones.inspection_urls")),
    path("", include("zones.moderation_urls")),
    path("", include("zones.effect_studies.urls")),
    path("", include("zones.year_plans.urls")),
    path("", include("zones.year_plans.decision_urls")),
    path("", include("zones.assessments.urls")),
    path("", include("zones.site_studies.urls")),
    path("", include("zones.rulebook.urls")),
]
# What is away is told as 503 and not as an error of ours.
handler500 = "geo.away.server_error"
