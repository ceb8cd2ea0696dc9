"""What stands beside a published grade: an appeal's course, its answer, the manager's reply (R20, promise 35).

One row for a grade of a period, whichever of the period's publications was contested: a correction on another's account loses
neither a pending appeal nor a reply. So rows are found by the publication's period, never by its key.
"""
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from zones.models import Publication, Standing
from zones.published import PUBLIC


def of(publication: Publication, public_ids: Iterable[UUID] | None = None, *, using: str = PUBLIC) -> dict[UUID, Standing]:
    """By public id, in one query; without ids every one that there is."""
    rows = Standing.objects.using(using).filter(publication__period=publication.period)
    if public_ids is not None:
        rows = rows.filter(public_id__in=list(public_ids))
    return {each.public_id: each for each in rows.order_by("publication__number")}


def put(publication: Publication, public_id: UUID, *, now: datetime, **facts) -> Standing:
    """Write what changed of a grade's standing; the row goes along with the publication that is current."""
    row = of(publication, [public_id], using="default").get(public_id) or Standing(public_id=public_id, since=now)
    row.publication, row.updated_at = publication, now
    for name, value in facts.items():
        setattr(row, name, value)
    row.save(using="default")
    return row
