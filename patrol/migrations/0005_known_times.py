from django.db import migrations

from patrol.sql import KNOWN_TIMES_FUNCTION


class Migration(migrations.Migration):
    dependencies = [("patrol", "0004_measures_by_declaration")]

    operations = [migrations.RunSQL(KNOWN_TIMES_FUNCTION, "DROP FUNCTION patrol_known_times(integer, timestamptz, timestamptz)")]
