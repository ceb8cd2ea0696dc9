"""The verbs of editing, each one transaction."""
import contextlib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError, OperationalError, connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from geo.editing import placing, references, values
from geo.editing.context import said
from geo.editing.history import Entry, entries, kept_model, tracked
from geo.editing.reading import last_state, may_edit, rows, version_of
from geo.editing.refusals import Busy, EditRefused, Stale, broken, referring
from geo.layers import Layer
from geo.models import User
from geo.sql import BEGIN_EDIT

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_TICK = timedelta(microseconds=1)
NAMED_AT_MOST = 50


@dataclass(frozen=True)
class Refusal:
    """One object that a bulk edit may not change, and why."""

    pk: int
    name: str
    messages: dict[str, list[str]]


@dataclass
class EditReport:
    """What a bulk edit did. With anything refused nothing was changed."""

    changed_count: int = 0
    unchanged_count: int = 0
    refused: list[Refusal] = field(default_factory=list)


def create(layer: Layer, given: dict, *, by: User, now: datetime, why: str = "") -> models.Model:
    """A new object; its division follows from its geometry. Raises EditRefused or PermissionDenied; then nothing is written.

    `why` stands in its history: what it comes from, where that is no form.
    """
    _insist(layer, by)
    cleaned = values.clean(layer, given)
    if absent := values.missing(layer, cleaned) | ({} if cleaned.get("geom") else {"geom": [_("请在图上画出位置，或填写坐标。")]}):
        raise EditRefused(absent)
    with _edit(layer, by=by, now=now, how="create", why=why):
        return _insert(layer, layer.model(), cleaned, by=by, now=now)


def change(layer: Layer, pk: int, given: dict, *, by: User, now: datetime, version: str) -> models.Model:
    """Change some values of an object. `version` is what the editor had before them: raises Stale if that has changed since."""
    _insist(layer, by)
    cleaned = values.clean(layer, given)
    with _edit(layer, by=by, now=now, how="edit"):
        found = _locked(layer, pk, by, version, cleaned)
        return _write(layer, found, cleaned, by=by, now=now)


def change_many(layer: Layer, pks: list[int], given: dict, *, by: User, now: datetime) -> EditReport:
    """The same values for many objects in one transaction, all or nothing: with one refusal nothing is changed."""
    _insist(layer, by)
    if "geom" in given or values.KEY in given:
        raise EditRefused(_("图形和编号不能批量修改。"))
    cleaned = values.clean(layer, given)
    with _edit(layer, by=by, now=now, how="bulk"):
        found = list(rows(layer, by).filter(pk__in=pks).select_for_update())
        missing = set(pks) - {each.pk for each in found}
        gone = [Refusal(pk, str(pk), {"": [_("对象不存在，或不在您的辖区内。")]}) for pk in sorted(missing)]
        changing = [each for each in found if values.differing(each, cleaned)]
        report = EditReport(len(changing), len(found) - len(changing), gone[:NAMED_AT_MOST])
        if not gone and changing:
            report.refused = _update_all(layer, changing, cleaned, now)
        if report.refused:
            transaction.set_rollback(True)
            report.changed_count = 0
    return report


def remove(layer: Layer, pk: int, *, by: User, now: datetime, version: str, why: str) -> None:
    """Remove an object, with a reason that stays in its history. Refused while other data refer to it."""
    _insist(layer, by)
    why = _reason(why)
    with _edit(layer, by=by, now=now, how="remove", why=why):
        found = _locked(layer, pk, by, version, {})
        if used := references.uses(found):
            raise EditRefused(_("不能删除：已被引用（%(uses)s）。") % {"uses": "、".join(used)})
        dependants = references.near(layer, found.pk, found.geom)
        references.release(dependants, found.pk)
        try:
            with transaction.atomic():
                found.delete()
                connection.check_constraints()
        except IntegrityError as problem:
            raise EditRefused(_("不能删除：已被引用（%(uses)s）。") % {"uses": referring(problem)}) from problem
        references.settle(dependants)


def restore(layer: Layer, pk: int, event_id: str, *, by: User, now: datetime, version: str) -> models.Model:
    """The values before the entry of this key (see `history`) as a new edit; a removed object comes back under its number."""
    _insist(layer, by)
    with _edit(layer, by=by, now=now, how="restore"):
        found = rows(layer, by).select_for_update().filter(pk=pk).first()
        last = None if found else last_state(layer, pk, by)
        if found is None and last is None:
            raise EditRefused(_("对象不存在，或不在您的辖区内。"))
        entry = next((each for each in entries(layer, pk, found) if each.key == event_id and each.before), None)
        if entry is None:
            raise EditRefused(_("没有这条历史记录。"))
        cleaned = _restorable(layer, entry)
        if version != version_of(found):
            raise Stale(mine=cleaned, theirs=found, base=None)
        if found is not None:
            return _write(layer, found, cleaned, by=by, now=now)
        returning = layer.model(pk=pk, **{name: getattr(last, name) for name in _silent(layer)})
        return _insert(layer, returning, cleaned, by=by, now=now)


def _insist(layer: Layer, by: User) -> None:
    if not may_edit(layer, by):
        raise PermissionDenied


def _reason(why: str) -> str:
    try:
        cleaned = (why or "").strip()
        values.guard(cleaned)
    except values.ValidationError as problem:
        raise EditRefused({"why": list(problem.messages)}) from problem
    if not cleaned:
        raise EditRefused({"why": [_("请填写理由。")]})
    return cleaned[:300]


@contextlib.contextmanager
def _edit(layer: Layer, *, by: User, now: datetime, how: str, why: str = "") -> Iterator[None]:
    """One transaction with its context for the history. Two outlines of a layer are never judged at the same moment."""
    told = {"user": by.pk, "at": now.isoformat(), "how": how, **({"why": why} if why else {})}
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(BEGIN_EDIT, [layer.name if layer.shape == "area" else f"{layer.name}/{by.pk}"])
            with said(**told):
                yield
    except OperationalError as problem:
        if getattr(problem.__cause__, "sqlstate", "") in ("55P03", "40P01"):
            raise Busy() from problem
        raise


def _locked(layer: Layer, pk: int, by: User, version: str, cleaned: dict) -> models.Model:
    found = rows(layer, by).select_for_update().filter(pk=pk).first()
    if found is None:
        if last_state(layer, pk, by):
            raise Stale(mine=cleaned, theirs=None, base=None)
        raise EditRefused(_("对象不存在，或不在您的辖区内。"))
    if version != version_of(found):
        raise Stale(mine=cleaned, theirs=found, base=_base(layer, pk, version))
    return found


def _base(layer: Layer, pk: int, version: str) -> dict | None:
    """The values that carried this version."""
    befores = [entry.before for entry in entries(layer, pk, None) if entry.before]
    return next((each for each in befores if each["updated_at"] and each["updated_at"].isoformat() == version), None)


def _write(layer: Layer, found: models.Model, cleaned: dict, *, by: User, now: datetime) -> models.Model:
    names = values.differing(found, cleaned)
    if not names:
        return found
    before = found.geom
    for name in names:
        setattr(found, name, cleaned[name])
    if values.KEY in names and not found.source_key:
        raise EditRefused({values.KEY: [_("编号不能为空。")]})
    placed = _place(layer, found, by, now) if "geom" in names else []
    found.updated_at = max(now, found.updated_at + _TICK)
    with _rules(layer, found):
        found.save(update_fields=[*names, *placed, "updated_at"])
    if "geom" in names:
        references.settle(references.near(layer, found.pk, before, found.geom))
    found.refresh_from_db()
    return found


def _insert(layer: Layer, made: models.Model, cleaned: dict, *, by: User, now: datetime) -> models.Model:
    for name, value in cleaned.items():
        setattr(made, name, value)
    if any(column.name == values.KEY for column in layer.columns) and not made.source_key:
        made.source_key = _made_key(getattr(made, "name", ""), made.geom)
    _place(layer, made, by, now)
    for name in ("created_at", "updated_at"):
        if hasattr(made, name):
            setattr(made, name, now)
    with _rules(layer, made):
        made.save(force_insert=True)
    references.settle(references.near(layer, made.pk, made.geom))
    made.refresh_from_db()
    return made


def _made_key(name: str, geom: GEOSGeometry) -> str:
    """As an import makes it from name and place, so that the same row of a later file is known again."""
    return "#" + hashlib.sha256(name.encode() + bytes(geom.wkb)).hexdigest()[:32]


def _place(layer: Layer, obj: models.Model, by: User, now: datetime) -> list[str]:
    """Division and holders of a new geometry; gives the names of the fields that it set."""
    on = now.astimezone(_SHANGHAI).date()
    division = placing.division_for(layer, obj.geom, by=by, on=on)
    if layer.exclusive:
        placing.refuse_overlap(layer, obj.geom, but=obj.pk, by=by)
    holders = references.holders(layer, obj.geom)
    for name, holder in holders.items():
        setattr(obj, f"{name}_id", holder)
    if division is not None:
        obj.division = division
    return [*holders, *(["division"] if division is not None else [])]


@contextlib.contextmanager
def _rules(layer: Layer, obj: models.Model) -> Iterator[None]:
    """The database's refusal as sentences at fields."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as problem:
        raise broken(layer, problem, key=getattr(obj, values.KEY, "")) from problem
    except DataError as problem:
        raise EditRefused(_("有的值太长或太大，数据库放不下。")) from problem


def _update_all(layer: Layer, changing: list[models.Model], cleaned: dict, now: datetime) -> list[Refusal]:
    """One statement for all; only if a rule of the database refuses it, each alone, to name those that break it."""
    mine = rows_by_key(layer, [each.pk for each in changing])
    later = Greatest(Value(now, models.DateTimeField()), F("updated_at") + Value(_TICK, models.DurationField()))
    try:
        with transaction.atomic():
            mine.update(**cleaned, updated_at=later)
        return []
    except (IntegrityError, DataError):
        refused = []
    for each in changing:
        try:
            with _rules(layer, each):
                rows_by_key(layer, [each.pk]).update(**cleaned)
        except EditRefused as problem:
            refused.append(Refusal(each.pk, str(each), problem.messages))
            if len(refused) == NAMED_AT_MOST:
                break
    return refused


def rows_by_key(layer: Layer, pks: list[int]) -> models.QuerySet:
    """Rows that were fetched through the editor's rights a moment ago, in the same transaction."""
    found = layer.model.objects.everywhere("fetched through the editor's rights") if layer.territorial else layer.model.objects.all()
    return found.filter(pk__in=pks)


def _restorable(layer: Layer, entry: Entry) -> dict:
    names = {column.name for column in layer.hand_columns} | {"geom"}
    return {name: value for name, value in entry.before.items() if name in names}


def _silent(layer: Layer) -> list[str]:
    """Columns of a removed object that nobody edits and that come back with it: a public number, say."""
    kept = kept_model(layer.model)
    known = {each.name for each in kept._meta.local_concrete_fields} if kept else set()
    own = [each for each in layer.model._meta.local_concrete_fields if not each.is_relation and not each.primary_key and not each.generated]
    typed = {*tracked(layer), "created_at", "updated_at"} - {each.name for each in layer.columns if not each.by_hand}
    return [each.name for each in own if each.name in known and each.name not in typed]
