"""The database engine of the settings: GeoDjango's own, whose cursors tell the scope beside each statement.

`SET LOCAL …; SELECT …` travels as one message: one way there and back, and one transaction even where Django opened none. What
takes only one statement in a message (COPY, a cursor on the server) gets a transaction of its own where there is none.
"""
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.contrib.gis.db.backends.postgis.base import DatabaseWrapper as PostgisWrapper
from django.db.backends.postgresql.base import TIMESTAMPTZ_OID, Cursor, ServerSideCursor
from django.db.backends.postgresql.psycopg_any import register_tzloader
from psycopg import ClientCursor
from psycopg.pq import Format, TransactionStatus
from psycopg.sql import Composable

from geo import walls
from geo.walls.sql import BARE, told


@contextmanager
def _told_first(connection, scope: str | None) -> Iterator[None]:
    idle = connection.autocommit and connection.info.transaction_status == TransactionStatus.IDLE
    with connection.transaction() if idle and scope is not None else nullcontext():
        if scope is not None:
            ClientCursor(connection).execute(told(scope))
        yield


def _text(query, connection) -> str:
    if isinstance(query, Composable):
        return query.as_string(connection)
    return query.decode() if isinstance(query, bytes) else query


class WalledCursor(Cursor):
    def execute(self, query, params=None, *, prepare=None, binary=None):
        scope = walls.scope()
        if scope is None:
            return super().execute(query, params, prepare=prepare, binary=binary)
        query = _text(query, self.connection)
        if query.lstrip().upper().startswith(BARE):
            return super().execute(query, params, prepare=prepare, binary=binary)
        if binary or self.format == Format.BINARY:
            with _told_first(self.connection, scope):
                return super().execute(query, params, prepare=prepare, binary=binary)
        before = told(scope) if params is None else told(scope).replace("%", "%%")
        super().execute(before + query, params, prepare=prepare, binary=binary)
        self.nextset()
        return self

    def executemany(self, query, params_seq, *, returning=False):
        with _told_first(self.connection, walls.scope()):
            return super().executemany(query, params_seq, returning=returning)

    @contextmanager
    def copy(self, statement, params=None, *, writer=None):
        with _told_first(self.connection, walls.scope()), super().copy(statement, params, writer=writer) as copy:
            yield copy


class WalledServerCursor(ServerSideCursor):
    """Rows in portions: each is fetched with the scope of the statement, whatever was asked in between."""

    scope: str | None = None

    def execute(self, query, params=None, **named):
        self.scope = walls.scope()
        with _told_first(self.connection, self.scope):
            return super().execute(query, params, **named)

    def fetchone(self):
        self._tell_again()
        return super().fetchone()

    def fetchmany(self, size=0):
        self._tell_again()
        return super().fetchmany(size)

    def fetchall(self):
        self._tell_again()
        return super().fetchall()

    def _tell_again(self) -> None:
        if self.scope is not None and self.connection.info.transaction_status == TransactionStatus.INTRANS:
            ClientCursor(self.connection).execute(told(self.scope))


class DatabaseWrapper(PostgisWrapper):
    def get_connection_params(self) -> dict:
        return {**super().get_connection_params(), **({"cursor_factory": WalledCursor} if self.alias == "default" else {})}

    def create_cursor(self, name=None):
        if not name or self.alias != "default":
            return super().create_cursor(name)
        cursor = WalledServerCursor(self.connection, name=name, scrollable=False, withhold=self.connection.autocommit)
        if self.timezone != self.connection.adapters.get_loader(TIMESTAMPTZ_OID, Format.TEXT).timezone:
            register_tzloader(self.timezone, cursor)
        return cursor
