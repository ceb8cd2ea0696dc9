"""Keeping the search true: what the triggers have marked is read again and written anew, a piece at a time.

A piece is one transaction: a filler that is killed leaves its marks, and the next one begins there.
"""
from collections.abc import Iterable, Iterator

from django.db import connections, transaction
from django.db.models import Max, Min
from django.utils import timezone

from geo.layers import Layer, registry
from geo.models import Division, SearchMark
from geo.search import sql
from geo.search.words import fold, grams, grounds, learn, spell

DIVISIONS = ""
MARKS_AT_ONCE = 2000
ROWS_AT_ONCE = 20_000
Row = tuple[int, str, str, str, str]


def searched(layer: Layer) -> bool:
    """Layers that name their objects; one that only looks at another's table is not asked twice."""
    return bool(layer.label_field) and layer.importable


def settle(*, at_most: int | None = None, using: str = "default") -> int:
    """Write what is marked; gives how many objects were read again. Stops early once that is `at_most`."""
    done = 0
    while True:
        count = _settle_piece(using)
        done += count or 0
        if count is None or (at_most is not None and done >= at_most):
            return done


def waiting(*, using: str = "default") -> tuple[int, int]:
    """How many marks wait (counted up to 1001), and for how many numbers they stand."""
    with connections[using].cursor() as cursor:
        cursor.execute(sql.WAITING)
        marks, numbers = cursor.fetchone()
    return marks, int(numbers)


def mark_everything(*, using: str = "default") -> None:
    """Let the next filling read every layer and division again: after a change of how names are spelt."""
    codes = map(int, Division.objects.using(using).values_list("pk", flat=True))
    marks = [SearchMark(layer=DIVISIONS, low=code, high=code) for code in codes]
    for layer in filter(searched, registry):
        rows = layer.model.objects.using(using).everywhere("the index holds every place; readers are walled when they search")
        ends = rows.order_by().aggregate(low=Min("pk"), high=Max("pk"))
        if ends["low"] is not None:
            marks.append(SearchMark(layer=layer.name, **ends))
    SearchMark.objects.using(using).bulk_create(marks)


def _settle_piece(using: str) -> int | None:
    """None when nothing is left, or another filler is at work."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(sql.ALONE)
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(sql.TAKE_MARKS, [MARKS_AT_ONCE])
        marks = sorted(cursor.fetchall())
        if not marks:
            return None
        learn(Division.objects.using(using).exclude(pinyin="").values_list("name", "pinyin"))
        done = 0
        for layer, low, high in marks:
            if high > low and (done >= ROWS_AT_ONCE or high - low >= ROWS_AT_ONCE):
                cut = low + ROWS_AT_ONCE if done < ROWS_AT_ONCE else low
                cursor.execute(sql.PUT_BACK, [layer, cut, high])
                high = cut - 1
            if high > low:
                cursor.execute(sql.FORGET_RANGE, [layer, low, high])
                done += _write(cursor, layer, _rows(layer, using, pk__gte=low, pk__lte=high))
        singles: dict[str, list[int]] = {}
        for layer, low, high in marks:
            if low == high:
                singles.setdefault(layer, []).append(low)
        for layer, numbers in singles.items():
            cursor.execute(sql.FORGET, [layer, sorted(set(numbers))])
            done += _write(cursor, layer, _rows(layer, using, pk__in=set(numbers))) or 1
        return done


def _rows(name: str, using: str, **which) -> Iterable[Row]:
    """(number, division, name, key, pinyin where a person gave it)"""
    if name == DIVISIONS:
        codes = [str(number) for number in which.get("pk__in", ())]
        found = Division.objects.using(using).in_force(timezone.localdate()).filter(pk__in=codes)
        return [(int(code), code, name, code, letters) for code, name, letters in found.values_list("pk", "name", "pinyin")]
    layer = registry.get(name)
    if layer is None or not searched(layer):
        return []
    rows = layer.model.objects.using(using).everywhere("the index holds every place; readers are walled when they search")
    wanted = rows.filter(**which).order_by().values_list("pk", "division_id", layer.label_field, "source_key")
    return ((*row, "") for row in wanted)


def _write(cursor, layer: str, rows: Iterable[Row]) -> int:
    entries = list(_entries(layer, rows))  # read to the end first: they come through the same connection
    with cursor.copy(sql.COPY_ENTRIES) as copy:
        for values in entries:
            copy.write_row(values)
    return len(entries)


def _entries(layer: str, rows: Iterable[Row]) -> Iterator[tuple]:
    for number, division, name, key, letters in rows:
        folded = fold(name)
        spelt = spell(folded)
        letters = fold(letters) or spelt.pinyin
        pairs = "{" + ",".join(map(str, [*grams(folded), *grounds(division)])) + "}"
        yield layer, number, division, len(folded), folded, len(letters), letters, spelt.initials, fold(key), pairs
