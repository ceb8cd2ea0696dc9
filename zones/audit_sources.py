"""What the audit chain runs over in this app: notes of issues, edits of zones. Its moves are decisions, which geo declares."""
from geo.audit.sources import Group, Source, Told, register
from geo.audit_sources import kept_sources
from zones.models import IssueNote


def _note(row: IssueNote) -> Told:
    """What kind of note, never its text: the auditor reads no business data."""
    return Told(row.kind, row.by.username if row.by else "", row.issue.division_id, "zones.issue", str(row.issue_id))


register(
    Source(IssueNote, Group.DECISIONS, "at", _note, dict(IssueNote.Kind.choices), ("by", "issue")),
    *kept_sources("zones"),
)
