from django.conf import settings
from django.db import migrations
from psycopg import sql

from geo.walls.sql import by_division, by_parent, no_wall, wall
from patrol.sql import (
    CLOSE_MONTH,
    DEVICE_OF_TERRITORY,
    FIXES_SEEN,
    MONTHS,
    NO_FIXES_SEEN,
    ONLY_ADDED_TO,
    OPEN_AGAIN,
    PHOTO_OF_SUBMISSION,
    SUBMISSION_OF_ENTRY,
)

BY_DIVISION = (
    "patrol_team", "patrol_beat", "patrol_beatkept", "patrol_shift", "patrol_planproposal", "patrol_patrol", "patrol_logentry",
    "patrol_presencehour",
)  # fmt: skip
BY_PARENT = (
    ("patrol_membership", "patrol_team", "team_id"),
    ("patrol_crew", "patrol_shift", "shift_id"),
    ("patrol_patrolevent", "patrol_patrol", "patrol_id"),
    ("patrol_trackchunk", "patrol_patrol", "patrol_id"),
    ("patrol_track", "patrol_patrol", "patrol_id"),
    ("patrol_touchedpatrol", "patrol_patrol", "patrol_id"),
)
# What came from a device is its holder's territory's; what it is about adds who else may see it.
BY_DEVICE = (("patrol_submission", SUBMISSION_OF_ENTRY), ("patrol_photo", PHOTO_OF_SUBMISSION), ("patrol_intakeconflict", None))


def walls() -> list[tuple[str, str]]:
    divisions = [(table, by_division()) for table in BY_DIVISION]
    parents = [(table, by_parent(parent, key, of=table)) for table, parent, key in BY_PARENT]
    devices = [(table, f"{DEVICE_OF_TERRITORY} OR {more}" if more else DEVICE_OF_TERRITORY) for table, more in BY_DEVICE]
    return divisions + parents + devices


def close_fixes(apps, schema_editor, *, whole: str = ONLY_ADDED_TO, month: str = CLOSE_MONTH) -> None:
    role = sql.Identifier(settings.DATABASES["default"]["USER"])
    if settings.DATABASES["default"]["USER"] == settings.DATABASES["owner"]["USER"]:
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(MONTHS)
        months = [name for (name,) in cursor.fetchall()]
        for table, text in (("patrol_fix", whole), *((name, month) for name in months)):
            cursor.execute(sql.SQL(text).format(table=sql.Identifier(table), month=sql.Identifier(table), app=role))


def open_fixes(apps, schema_editor) -> None:
    close_fixes(apps, schema_editor, whole=OPEN_AGAIN, month=OPEN_AGAIN)


class Migration(migrations.Migration):
    dependencies = [("patrol", "0007_restorable_history"), ("geo", "0017_second_wall")]

    operations = [
        *(migrations.RunSQL(wall(table, rule), no_wall(table)) for table, rule in walls()),
        migrations.RunSQL(FIXES_SEEN, NO_FIXES_SEEN),
        migrations.RunPython(close_fixes, open_fixes),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.AlterModelTable("fix", "patrol_fix_seen")],
        ),
    ]
