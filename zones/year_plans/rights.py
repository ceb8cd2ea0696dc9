"""Planners draft and run; the county's officers read what is shared, check and sign. Nobody else has a part in it."""
from geo.models import User

READERS = (User.Role.PLANNER, User.Role.COUNTY_OFFICER)


def readers(user: User) -> bool:
    return user.role in READERS


def writers(user: User, obj=None) -> bool:
    """Planners of the plan's own county; `obj` is a plan, a scenario or a run."""
    return user.role == User.Role.PLANNER and (obj is None or obj.division_id == user.division_id)
