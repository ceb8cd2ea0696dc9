"""Who drafts and adopts versions of a county's own documents: checklists, criteria of grades."""
from django.db.models import Model
from django.utils.translation import gettext as _

from geo.models import User


def writers(user: User, document: Model | None = None) -> bool:
    """Officers of the county that drafts it; our defaults, which have no division, are nobody's to edit."""
    if user.role != User.Role.COUNTY_OFFICER:
        return False
    return document is None or document.division_id == user.division_id


def told_and_by_another(draft: Model, by: User) -> str:
    """Why a draft is not adopted yet, as far as it is the same for each kind: a second person does it, and what changes is written down."""
    if draft.edited_by_id == by.pk:
        return _("起草的人不能自己决定施行，请由另一名县级民警办理。")
    return "" if draft.change_note else _("请先写明改动说明。")
