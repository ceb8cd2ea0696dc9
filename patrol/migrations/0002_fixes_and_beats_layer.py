from django.db import migrations

from geo.search.sql import search_triggers
from geo.sql import layer_triggers
from patrol.sql import FIX_TABLE


class Migration(migrations.Migration):
    dependencies = [("patrol", "0001_patrol"), ("geo", "0012_facility_history")]

    operations = [
        migrations.RunSQL(FIX_TABLE, "DROP TABLE patrol_fix"),
        migrations.RunSQL(layer_triggers("patrol_beat", "beats"), migrations.RunSQL.noop),
        migrations.RunSQL(search_triggers("patrol_beat", "beats"), migrations.RunSQL.noop),
    ]
