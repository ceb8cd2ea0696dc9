from django.db import migrations

from geo.sql import CELL_FUNCTIONS


class Migration(migrations.Migration):
    dependencies = [("geo", "0008_saved_views")]

    operations = [migrations.RunSQL(CELL_FUNCTIONS, migrations.RunSQL.noop)]
