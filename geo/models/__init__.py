from django.utils.translation import gettext_lazy as _

from geo.models.accounts import AccountEvent, AccountRequest
from geo.models.audit import (
    AuditCheck,
    AuditEntry,
    AuditEvent,
    AuditForm,
    AuditHead,
    AuditPurge,
    AuditStandard,
    PublishedAccess,
)
from geo.models.basemap import BasemapFeature
from geo.models.batches import Batch, BatchChange
from geo.models.decisions import Decision
from geo.models.divisions import Division, DivisionOutline, DivisionPiece
from geo.models.factors import RecoveryCode, SecondFactor
from geo.models.history import Kept, keep_history
from geo.models.imports import ColumnMemory, ImportDraft
from geo.models.incidents import Incident
from geo.models.jobs import Job
from geo.models.keys import AccessKey
from geo.models.kinds import PlaceKind
from geo.models.layers import GridCell, LayerVersion
from geo.models.lists import SavedView
from geo.models.people import User
from geo.models.places import Compound, Courtyard, Premises, PublicFacility, Station, SurveillancePoint
from geo.models.search import SearchEntry, SearchMark
from geo.models.standards import PostsStandard, SurveillanceStandard
from geo.models.surveillance import AccessReason, SurveillanceAccess, SurveillanceCheck, SurveillanceExport, SurveillanceRead

__all__ = [
    "AccessKey",
    "AccessReason",
    "AccountEvent",
    "AccountRequest",
    "BasemapFeature",
    "AuditCheck",
    "AuditEntry",
    "AuditEvent",
    "AuditForm",
    "AuditHead",
    "AuditPurge",
    "AuditStandard",
    "Batch",
    "BatchChange",
    "ColumnMemory",
    "Compound",
    "Courtyard",
    "Decision",
    "Division",
    "DivisionOutline",
    "DivisionPiece",
    "GridCell",
    "ImportDraft",
    "Incident",
    "Job",
    "Kept",
    "LayerVersion",
    "PlaceKind",
    "PostsStandard",
    "Premises",
    "PublicFacility",
    "PublishedAccess",
    "RecoveryCode",
    "SavedView",
    "SearchEntry",
    "SearchMark",
    "SecondFactor",
    "Station",
    "SurveillanceAccess",
    "SurveillanceCheck",
    "SurveillanceExport",
    "SurveillancePoint",
    "SurveillanceRead",
    "SurveillanceStandard",
    "User",
    "keep_history",
]

BasemapFeatureKept = keep_history(BasemapFeature, _("底图要素的旧值"))
CompoundKept = keep_history(Compound, _("居民小区的旧值"))
CourtyardKept = keep_history(Courtyard, _("楼院的旧值"))
IncidentKept = keep_history(Incident, _("警情的旧值"))
PremisesKept = keep_history(Premises, _("重点场所的旧值"))
PublicFacilityKept = keep_history(PublicFacility, _("公共设施的旧值"))
StationKept = keep_history(Station, _("警务设施的旧值"))
SurveillancePointKept = keep_history(SurveillancePoint, _("监控点的旧值"))
