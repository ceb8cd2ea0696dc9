from geo.models.basemap import BasemapFeature
from geo.models.batches import Batch, BatchChange
from geo.models.decisions import Decision
from geo.models.divisions import Division, DivisionOutline, DivisionPiece
from geo.models.incidents import Incident
from geo.models.jobs import Job
from geo.models.kinds import PlaceKind
from geo.models.layers import GridCell, LayerVersion
from geo.models.people import User
from geo.models.places import Compound, Courtyard, Premises, PublicFacility, Station, SurveillancePoint
from geo.models.search import SearchEntry, SearchMark

__all__ = [
    "BasemapFeature",
    "Batch",
    "BatchChange",
    "Compound",
    "Courtyard",
    "Decision",
    "Division",
    "DivisionOutline",
    "DivisionPiece",
    "GridCell",
    "Incident",
    "Job",
    "LayerVersion",
    "PlaceKind",
    "Premises",
    "PublicFacility",
    "SearchEntry",
    "SearchMark",
    "Station",
    "SurveillancePoint",
    "User",
]
