from zones.models.publications import Publication, PublishedGrade
from zones.models.ratings import FourFree, FourFreeTitle, Grade, GradedCompound, RatingRound, RatingScheme, ZeroReport
from zones.models.zones import RectificationZone

__all__ = [
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
