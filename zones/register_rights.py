"""Who may do what with an issue: registered by whoever sees it, mended by its unit, judged by the level in charge or above."""
from geo.models import User
from zones.models import Issue, UnitLevel
from zones.register_rules import RANKS

Role = User.Role
RANK_OF_ROLE = {
    Role.VILLAGE_CADRE: RANKS[UnitLevel.VILLAGE], Role.TOWN_OFFICER: RANKS[UnitLevel.TOWN], Role.COUNTY_OFFICER: RANKS[UnitLevel.COUNTY],
}  # fmt: skip


def registers(user: User) -> bool:
    """Whoever may register by hand, comment and hand in photos: officers and village cadres."""
    return user.role in RANK_OF_ROLE


def in_charge(user: User, issue: Issue) -> bool:
    """Of the territory, and not below the level that the issue has reached: assigns, sets deadlines, shares."""
    return issue.division_id.startswith(user.division_id) and RANK_OF_ROLE.get(user.role, -1) >= RANKS[issue.level]


def verifiers(user: User, issue: Issue) -> bool:
    """Officers in charge: a village's own cadre does not close."""
    return user.writes_business_data and in_charge(user, issue)


def handlers(user: User, issue: Issue) -> bool:
    """The responsible unit and those that share the issue; a town's officers also for its villages."""
    if not registers(user):
        return False
    units = [issue.unit_id, *issue.joint_units.values_list("unit_id", flat=True)]
    is_town = user.role == Role.TOWN_OFFICER
    return any(unit == user.division_id or (is_town and unit.startswith(user.division_id)) for unit in units)


def partners(user: User, issue: Issue) -> bool:
    """Everybody who works on the issue: comments, photos, related issues."""
    return in_charge(user, issue) or handlers(user, issue) or (registers(user) and issue.division_id.startswith(user.division_id))
