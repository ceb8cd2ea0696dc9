"""Which zones were demonstration zones in former years: continuity counts them."""
from zones.models import YearPlan


def former_zones(plan: YearPlan) -> set[int]:
    return set()
