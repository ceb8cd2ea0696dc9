"""The application's role adds to what the audit runs over, and changes nothing of it: no right to, beside the triggers that refuse.

A trigger alone can be told to stand aside by a setting that any role may make.
"""
from django.apps import apps
from django.conf import settings
from django.db import connections
from psycopg import sql

from geo.audit.sources import all_sources as sources
from geo.sql import ADD_ONLY, MAY_FILL_IN

OWN = ("AuditCheck", "AuditEntry", "AuditForm", "AuditHead", "AuditPurge", "PublishedAccess")


def settle(using: str, **_about) -> None:
    """After each migration, since a new table begins with every right. Nothing where one role is owner and application."""
    app = settings.DATABASES["default"]["USER"]
    if using != "owner" or app == settings.DATABASES["owner"]["USER"]:
        return
    with connections[using].cursor() as cursor:
        here = set(connections[using].introspection.table_names(cursor))
        names = {each.name: sql.Identifier(each.model._meta.db_table) for each in sources() if each.model._meta.db_table in here}
        own = [apps.get_model("geo", name)._meta.db_table for name in OWN]
        tables = [*names.values(), *(sql.Identifier(table) for table in own if table in here)]
        if not tables:
            return
        role = sql.Identifier(app)
        cursor.execute(sql.SQL(ADD_ONLY).format(tables=sql.SQL(", ").join(tables), app=role))
        for each in sources():
            for column in sorted(each.without) if each.name in names else ():
                cursor.execute(sql.SQL(MAY_FILL_IN).format(column=sql.Identifier(column), table=names[each.name], app=role))
