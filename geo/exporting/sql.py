"""The one statement of an export: whatever a queryset selects, as PostgreSQL's own CSV."""
from psycopg import sql


def copy_out(select: str) -> sql.Composable:
    """`select` is what Django compiled, with its placeholders; psycopg binds them, because COPY takes no parameters itself."""
    return sql.SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(sql.SQL(select))
