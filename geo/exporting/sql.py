"""The statements of an export: whatever a queryset selects, as PostgreSQL's own CSV."""
from psycopg import sql

# Rows in the order of their keys come from the key's index as they are found. The planner, which looks at the whole time only,
# would rather sort a million wide rows first, and the reader would wait seconds for the first of them.
AS_FOUND = "SELECT set_config('enable_sort', 'off', true)"


def copy_out(select: str) -> sql.Composable:
    """`select` is what Django compiled, with its placeholders; psycopg binds them, because COPY takes no parameters itself."""
    return sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(sql.SQL(select))
