"""What became of one shift, newest first: its former rows and its crew's, which triggers keep, told as other objects' history is."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.editing.history import Change, Entry
from geo.models import Kept, Station, User
from patrol import plan_reading as reading
from patrol.models import Beat, CrewKept, Shift, ShiftKept, Team

HOW = {
    "plan": gettext_lazy("排班"),
    "copy": gettext_lazy("由前一周复制"),
    "move": gettext_lazy("改时间"),
    "crew": gettext_lazy("换人"),
    "change": gettext_lazy("修改"),
    "cancel": gettext_lazy("取消"),
    "system": gettext_lazy("系统更新"),
}
TOLD = ("team", "kind", "beat", "station", "needed_count", "note")
FETCHED = "the shift was fetched through the reader's rights"


class Step(Entry):
    @property
    def how_label(self) -> str:
        return str(HOW[self.how])


@dataclass
class _Change:
    """One verb's rows: the shift as it was before, and who came and went."""

    at: datetime
    user: int | None
    how: str
    before: ShiftKept | None = None
    came: set[int] = field(default_factory=set)
    went: set[int] = field(default_factory=set)


def entries(shift: Shift) -> list[Step]:
    changes = _changes(shift)
    crew = set(shift.crew.values_list("user_id", flat=True))
    people = crew.union(*(each.came | each.went for each in changes), (each.user for each in changes if each.user))
    names = dict(User.objects.filter(pk__in=people | {shift.created_by_id}).values_list("pk", "username"))
    told, after = [], shift
    for each in reversed(changes):
        earlier = (crew - each.came) | each.went
        # The first row of a shift is its beginning: there is nothing that it replaced.
        differs = _fields(each.before, after) if each.before else []
        if earlier != crew:
            differs.append(Change("crew", _("当班人员"), _listed(earlier, names), _listed(crew, names)))
        told.append(Step("", each.at, names.get(each.user, ""), each.how, None, differs))
        crew, after = earlier, each.before or after
    # What was done before histories were kept stands in the shift itself.
    if shift.cancelled_at and not any(each.how == "cancel" for each in told):
        told.insert(0, Step("", shift.cancelled_at, str(shift.cancelled_by), "cancel", None))
    if not any(each.how in ("plan", "copy") for each in told):
        told.append(Step("", shift.created_at, names[shift.created_by_id], "plan", None))
    return told


def _changes(shift: Shift) -> list[_Change]:
    """In the order of time. Rows of one verb carry the same account and moment."""
    found: dict[tuple, _Change] = {}
    for row in ShiftKept.objects.filter(pgh_obj_id=shift.pk).order_by("pk"):
        change = _of(found, row)
        if row.pgh_label == "update" and change.before is None:
            change.before = row
    for row in CrewKept.objects.filter(shift_id=shift.pk).order_by("pk"):
        change = _of(found, row)
        (change.came if row.pgh_label == "insert" else change.went).add(row.user_id)
    return sorted(found.values(), key=lambda each: each.at)


def _of(found: dict[tuple, _Change], row: Kept) -> _Change:
    told = row.pgh_context or {}
    at = datetime.fromisoformat(told["at"]) if told.get("at") else row.pgh_created_at
    how = told.get("how") if told.get("how") in HOW else "system"
    return found.setdefault((at, told.get("user"), how), _Change(at, told.get("user"), how))


def _fields(before: ShiftKept, after: Shift | ShiftKept) -> list[Change]:
    old, new = (reading.clock(each.starts_at, each.ends_at) for each in (before, after))
    return ([Change("when", _("时间"), old, new)] if old != new else []) + [
        Change(each.name, str(each.verbose_name), _read(before, each.name), _read(after, each.name))
        for each in map(Shift._meta.get_field, TOLD)
        if getattr(before, each.attname) != getattr(after, each.attname)
    ]


def _read(row: Shift | ShiftKept, name: str) -> str:
    places = {"beat": Beat, "station": Station, "team": Team}
    if name in places:
        rows = places[name].objects.everywhere(FETCHED).filter(pk=getattr(row, f"{name}_id"))
        return rows.values_list("name", flat=True).first() or _("空")
    return str(row.get_kind_display() if name == "kind" else getattr(row, name)) or _("空")


def _listed(people: Iterable[int], names: dict[int, str]) -> str:
    return "、".join(sorted(names[each] for each in people)) or _("没有人")
