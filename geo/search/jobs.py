"""The search's own work in the background."""
from celery import shared_task

from geo.search import filling


@shared_task(name="geo.search.jobs.settle")
def settle() -> int:
    """Bring the search up to date with what has been marked; one at a time, whoever else is asked."""
    return filling.settle()
