"""Who drafts and adopts versions of a county's own documents: checklists, criteria of grades."""
from django.db.models import Model

from geo.models import User


def writers(user: User, document: Model | None = None) -> bool:
    """Officers of the county that drafts it; our defaults, which have no division, are nobody's to edit."""
    if user.role != User.Role.COUNTY_OFFICER:
        return False
    return document is None or document.division_id == user.division_id
