"""Canaries: every text that a person reads, in every row of town B, begins with a word that stands nowhere else.

`cnry<number of the column>x<key of the row>z`. Whoever asks for "cnry" has said no canary; whoever is answered one, was told.
"""
import gzip
import io
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.db import connections, models
from psycopg import sql

from geo.models import User
from geo.search.filling import settle
from tests.bench.scratch import environment, on, plain
from tests.trust.columns import TOLD, classes
from tests.trust.territory import PROVINCE, TOWN_B, business_models, shared_with_a, way_to_division
from zones.models import Bulletin

WORD = re.compile(rb"cnry([0-9]{3})x([0-9a-f-]+)z")
ASKED = "cnry"
# Of these the demo has none in town B: the newest row of another place goes there.
MOVED = {
    "patrol.ShiftTemplate", "zones.Assessment", "zones.Bulletin", "zones.Appeal", "zones.RightOfReply", "zones.ReinspectionRequest",
}  # fmt: skip


@dataclass
class Planted:
    """`columns` by number; `rows`: the keys of town B's rows that hold a canary, by model; `renamed`: B's names in frozen documents."""

    columns: dict[int, str] = field(default_factory=dict)
    rows: dict[str, list] = field(default_factory=dict)
    renamed: int = 0

    def named(self, words: set[tuple[bytes, bytes]]) -> set[str]:
        return {self.columns[int(number)] for number, _pk in words}


def plant(database: str) -> Planted:
    """In the database of this name, as its owner; history and search follow by their own triggers."""
    planted, names, told = Planted(), {}, classes()
    with psycopg.connect(plain(on(environment(), database)["DATABASE_URL"]), autocommit=True) as owner:
        owner.execute("SELECT set_config('app.scope', %s, false)", [PROVINCE])  # a wall in the database lets the owner see its rows only so
        _move_some_to_b(owner)
        for model in business_models():
            way = way_to_division(model)
            columns = [each for each in text_columns(model) if told.get((model._meta.label, each.name), ("",))[0] in TOLD]
            if way is None or model is User or not columns:
                continue
            rows = model._base_manager.using("owner").filter(**{f"{way}__code__startswith": TOWN_B})
            keys = list(rows.exclude(pk__in=shared_with_a(model)).values_list("pk", flat=True))
            if not keys:
                continue
            for column in columns:
                number = len(planted.columns) + 1
                planted.columns[number] = f"{model._meta.label}.{column.name}"
                names |= _write(owner, model, column, number, keys)
            planted.rows[model._meta.label] = sorted(keys)
        planted.renamed = _rename_in_documents(owner, names)
    connections["owner"].close()
    settle()
    return planted


def _move_some_to_b(owner) -> None:
    for model in business_models():
        if model._meta.label not in MOVED or model._base_manager.using("owner").filter(division__code__startswith=TOWN_B).exists():
            continue
        found = model._base_manager.using("owner").exclude(division=None).order_by("-pk").first()
        if found is not None:
            table, key = sql.Identifier(model._meta.db_table), sql.Identifier(model._meta.pk.column)
            with suppress(psycopg.errors.IntegrityError), owner.transaction():
                _unwatched(owner, table, sql.SQL("UPDATE {} SET division_id = %s WHERE {} = %s").format(table, key), [TOWN_B, found.pk])


def _unwatched(owner, table: sql.Identifier, statement: sql.Composable, values: list) -> None:
    """A statement that the table's own triggers do not see, inside the caller's transaction."""
    owner.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table))
    owner.execute(statement, values)
    owner.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what still waits for the end forbids the next line
    owner.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(table))


def text_columns(model: type[models.Model]) -> list[models.Field]:
    plain_text = (models.CharField, models.TextField)
    return [
        each for each in model._meta.concrete_fields
        if isinstance(each, plain_text) and not isinstance(each, ArrayField) and (each.max_length or 999) >= 20 and not each.generated
    ]  # fmt: skip


def _write(owner, model, column, number: int, keys: list) -> dict[str, str]:
    """Gives back what the texts were and are, to find them again inside documents."""
    table, name, key = (sql.Identifier(each) for each in (model._meta.db_table, column.column, model._meta.pk.column))
    word = sql.SQL("'cnry{}x' || {} || 'z'").format(sql.SQL(f"{number:03d}"), key)
    before = owner.execute(sql.SQL("SELECT {}::text, {} FROM {} WHERE {} = ANY(%s)").format(key, name, table, key), [keys]).fetchall()
    rest = sql.SQL("SELECT DISTINCT {} FROM {} WHERE {} <> ALL(%s)").format(name, table, key)
    others = {text for (text,) in owner.execute(rest, [keys])}
    for which in (sql.SQL("true"), sql.SQL("{} <> ''").format(name)):  # a text that must be empty in some states is left so
        statement = sql.SQL("UPDATE {} SET {} = left({} || ' ' || coalesce({}, ''), %s) WHERE {} = ANY(%s) AND {}").format(
            table, name, word, name, key, which
        )
        for triggers in (True, False):
            try:
                with owner.transaction():
                    if triggers:
                        owner.execute(statement, [column.max_length or 2000, keys])
                    else:  # rows that may never change: the owner alone can, and only so
                        _unwatched(owner, table, statement, [column.max_length or 2000, keys])
                return {text: f"cnry{number:03d}x{pk}z" for pk, text in before if text and column.name == "name" and text not in others}
            except (psycopg.errors.IntegrityError, psycopg.errors.CheckViolation):
                break
            except psycopg.Error:
                continue
    raise AssertionError(f"no canary could be put into {model._meta.label}.{column.name}")


def _rename_in_documents(owner, names: dict[str, str]) -> int:
    """B's names stand in frozen figures and results too: there they become canaries of the same number.

    A bulletin that was published is for every unit below, with the zones that it names.
    """
    whole, count = re.compile('"(' + "|".join(map(re.escape, names)) + ')"'), 0
    for model in business_models():
        for column in (each for each in model._meta.concrete_fields if isinstance(each, models.JSONField)):
            table, name, key = (sql.Identifier(each) for each in (model._meta.db_table, column.column, model._meta.pk.column))
            told = sql.SQL("AND state <> 'published'") if model is Bulletin else sql.SQL("")
            rows = owner.execute(sql.SQL("SELECT {}, {} FROM {} WHERE {} IS NOT NULL {}").format(key, name, table, name, told)).fetchall()
            for pk, value in rows:
                text = json.dumps(value, ensure_ascii=False)
                if ASKED in text or not whole.search(text):
                    continue
                changed = whole.sub(lambda hit: f'"{names[hit[1]]}"', text)
                with owner.transaction():
                    _unwatched(owner, table, sql.SQL("UPDATE {} SET {} = %s WHERE {} = %s").format(table, name, key), [changed, pk])
                count += 1
    return count


def told_in(body: bytes) -> set[tuple[bytes, bytes]]:
    return {found for piece in opened(body) for found in WORD.findall(piece)}


def opened(body: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes, and whatever is packed inside: gzip, zip and so xlsx, docx, zipped shapefiles; addresses without their per cent signs.

    Vector tiles and GeoPackages hold their texts as they are.
    """
    yield body
    if depth > 3:
        return
    if body[:2] == b"\x1f\x8b":
        yield from opened(gzip.decompress(body), depth + 1)
    elif body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            for each in packed.namelist():
                yield each.encode()
                yield from opened(packed.read(each), depth + 1)
    elif b"%" in body[:200_000]:
        yield unquote_to_bytes(body)
