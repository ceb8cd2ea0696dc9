from django.utils.translation import gettext_lazy as _

from geo.models import keep_history
from zones.models.campaigns import Answer, Campaign, CampaignCriteria, CampaignKind, Candidate, EvidenceFile
from zones.models.publications import Publication, PublishedGrade
from zones.models.ratings import FourFree, FourFreeTitle, Grade, GradedCompound, RatingRound, RatingScheme, ZeroReport
from zones.models.zones import RectificationZone

__all__ = [
    "Answer",
    "Campaign",
    "CampaignCriteria",
    "CampaignKind",
    "Candidate",
    "EvidenceFile",
    "FourFree",
    "FourFreeTitle",
    "Grade",
    "GradedCompound",
    "Publication",
    "PublishedGrade",
    "RatingRound",
    "RatingScheme",
    "RectificationZone",
    "ZeroReport",
]

RectificationZoneKept = keep_history(RectificationZone, _("重点整治区域的旧值"))
