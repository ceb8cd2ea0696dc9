"""The one function behind every edit by a person: rights, values, place, rules of the database, history; all or nothing.

    editing.create(layer, {"name": "西苑小区", "geom": geojson}, by=user, now=now)
    editing.change(layer, pk, {"household_count": 120}, by=user, now=now, version=editing.version_of(compound))
    editing.change_many(layer, pks, {"manager_unit": "物业"}, by=user, now=now)
    editing.remove(layer, pk, by=user, now=now, version=…, why="已拆除")
    editing.restore(layer, pk, entry.key, by=user, now=now, version=…)      the values before that entry, as a new edit
    editing.history(layer, pk, user=user)
"""
from geo.editing.history import Change, Entry
from geo.editing.reading import history, last_state, may_edit, rows, version_of
from geo.editing.refusals import Busy, EditRefused, Stale
from geo.editing.writing import EditReport, Refusal, change, change_many, create, remove, restore

__all__ = [
    "Busy", "Change", "EditRefused", "EditReport", "Entry", "Refusal", "Stale", "change", "change_many", "create", "history",
    "last_state", "may_edit", "remove", "restore", "rows", "version_of",
]  # fmt: skip
