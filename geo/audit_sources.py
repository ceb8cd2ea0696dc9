"""What the audit chain runs over in this app: moves, accounts, sign-ins, reads of exact positions, edits by hand, files that left."""
from axes.models import AccessFailureLog, AccessLog
from django.apps import apps
from django.utils.translation import gettext_lazy as _

from geo.audit.sources import Group, Source, Told, register
from geo.models import AccountEvent, AuditEvent, Decision, Kept, SurveillanceAccess, SurveillanceRead, User


def state_label(kind: str, state: str) -> str:
    """The state's Chinese name, where the model says one."""
    try:
        fields = apps.get_model(kind)._meta.get_fields()
    except (LookupError, ValueError):
        return state
    return next((str(dict(each.choices)[state]) for each in fields if state in dict(getattr(each, "choices", None) or ())), state)


def _decision(row: Decision) -> Told:
    note = f"{state_label(row.kind, row.from_state)} → {state_label(row.kind, row.to_state)}"
    return Told("move", row.decided_by.username, row.division_id, row.kind, row.object_id, note)


def _account(row: AccountEvent) -> Told:
    by = row.by.username if row.by else ""
    note = row.note if row.what in (AccountEvent.What.MADE, AccountEvent.What.RIGHTS) else ""
    return Told(row.what, by, row.account.division_id, "geo.user", str(row.account_id), note, row.account.username)


def _access(row: SurveillanceAccess) -> Told:
    note = f"{row.reason.title}：{row.note}" if row.note else row.reason.title
    return Told("purpose", row.user.username, row.division_id, "geo.surveillancepoint", note=note)


def _read(row: SurveillanceRead) -> Told:
    who = row.access.user.username
    note = f"{row.access.reason.title} · {row.object_count}"
    return Told(row.door, who, row.access.division_id, "geo.surveillancepoint", note=note)


def _known(username: str | None) -> User | None:
    """What was typed as a name may be a password: only the names of accounts are copied."""
    return User.objects.filter(username=username or "").only("username", "division_id").first()


def _signed_in(row: AccessLog) -> Told:
    found = _known(row.username)
    name = found.username if found else ""
    return Told("in", name, found.division_id if found else "", "geo.user", note=row.ip_address or "", subject=name)


def _failed(row: AccessFailureLog) -> Told:
    found = _known(row.username)
    name = found.username if found else ""
    what = "locked" if row.locked_out else "failed"
    return Told(what, "", found.division_id if found else "", "geo.user", note=row.ip_address or "", subject=name)


def _kept(row: Kept) -> Told:
    context = row.pgh_context or {}
    by = User.objects.filter(pk=context.get("user")).only("username", "division_id").first()
    kind = type(row).pgh_tracked_model._meta.label_lower
    who, division = (by.username, by.division_id) if by else ("", "")
    return Told(row.pgh_label, who, getattr(row, "division_id", "") or division, kind, str(row.pgh_obj_id))


def _event(row: AuditEvent) -> Told:
    who, division = (row.by.username, row.by.division_id) if row.by else ("", "")
    return Told(row.what, who, division, row.kind, note=row.note)


EDITS = {"insert": _("新建"), "update": _("修改"), "delete": _("删除")}


def kept_sources(app: str) -> list[Source]:
    """Every event table of an app's tracked models."""
    found = [model for model in apps.get_app_config(app).get_models() if issubclass(model, Kept)]
    return [Source(model, Group.EDITS, "pgh_created_at", _kept, EDITS) for model in found]


register(
    Source(Decision, Group.DECISIONS, "decided_at", _decision, {"move": _("办理")}, ("decided_by",)),
    Source(
        AccountEvent, Group.ACCOUNTS, "at", _account, dict(AccountEvent.What.choices), ("account", "by"), subject="account",
    ),
    Source(
        SurveillanceAccess, Group.POINTS, "opened_at", _access, {"purpose": _("填写用途")}, ("user", "reason"), expires=True,
    ),
    Source(
        SurveillanceRead, Group.POINTS, "read_at", _read, dict(SurveillanceRead.Door.choices), ("access__user", "access__reason"),
        expires=True,
    ),
    Source(
        AccessLog, Group.SIGN_IN, "attempt_time", _signed_in, {"in": _("登录")}, without=frozenset({"logout_time"}), subject="username",
        expires=True,
    ),
    Source(
        AccessFailureLog, Group.SIGN_IN, "attempt_time", _failed, {"failed": _("密码不对"), "locked": _("已锁定")}, subject="username",
        expires=True,
    ),
    Source(AuditEvent, Group.FILES, "at", _event, dict(AuditEvent.What.choices), ("by",)),
    *kept_sources("geo"),
)  # fmt: skip

