"""The auditor's list, and what each account may know about itself."""
from dataclasses import dataclass
from datetime import date, datetime

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from geo.audit.sources import Group, Told, all_sources, named, names_of
from geo.models import AuditCheck, AuditEntry, AuditHead, User

ROWS_AT_MOST = 100_000
# Of each kind of record on one's own page.
OWN_AT_MOST = 300


def insist_on_auditor(user: User) -> None:
    """Nobody else, the other two administrators included."""
    if user.role != User.Role.AUDITOR:
        raise PermissionDenied


def entries(user: User, asked: dict[str, str]) -> models.QuerySet[AuditEntry]:
    """Of the auditor's territory, and what has none; the newest first. A filter that cannot be read lets everything through."""
    insist_on_auditor(user)
    found = AuditEntry.objects.filter(Q(division__startswith=user.division_id) | Q(division="")).order_by("-seq")
    if since := day_of(asked["from"]):
        found = found.filter(day__gte=since)
    if until := day_of(asked["to"]):
        found = found.filter(day__lte=until)
    if asked["who"]:
        found = found.filter(Q(who__iexact=asked["who"]) | Q(subject__iexact=asked["who"]))
    if asked["group"] in Group.values:
        found = found.filter(source__in=names_of([asked["group"]]))
    if asked["kind"]:
        found = found.filter(kind=asked["kind"])
    return found


def day_of(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def described(entry: AuditEntry) -> AuditEntry:
    """The entry with what its codes mean, in the reader's language."""
    source = named(entry.source)
    entry.group = source.group.label if source else entry.source
    entry.label = source.label(entry.what) if source else entry.what
    entry.kind_label = kind_label(entry.kind)
    return entry


def kind_label(kind: str) -> str:
    try:
        return str(apps.get_model(kind)._meta.verbose_name) if kind else ""
    except (LookupError, ValueError):
        return kind


def kinds(user: User) -> list[tuple[str, str]]:
    insist_on_auditor(user)
    found = AuditEntry.objects.exclude(kind="").order_by().values_list("kind", flat=True).distinct()
    return sorted(((kind, kind_label(kind)) for kind in found), key=lambda each: each[1])


def state() -> dict:
    """How the chain stood when it was last verified, and its newest day outside."""
    return {
        "check": AuditCheck.objects.order_by("-pk").first(),
        "head": AuditHead.objects.order_by("-day").first(),
        "last": AuditEntry.objects.order_by("-seq").first(),
    }


def sheet(rows: models.QuerySet[AuditEntry], asked: dict[str, str]) -> tuple:
    headers = [
        _("序号"), _("入链日"), _("时间"), _("账号"), _("事项类别"), _("事项"), _("对象类别"), _("对象编号"),
        _("所涉账号"), _("说明"), _("摘要"),
    ]  # fmt: skip
    told = ([
        each.seq, each.day, f"{timezone.localtime(each.at):%Y-%m-%d %H:%M:%S}", each.who, each.group, each.label, each.kind_label,
        each.object_id, each.subject, each.note, each.hash,
    ] for each in map(described, rows[:ROWS_AT_MOST].iterator(2000)))  # fmt: skip
    notes = [_("条件：%(asked)s") % {"asked": words_of(asked) or _("全部")}]
    return (_("审计"), headers, told, notes)


def words_of(asked: dict[str, str]) -> str:
    return " ".join(f"{name}={value}" for name, value in asked.items() if value)


@dataclass(frozen=True)
class Own:
    """Somebody looked at, or did something to, what is mine."""

    at: datetime
    group: str
    label: str
    told: Told
    by: User | None = None


def concerning(user: User) -> list[Own]:
    """The rows themselves, not the chain: what happened a moment ago is there. The newest first."""
    found = []
    for source in all_sources():
        if not source.subject:
            continue
        is_name = not source.model._meta.get_field(source.subject).is_relation
        rows = source.rows().filter(**{source.subject: user.username if is_name else user}).select_related(*source.related)
        for row in rows.order_by("-pk")[:OWN_AT_MOST]:
            told = source.tell(row)
            found.append((getattr(row, source.at), source, told))
    names = {told.who for _at, _source, told in found}
    people = {each.username: each for each in User.objects.filter(username__in=names).select_related("division")}
    found.sort(key=lambda each: each[0], reverse=True)
    return [Own(at, source.group, source.label(told.what), told, people.get(told.who)) for at, source, told in found]
