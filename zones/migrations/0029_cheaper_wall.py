from django.db import migrations

from geo.walls.sql import SAID_ANEW


class Migration(migrations.Migration):
    dependencies = [("geo", "0019_audit_chain"), ("patrol", "0009_tracks_are_kept_for_days"), ("zones", "0025_rule_drafts")]

    operations = [migrations.RunSQL(SAID_ANEW, migrations.RunSQL.noop)]
