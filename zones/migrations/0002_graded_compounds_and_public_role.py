from django.conf import settings
from django.db import migrations
from psycopg import sql

from geo.sql import layer_triggers, version_trigger

# The newest computed round decides the colour; a compound without a grade is not graded.
GRADED_COMPOUNDS = """
CREATE VIEW zones_gradedcompound WITH (security_invoker = true) AS
SELECT c.id, c.name, c.source_key, c.division_id, c.kind, c.household_count, c.geom, c.geom_3857,
       r.period, s.version AS scheme_version, coalesce(g.colour, 'not_graded') AS colour
FROM geo_compound c
LEFT JOIN (SELECT * FROM zones_ratinground WHERE computed_at IS NOT NULL ORDER BY starts_on DESC LIMIT 1) r ON true
LEFT JOIN zones_ratingscheme s ON s.id = r.scheme_id
LEFT JOIN zones_grade g ON g.round_id = r.id AND g.compound_id = c.id
"""

# All that the public role can read: what was published, and the codes and names of divisions.
PUBLISHED_TABLES = ("zones_publication", "zones_publishedgrade", "geo_division", "geo_divisionoutline")


def grant_public(apps, schema_editor) -> None:
    role = sql.Identifier(settings.DATABASES["public"]["USER"])
    if settings.DATABASES["public"]["USER"] == settings.DATABASES["owner"]["USER"]:
        raise RuntimeError("公开页面须使用单独的数据库角色。 The public pages need a database role of their own: set SIWU_PUBLIC_DATABASE_URL.")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
        for table in PUBLISHED_TABLES:
            cursor.execute(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(table), role))


class Migration(migrations.Migration):
    dependencies = [("zones", "0001_ratings"), ("geo", "0002_roles_and_layer_triggers")]

    operations = [
        migrations.RunSQL(GRADED_COMPOUNDS, "DROP VIEW zones_gradedcompound"),
        migrations.RunSQL(layer_triggers("zones_rectificationzone", "zones"), migrations.RunSQL.noop),
        migrations.RunSQL(version_trigger("zones_grade", "grades"), migrations.RunSQL.noop),
        migrations.RunPython(grant_public, migrations.RunPython.noop),
    ]
