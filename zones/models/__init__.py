from django.utils.translation import gettext_lazy as _

from geo.models import keep_history
from zones.models.bulletins import Bulletin
from zones.models.campaigns import Answer, Campaign, CampaignCriteria, CampaignKind, Candidate, EvidenceFile
from zones.models.duties import Duty, DutyKind, DutyPhoto, DutyRule, DutyStandard
from zones.models.inspections import Checklist, Inspection, PlaceLayer
from zones.models.issues import Issue, IssueCheck, IssueCounter, IssueLink, IssueNote, IssuePhoto, IssueWatch, JointUnit
from zones.models.notices import Notice, NoticeSetting
from zones.models.publications import Publication, PublishedBulletin, PublishedGrade, PublishedTitle
from zones.models.ratings import FourFree, FourFreeTitle, Grade, GradedCompound, RatingRound, RatingScheme, ZeroReport
from zones.models.register_standards import CODE_LENGTH, IssueCategory, RegisterStandard, UnitLevel, WorkCalendar
from zones.models.rounds import CompoundObjection, GradeProposal, ObjectionFile, RoundStandard, TownReview
from zones.models.site_studies import PlannedSite, SiteRun, SiteStudy, SitingStandard
from zones.models.supervision import (
    Appeal,
    Feedback,
    ManagerCode,
    ReceivedPhoto,
    ReinspectionRequest,
    RightOfReply,
    Standing,
    SupervisionStandard,
)  # fmt: skip
from zones.models.zone_cases import ZoneCriteria, ZoneFinding, ZonePhoto
from zones.models.zones import RectificationZone

__all__ = [
    "CODE_LENGTH",
    "Answer",
    "Appeal",
    "Bulletin",
    "Campaign",
    "CampaignCriteria",
    "CampaignKind",
    "Candidate",
    "Checklist",
    "CompoundObjection",
    "Duty",
    "DutyKind",
    "DutyPhoto",
    "DutyRule",
    "DutyStandard",
    "EvidenceFile",
    "Feedback",
    "FourFree",
    "FourFreeTitle",
    "Grade",
    "GradeProposal",
    "GradedCompound",
    "Inspection",
    "Issue",
    "IssueCategory",
    "IssueCheck",
    "IssueCounter",
    "IssueLink",
    "IssueNote",
    "IssuePhoto",
    "IssueWatch",
    "JointUnit",
    "ManagerCode",
    "Notice",
    "NoticeSetting",
    "ObjectionFile",
    "PlaceLayer",
    "PlannedSite",
    "Publication",
    "PublishedBulletin",
    "PublishedGrade",
    "PublishedTitle",
    "RatingRound",
    "RatingScheme",
    "ReceivedPhoto",
    "RectificationZone",
    "RegisterStandard",
    "ReinspectionRequest",
    "RightOfReply",
    "RoundStandard",
    "SiteRun",
    "SiteStudy",
    "SitingStandard",
    "Standing",
    "SupervisionStandard",
    "TownReview",
    "UnitLevel",
    "WorkCalendar",
    "ZeroReport",
    "ZoneCriteria",
    "ZoneFinding",
    "ZonePhoto",
    "重点整治区域的旧值",
]

RectificationZoneKept = keep_history(RectificationZone, _("重点整治区域的旧值"))
