"""Very many new rows in one table: without its indexes, foreign keys, counts and search marks, which are made good in one pass.

All of it is part of the caller's transaction: a failure or a killed process leaves everything as it was. Readers of the
layer wait until it ends; nobody sees the table without its rules.
"""
import contextlib
from collections.abc import Iterator

from django.db.backends.utils import CursorWrapper

from geo.importing import sql

# From so many new rows on, and only if the table at least doubles, building the indexes anew is quicker than keeping them.
ROWS = 50_000


def suits(cursor: CursorWrapper, table: str, new_count: int) -> bool:
    return new_count >= ROWS and is_owner(cursor, table) and new_count >= _value(cursor, sql.row_count(table))


def is_owner(cursor: CursorWrapper, table: str) -> bool:
    return _value(cursor, sql.OWNS, [table])


@contextlib.contextmanager
def many_rows(cursor: CursorWrapper, table: str, layer: str) -> Iterator[int]:
    """Gives a number; the caller writes rows whose ids are larger than it, and chooses the ids itself."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a table with checks still to come cannot be referred to anew
    constraints = _rows(cursor, sql.SECONDARY_CONSTRAINTS, [table])
    for name, _definition in constraints:
        cursor.execute(sql.drop_constraint(table, name))
    indexes = _rows(cursor, sql.SECONDARY_INDEXES, [table])
    for name, _definition in indexes:
        cursor.execute(sql.drop_index(name))
    watching = [name for (name,) in _rows(cursor, sql.WATCHING, [table])]
    for trigger in watching:
        cursor.execute(sql.switch(table, trigger, on=False))
    last = _value(cursor, sql.NEXT_ID, [table])
    yield last
    for _name, definition in indexes:
        cursor.execute(definition)
    for name, definition in constraints:
        cursor.execute(sql.add_constraint(table, name, definition))
    cursor.execute(sql.take_ids(table), {"table": table, "last": last})
    cursor.execute(sql.count_cells(table), [last])
    cursor.execute(sql.ADD_CELLS, [layer])
    if "search_mark_insert" in watching:
        cursor.execute(sql.mark_search(table), [layer, last])
    for trigger in watching:
        cursor.execute(sql.switch(table, trigger, on=True))


@contextlib.contextmanager
def defaults(cursor: CursorWrapper, table: str, values: dict[str, object]) -> Iterator[None]:
    """While it holds, new rows get these values in columns that are not named."""
    former = dict(_rows(cursor, sql.DEFAULTS, {"table": table, "columns": list(values)}))
    for column, value in values.items():
        cursor.execute(sql.set_default(table, column, value))
    yield
    for column in values:
        cursor.execute(sql.restore_default(table, column, former.get(column)))


def _rows(cursor: CursorWrapper, statement, values) -> list[tuple]:
    cursor.execute(statement, values)
    return cursor.fetchall()


def _value(cursor: CursorWrapper, statement, values=None):
    cursor.execute(statement, values)
    return cursor.fetchone()[0]
