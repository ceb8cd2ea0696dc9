"""What stands beside a published grade: an appeal's course, its answer, the manager's reply (R20, promise 35).

A standing is kept with the publication that was contested and read for that period's later ones too, so a correction on
another's account loses neither a pending appeal nor a reply.
"""
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from zones.models import Publication, Standing
from zones.published import PUBLIC


def of(publication: Publication, public_ids: Iterable[UUID] | None = None, *, using: str = PUBLIC) -> dict[UUID, Standing]:
    """By public id, in one query; without ids every one that there is. As of this publication: what came later is not read into it."""
    rows = Standing.objects.using(using).filter(publication__period=publication.period, publication__number__lte=publication.number)
    if public_ids is not None:
        rows = rows.filter(public_id__in=list(public_ids))
    return {each.public_id: each for each in rows.order_by("publication__number")}


def put(publication: Publication, public_id: UUID, *, now: datetime, **facts) -> Standing:
    """Write what changed of a grade's standing: a row of this publication, begun from what its period says so far."""
    before = of(publication, [public_id], using="default").get(public_id)
    kept = {name: getattr(before, name) for name in ("state", "since", "outcome_text", "reply_text")} if before else {"since": now}
    row, _new = Standing.objects.update_or_create(
        publication=publication, public_id=public_id, defaults=kept | facts | {"updated_at": now}
    )
    return row
