from django.db import migrations

from geo.sql import CELL_FUNCTIONS


class Migration(migrations.Migration):
    dependencies = [("geo", "0009_place_kinds_and_facilities")]

    operations = [migrations.RunSQL(CELL_FUNCTIONS, migrations.RunSQL.noop)]
