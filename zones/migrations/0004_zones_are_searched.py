from django.db import migrations

from geo.search.sql import search_triggers


class Migration(migrations.Migration):
    dependencies = [("zones", "0003_registers_version"), ("geo", "0004_search_entries")]

    operations = [migrations.RunSQL(search_triggers("zones_rectificationzone", "zones"), migrations.RunSQL.noop)]
