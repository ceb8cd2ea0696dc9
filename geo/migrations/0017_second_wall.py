from django.db import migrations

from geo.walls.sql import TERRITORY, by_division, no_wall, wall

# Who read the register (accesses and reads) is the auditor's business, who has no business data: no wall there.
TABLES = ("geo_surveillancepoint", "geo_surveillancepointkept", "geo_surveillancecheck", "geo_surveillanceexport")


class Migration(migrations.Migration):
    dependencies = [("geo", "0016_restorable_history")]

    operations = [
        migrations.RunSQL(TERRITORY, "DROP FUNCTION siwu_territory()"),
        *(migrations.RunSQL(wall(table, by_division()), no_wall(table)) for table in TABLES),
    ]
