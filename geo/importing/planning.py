"""The plan of an import: a stage beside the layer's table, and how the two differ. Writes nothing that outlives the transaction."""
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db import models
from django.db.backends.utils import CursorWrapper
from django.utils import translation
from django.utils.translation import gettext as _

from geo.faults import Fault
from geo.importing import sql
from geo.importing.columns import KEY, Mapping, constants, found_by_place
from geo.importing.errors import ImportRefused
from geo.importing.lookup import Outlines
from geo.importing.report import Report
from geo.importing.staging import Stager, Territory
from geo.layers import Layer
from geo.models import Division, DivisionOutline
from geo.readers import Source

EXAMPLES = 5


@dataclass
class Plan:
    """`staged` are the columns that the stage brings to the table, `constant` those that new rows get beside them."""

    layer: Layer
    mapping: Mapping
    report: Report
    staged: list[str]
    constant: dict[str, object]

    @property
    def table(self) -> str:
        return self.layer.model._meta.db_table


def territory(model: type[models.Model], *, on: date, using: str, prefix: str = "") -> Territory:
    """The outlines in force on a day, deepest level first, and those of compounds and courtyards that the layer refers to."""
    outlines = DivisionOutline.objects.using(using).in_force(on).filter(division__in=Division.objects.using(using).in_force(on))
    by_level: dict[str, list] = {}
    for level, code, wkb in outlines.annotate(wkb=AsWKB("geom")).values_list("division__level", "division_id", "wkb"):
        by_level.setdefault(level, []).append((code, shapely.from_wkb(bytes(wkb))))
    if not by_level:
        raise ImportRefused("no_outlines")
    levels = [Outlines.of(by_level[level]) for level in sorted(by_level, reverse=True)]
    holders = {}
    for field in found_by_place(model):
        rows = field.related_model.objects.using(using).everywhere("an imported place is put where it lies")
        holders[field.column] = Outlines.of([(pk, shapely.from_wkb(bytes(wkb))) for pk, wkb in rows.values_list("pk", AsWKB("geom"))])
    edges = [level.bounds for level in levels]
    bounds = min(e[0] for e in edges), min(e[1] for e in edges), max(e[2] for e in edges), max(e[3] for e in edges)
    return Territory(levels, holders, bounds, prefix)


def make(cursor: CursorWrapper, layer: Layer, mapping: Mapping, source: Source, stager: Stager) -> Plan:
    """Read the whole source into the stage and compare it with the layer's table."""
    model = layer.model
    targets = [target.name for _, target in mapping.fields]
    types = {field.column: field.db_type(cursor.db) for field in model._meta.concrete_fields}
    incoming = [(name, types[name]) for name in stager.columns()[1:]]
    cursor.execute(sql.SETTINGS)
    cursor.execute(sql.create_stage(incoming))
    with cursor.copy(sql.copy_stage(stager.columns())) as copy:
        for chunk in made_ahead(stager.chunks(source)):
            copy.write(memoryview(chunk))
    if stager.spoilt:
        with cursor.copy(sql.copy_spoilt()) as copy:
            for row in stager.spoilt:
                copy.write_row(row)
    staged = [name for name, _ in incoming]
    if KEY not in staged:
        staged.append(KEY)
    plan = Plan(layer, mapping, stager.report, staged, constants(model, {*targets, KEY}))
    _settle_keys(cursor, plan, all_differ=stager.all_keys_differ())
    _judge_rules(cursor, plan)
    _keep_to_territory(cursor, plan, stager.territory.prefix)
    _compare(cursor, plan)
    return plan


def made_ahead(chunks: Iterator[pa.Buffer]) -> Iterator[pa.Buffer]:
    """The next chunk is judged while the database takes this one."""
    language = translation.get_language()

    def make_next() -> pa.Buffer | None:
        with translation.override(language):  # the active language belongs to a thread
            return next(chunks, None)

    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(make_next)
        while (chunk := waiting.result()) is not None:
            waiting = beside.submit(make_next)
            yield chunk


def _label(plan: Plan, column: str) -> str:
    if column in ("geom", "division_id"):
        column = column.removesuffix("_id")
    field = next(field for field in plan.layer.model._meta.fields if column in (field.name, field.column))
    return str(field.verbose_name)


def _settle_keys(cursor: CursorWrapper, plan: Plan, *, all_differ: bool) -> None:
    if all_differ:
        cursor.execute(sql.holds_rows(plan.table))
        if cursor.fetchone()[0]:  # what is compared with nothing needs no statistics
            cursor.execute(sql.analyse())
        return
    cursor.execute(sql.fill_keys("name" in plan.staged))
    plan.report.made_keys = not plan.mapping.has_key
    plan.report.unmarked_count = cursor.rowcount if plan.mapping.has_key else 0
    cursor.execute(sql.analyse())
    cursor.execute(sql.doubled())
    rows = cursor.fetchall()
    plan.report.rejected_count += len(rows)
    for line, key, other in sorted(rows):
        plan.report.reject(line, _label(plan, KEY), Fault.DUPLICATE_KEY, key, other=other)


def _judge_rules(cursor: CursorWrapper, plan: Plan) -> None:
    """The table's own check constraints, before the table refuses them one by one."""
    cursor.execute(sql.CHECKS, [plan.table])
    rules = [(text, columns) for _name, text, columns in cursor.fetchall() if set(columns) & set(plan.staged)]
    absent = sorted({column for _, columns in rules for column in columns} - set(plan.staged))
    if not rules:
        return
    rows = sql.image(plan.table, plan.staged, absent)
    cursor.execute(sql.broken_rules(rows, [text for text, _ in rules]), {name: plan.constant.get(name) for name in absent} or None)
    found = cursor.fetchall()
    plan.report.rejected_count += len(found)
    for line, key, rule in sorted(found):
        labels = "、".join(_label(plan, column) for column in rules[rule][1])
        plan.report.reject(line, labels, Fault.RULE, key, fields=labels)


def _keep_to_territory(cursor: CursorWrapper, plan: Plan, prefix: str) -> None:
    if not prefix:
        return
    cursor.execute(sql.foreign(plan.table), [prefix])
    found = cursor.fetchall()
    plan.report.rejected_count += len(found)
    for line, key in sorted(found):
        plan.report.reject(line, _label(plan, "division_id"), Fault.NOT_YOURS, key)


def _compare(cursor: CursorWrapper, plan: Plan) -> None:
    compared = [column for column in plan.staged if column != KEY]
    cursor.execute(sql.compare(plan.table, compared))
    cursor.execute(sql.counts(plan.table, compared))
    staged, known, changed, *per_column = cursor.fetchone()
    report = plan.report
    report.new_count, report.changed_count, report.unchanged_count = staged - known, changed, known - changed
    for column, count in zip(compared, per_column, strict=True):
        if not count:
            continue
        label = _label(plan, column)
        report.changes[label] = count
        if column != "geom":
            cursor.execute(sql.examples(plan.table, column), [EXAMPLES])
            report.examples += [(line, f"{key} {label}", old or _("空"), new or _("空")) for line, key, old, new in cursor.fetchall()]
