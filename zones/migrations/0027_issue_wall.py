from django.db import migrations

from zones.sql import ISSUE_READERS


class Migration(migrations.Migration):
    dependencies = [("zones", "0025_rule_drafts")]

    operations = [
        # The same rows as before, asked in the cheaper order.
        migrations.RunSQL(
            f"ALTER POLICY territory ON zones_issue USING ({ISSUE_READERS}) WITH CHECK ({ISSUE_READERS})", migrations.RunSQL.noop
        ),
    ]
