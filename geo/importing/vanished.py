"""What earlier files of the same source brought and a new one lacks. It is shown and never deleted."""
from django.db.backends.utils import CursorWrapper

from geo.importing import sql
from geo.importing.guesses import header_digest
from geo.importing.planning import Plan
from geo.models import Batch, ImportDraft

KEPT = 1000


def ids(cursor: CursorWrapper, plan: Plan, draft: ImportDraft) -> list[int]:
    """Numbers of the objects, within the importer's territory. The same source: the same layer and the same header.

    Rows that the file has but that are rejected are not missing, except two of one key.
    """
    earlier = earlier_batches(draft)
    if not earlier:
        return []
    cursor.execute(sql.vanished(plan.table), {"batches": earlier, "prefix": draft.division_id})
    return [pk for (pk,) in cursor.fetchall()]


def earlier_batches(draft: ImportDraft) -> list[int]:
    digest = header_digest(draft.meta["columns"])
    applied = ImportDraft.objects.everywhere("a source is the same whoever uploads it").filter(
        layer=draft.layer, state=ImportDraft.State.APPLIED, batch__state=Batch.State.APPLIED
    )
    return [batch for batch, meta in applied.values_list("batch_id", "meta") if header_digest(meta["columns"]) == digest]
