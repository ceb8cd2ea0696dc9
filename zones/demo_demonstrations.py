"""Invented demonstration zones of two former years. The older year began as the demo's incidents do: of it, nothing can be told."""
from datetime import date

from geo.models import User
from zones.models import Demonstration, RectificationZone

# year: first day, the day after the last, and how many zones of which kinds. The demo's incidents run from 2024-10 to 2026-09.
YEARS = {
    2024: (date(2024, 10, 15), date(2025, 10, 15), ("campus", "park", "station")),
    2025: (date(2025, 10, 1), None, ("old_compounds", "old_compounds", "urban_village", "fringe", "campus")),
}
BUDGETS = (62, 85, 48, 96, 73)


def load() -> int:
    """Zones that were listed before the year began and are not among those that show a zone's way. Inside the demo's transaction."""
    county = User.objects.get_by_natural_key("county")
    taken: set[int] = set()
    for year, (first, end, kinds) in YEARS.items():
        for kind, budget in zip(kinds, BUDGETS, strict=False):
            rows = RectificationZone.objects.visible_to(county).filter(kind=kind, listed_on__lte=first, findings=None)
            zone = rows.exclude(pk__in=taken).order_by("source_key").first()
            if zone is not None:
                taken.add(zone.pk)
                Demonstration.objects.create(
                    zone=zone, year=year, designated_on=first, ended_on=end, budget=budget, is_invented=True
                )
    return len(taken)
