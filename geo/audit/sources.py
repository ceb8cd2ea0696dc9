"""The append-only tables that the chain runs over: each app declares its own (`audit_sources.py`, found as its layers are)."""
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.contrib.gis.db import models
from django.utils.translation import gettext_lazy as _


class Group(models.TextChoices):
    POINTS = "points", _("查阅监控点")
    TRACKS = "tracks", _("查看轨迹")
    ACCOUNTS = "accounts", _("账号")
    SIGN_IN = "sign_in", _("登录")
    DECISIONS = "decisions", _("办理")
    EDITS = "edits", _("修改对象")
    FILES = "files", _("导出")
    REFUSED = "refused", _("冲突的提交")
    AUDIT = "audit", _("审计自身")


@dataclass(frozen=True)
class Told:
    """A row in short. `who` did it, `subject` is the account whose data or rights it is about, `kind` the object's model."""

    what: str
    who: str = ""
    division: str = ""
    kind: str = ""
    object_id: str = ""
    note: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Source:
    """`at` is the server's own time of the row. `without`: columns that may still be filled in after the row was written.

    `subject` is the lookup from a row to the account that it is about, for that account's own page. `expires`: the rows go with
    their entries when the audit's time is over; business records stay.
    """

    model: type[models.Model]
    group: Group
    at: str
    tell: Callable[[models.Model], Told]
    labels: Mapping[str, object]
    related: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()
    subject: str = ""
    expires: bool = False
    columns: tuple[str, ...] = field(init=False)

    def __post_init__(self):
        kept = [each for each in self.model._meta.local_concrete_fields if not each.generated and each.name not in self.without]
        object.__setattr__(self, "columns", tuple(sorted(each.attname for each in kept)))

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    def rows(self, using: str = "default") -> models.QuerySet:
        """All of them: the chain is of the whole installation."""
        return self.model._base_manager.using(using).order_by("pk")

    def label(self, what: str) -> str:
        return str(self.labels.get(what, what))


_sources: dict[str, Source] = {}


def register(*found: Source) -> None:
    _sources.update({source.name: source for source in found})


def all_sources() -> list[Source]:
    return [_sources[name] for name in sorted(_sources)]


def named(name: str) -> Source | None:
    return _sources.get(name)


def names_of(groups: Iterable[str]) -> list[str]:
    return [source.name for source in all_sources() if source.group in groups]
