from django.conf import settings
from django.db import migrations
from psycopg import sql

from geo.sql import CELL_FUNCTIONS, DIVISION_PIECES, GRANT_APPLICATION, LAYER_FUNCTIONS, layer_triggers, version_trigger


def grant_application(apps, schema_editor) -> None:
    role = sql.Identifier(settings.DATABASES["default"]["USER"])
    with schema_editor.connection.cursor() as cursor:
        for statement in GRANT_APPLICATION:
            cursor.execute(sql.SQL(statement).format(app=role))


class Migration(migrations.Migration):
    dependencies = [("geo", "0001_places"), ("sessions", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.RunPython(grant_application, migrations.RunPython.noop),
        migrations.RunSQL(CELL_FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(LAYER_FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(DIVISION_PIECES, migrations.RunSQL.noop),
        *(
            migrations.RunSQL(layer_triggers(f"geo_{table}", layer), migrations.RunSQL.noop)
            for table, layer in (
                ("compound", "compounds"),
                ("courtyard", "courtyards"),
                ("station", "stations"),
                ("surveillancepoint", "surveillance"),
                ("premises", "premises"),
                ("incident", "incidents"),
            )
        ),
        migrations.RunSQL(version_trigger("geo_divisionoutline", "divisions"), migrations.RunSQL.noop),
        migrations.RunSQL(version_trigger("geo_basemapfeature", "basemap"), migrations.RunSQL.noop),
    ]
