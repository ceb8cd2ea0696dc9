from django.utils.translation import gettext_lazy as _

from geo.models import keep_history
from zones.models.assessments import (
    Assessment,
    AssessmentAnswer,
    AssessmentMeeting,
    AssessmentStandard,
    ProjectKind,
    PublishedAssessment,
)  # fmt: skip
from zones.models.bulletins import Bulletin
from zones.models.campaigns import Answer, Campaign, CampaignCriteria, CampaignKind, Candidate, EvidenceFile
from zones.models.demonstrations import Demonstration
from zones.models.duties import Duty, DutyKind, DutyPhoto, DutyRule, DutyStandard
from zones.models.effect_studies import EffectStandard, EffectStudy
from zones.models.inspections import Checklist, InspectedPlace, Inspection, InspectionRecord, PlaceLayer
from zones.models.issues import Issue, IssueCheck, IssueCounter, IssueFile, IssueLink, IssueNote, IssuePhoto, IssueWatch, JointUnit
from zones.models.notices import Notice, NoticeSetting
from zones.models.plan_decisions import PlanDecision, PublishedPlan
from zones.models.publications import Publication, PublishedBulletin, PublishedGrade, PublishedTitle
from zones.models.ratings import FourFree, FourFreeTitle, Grade, GradedCompound, RatingRound, RatingScheme, ZeroReport
from zones.models.register_standards import CODE_LENGTH, IssueCategory, RegisterStandard, UnitLevel, WorkCalendar
from zones.models.rounds import CompoundObjection, GradeProposal, ObjectionFile, RoundStandard, TownReview
from zones.models.rulebook import RuleDraft
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
from zones.models.year_plans import OwnFigure, OwnIndicator, PlanCriteria, Scenario, ScenarioRun, YearPlan
from zones.models.zone_cases import ZoneCriteria, ZoneFinding, ZonePhoto
from zones.models.zones import RectificationZone

__all__ = [
    "CODE_LENGTH",
    "Answer",
    "Appeal",
    "Assessment",
    "AssessmentAnswer",
    "AssessmentMeeting",
    "AssessmentStandard",
    "Bulletin",
    "Campaign",
    "CampaignCriteria",
    "CampaignKind",
    "Candidate",
    "Checklist",
    "CompoundObjection",
    "Demonstration",
    "Duty",
    "DutyKind",
    "DutyPhoto",
    "DutyRule",
    "DutyStandard",
    "EffectStandard",
    "EffectStudy",
    "EvidenceFile",
    "Feedback",
    "FourFree",
    "FourFreeTitle",
    "Grade",
    "GradeProposal",
    "GradedCompound",
    "InspectedPlace",
    "Inspection",
    "InspectionRecord",
    "Issue",
    "IssueCategory",
    "IssueCheck",
    "IssueCounter",
    "IssueLink",
    "IssueNote",
    "IssueFile",
    "IssuePhoto",
    "IssueWatch",
    "JointUnit",
    "ManagerCode",
    "Notice",
    "NoticeSetting",
    "ObjectionFile",
    "OwnFigure",
    "OwnIndicator",
    "PlaceLayer",
    "PlanCriteria",
    "PlanDecision",
    "ProjectKind",
    "PlannedSite",
    "Publication",
    "PublishedAssessment",
    "PublishedBulletin",
    "PublishedGrade",
    "PublishedPlan",
    "PublishedTitle",
    "RatingRound",
    "RatingScheme",
    "ReceivedPhoto",
    "RectificationZone",
    "RegisterStandard",
    "ReinspectionRequest",
    "RightOfReply",
    "RoundStandard",
    "RuleDraft",
    "Scenario",
    "ScenarioRun",
    "SiteRun",
    "SiteStudy",
    "SitingStandard",
    "Standing",
    "SupervisionStandard",
    "TownReview",
    "UnitLevel",
    "WorkCalendar",
    "YearPlan",
    "ZeroReport",
    "ZoneCriteria",
    "ZoneFinding",
    "ZonePhoto",
]

RectificationZoneKept = keep_history(RectificationZone, _("重点整治区域的旧值"))
