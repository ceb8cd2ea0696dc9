from django.db import migrations

from geo.walls.sql import by_division, by_parent, no_wall, of_division, wall
from zones.sql import ISSUE_READERS, RECEIVED_PHOTO, SUBMISSION_OF_INSPECTION

BY_DIVISION = (
    "zones_inspection", "zones_rectificationzone", "zones_rectificationzonekept", "zones_feedback", "zones_appeal",
    "zones_reinspectionrequest", "zones_rightofreply",
)  # fmt: skip
OF_PLACES = (
    ("zones_grade", "geo_compound", "compound_id"),
    ("zones_compoundobjection", "geo_compound", "compound_id"),
    ("zones_managercode", "geo_compound", "compound_id"),
    ("zones_fourfreetitle", "geo_courtyard", "courtyard_id"),
)
BY_PARENT = (
    ("zones_jointunit", "zones_issue", "issue_id"),
    ("zones_issuenote", "zones_issue", "issue_id"),
    ("zones_issuephoto", "zones_issue", "issue_id"),
    ("zones_issuecheck", "zones_issue", "issue_id"),
    ("zones_issuewatch", "zones_issue", "issue_id"),
    ("zones_issuelink", "zones_issue", "first_id"),
    ("zones_zonefinding", "zones_rectificationzone", "zone_id"),
    ("zones_zonephoto", "zones_rectificationzone", "zone_id"),
    ("zones_gradeproposal", "zones_grade", "grade_id"),
    ("zones_objectionfile", "zones_compoundobjection", "objection_id"),
)


def walls() -> list[tuple[str, str]]:
    divisions = [(table, by_division()) for table in BY_DIVISION]
    places = [(table, of_division(place, key, of=table)) for table, place, key in OF_PLACES]
    parents = [(table, by_parent(parent, key, of=table)) for table, parent, key in BY_PARENT]
    return [*divisions, ("zones_issue", ISSUE_READERS), *places, *parents, ("zones_receivedphoto", RECEIVED_PHOTO)]


class Migration(migrations.Migration):
    dependencies = [("zones", "0023_restorable_notices"), ("geo", "0017_second_wall"), ("patrol", "0008_second_wall")]

    operations = [
        *(migrations.RunSQL(wall(table, rule), no_wall(table)) for table, rule in walls()),
        migrations.RunSQL(SUBMISSION_OF_INSPECTION, "DROP POLICY inspection ON patrol_submission"),
    ]
