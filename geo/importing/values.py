"""Columns of a file as columns of the database, a whole Arrow array at a time. Pure."""
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from geo import pii
from geo.faults import Fault

# Chinese files are written in the clock of Shanghai, which has been UTC+8 without summer time since 1992.
SHANGHAI_SECONDS = 8 * 3600
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_INTEGER = r"^[+-]?\d{1,18}(\.0*)?$"
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_RUN_TOGETHER = r"^(\d{4})(\d{2})(\d{2})(\D|$)"
_DAY = r"^(?P<year>\d{4})(?:[-/.]|年)(?P<month>\d{1,2})(?:[-/.]|月)(?P<day>\d{1,2})日?"
_CLOCK = r"(?:[T\s]+(?P<hour>\d{1,2})(?:[:：]|时|点)(?P<minute>\d{1,2})(?:(?:[:：]|分)(?P<second>\d{1,2})(?:\.\d+)?秒?|分)?)?"
_OFFSET = r"\s*(?P<offset>[Zz]|[+-]\d{2}:?\d{2})?$"
_YES = ("是", "有", "true", "t", "yes", "y", "1", "√", "✓", "完好")
_NO = ("否", "无", "没有", "false", "f", "no", "n", "0", "×", "✗")


@dataclass(frozen=True)
class Target:
    """A field of the database as far as a value must fit it.

    `kind` is text, choice, integer, number, yes_no, date or moment. `blank` is what an empty cell means; `required` refuses it.
    `choices` maps what files write (lower case) to what is stored.
    """

    name: str
    label: str
    kind: str
    required: bool = False
    blank: object = None
    limit: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: dict[str, str] = field(default_factory=dict)
    choice_labels: str = ""
    guarded: bool = True


@dataclass
class Parsed:
    """`values` are null where there is a fault. `personal` names the kind of number in rows with Fault.PERSONAL."""

    values: pa.Array
    faults: np.ndarray
    personal: dict[int, str] = field(default_factory=dict)


def parse(column: pa.Array, target: Target) -> Parsed:
    """One column of one batch, as `target` wants it."""
    return _PARSERS[target.kind](column, target)


def as_text(column: pa.Array) -> pa.Array:
    """Trimmed text of any column; a whole number in a column of floats is written without its .0; blank is null."""
    kind = column.type
    if pa.types.is_floating(kind):
        whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), 2.0**53)).fill_null(False)
        integers = pc.if_else(whole, column, None).cast(pa.int64()).cast(pa.string())
        column = pc.if_else(whole, integers, column.cast(pa.string()))
    elif not pa.types.is_string(kind):
        column = column.cast(pa.string())
    text = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.equal(text, ""), None, text)


def _mask(condition: pa.Array) -> np.ndarray:
    return condition.fill_null(False).to_numpy(zero_copy_only=False).astype(bool)


def _faults(*tests: tuple[np.ndarray, Fault]) -> np.ndarray:
    return np.select([test for test, _ in tests], [fault for _, fault in tests], 0).astype(np.uint8)


def _finish(values: pa.Array, faults: np.ndarray, target: Target, missing: np.ndarray) -> Parsed:
    if target.required:
        faults = np.where(missing, Fault.MISSING_VALUE, faults).astype(np.uint8)
    elif target.blank is not None:
        values = pc.if_else(pa.array(missing), pa.scalar(target.blank, values.type), values)
    return Parsed(values if not faults.any() else pc.if_else(pa.array(faults == 0), values, None), faults)


def _text(column: pa.Array, target: Target) -> Parsed:
    text = as_text(column)
    missing = _mask(text.is_null())
    tests = [(_mask(pc.match_substring_regex(text, _CONTROL)), Fault.BAD_TEXT)]
    if target.limit:
        tests.append((_mask(pc.greater(pc.utf8_length(text), target.limit)), Fault.TOO_LONG))
    faults, personal = _faults(*tests), {}
    if target.guarded:
        rows, kinds = pii.find_in_column(text)
        faults[rows] = [Fault.ADDRESS if kind == pii.ADDRESS else Fault.PERSONAL for kind in kinds]
        personal = dict(zip(rows.tolist(), kinds, strict=True))
    answer = _finish(text, faults, target, missing)
    answer.personal = personal
    return answer


def _choice(column: pa.Array, target: Target) -> Parsed:
    text = pc.utf8_lower(as_text(column))
    found = pc.index_in(text, pa.array(list(target.choices), pa.string()))
    values = pa.array(list(target.choices.values()), pa.string()).take(found)
    missing = _mask(text.is_null())
    return _finish(values, _faults((~missing & _mask(values.is_null()), Fault.BAD_CHOICE)), target, missing)


def _yes_no(column: pa.Array, target: Target) -> Parsed:
    if pa.types.is_boolean(column.type):
        return _finish(column, np.zeros(len(column), np.uint8), target, _mask(column.is_null()))
    text = pc.utf8_lower(as_text(column))
    yes, no = (pc.is_in(text, pa.array(words)) for words in (_YES, _NO))
    missing = _mask(text.is_null())
    values = pc.if_else(yes, True, pc.if_else(no, False, None))
    return _finish(values, _faults((~missing & ~_mask(pc.or_(yes, no)), Fault.BAD_YES_NO)), target, missing)


def _in_limits(values: pa.Array, target: Target) -> list[tuple[np.ndarray, Fault]]:
    tests = []
    if target.minimum is not None:
        tests.append((_mask(pc.less(values, target.minimum)), Fault.TOO_SMALL))
    if target.maximum is not None:
        tests.append((_mask(pc.greater(values, target.maximum)), Fault.TOO_LARGE))
    return tests


def _integer(column: pa.Array, target: Target) -> Parsed:
    if pa.types.is_integer(column.type):
        values, missing, bad = column.cast(pa.int64()), _mask(column.is_null()), np.zeros(len(column), bool)
    else:
        text = as_text(column)
        good = pc.match_substring_regex(text, _INTEGER).fill_null(False)
        missing = _mask(text.is_null())
        bad = ~missing & ~_mask(good)
        digits = pc.replace_substring_regex(pc.if_else(good, text, None), r"^\+|\.0*$", "")
        values = digits.cast(pa.int64())
    return _finish(values, _faults((bad, Fault.BAD_INTEGER), *_in_limits(values, target)), target, missing)


def _number(column: pa.Array, target: Target) -> Parsed:
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        values, missing = column.cast(pa.float64()), _mask(column.is_null())
        bad = np.zeros(len(column), bool)
    else:
        text = as_text(column)
        good = pc.match_substring_regex(text, _NUMBER).fill_null(False)
        missing = _mask(text.is_null())
        bad = ~missing & ~_mask(good)
        values = pc.if_else(good, text, None).cast(pa.float64())
    infinite = ~missing & ~bad & ~_mask(pc.is_finite(values))
    return _finish(values, _faults((bad | infinite, Fault.BAD_NUMBER), *_in_limits(values, target)), target, missing)


def _seconds(column: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(seconds since 1970 as written, of the offset to UTC; NaN where none is written; rows that are no moment)."""
    text = pc.replace_substring_regex(as_text(column), _RUN_TOGETHER, r"\1-\2-\3\4")
    parts = pc.extract_regex(text, _DAY + _CLOCK + _OFFSET)
    matched = _mask(parts.is_valid())

    def number(name: str) -> np.ndarray:
        digits = pc.struct_field(parts, name)
        return pc.if_else(pc.equal(digits, ""), "0", digits).fill_null("0").cast(pa.int64()).to_numpy(zero_copy_only=False)

    year, month, day, hour, minute, second = (number(name) for name in ("year", "month", "day", "hour", "minute", "second"))
    sane = matched & (year >= 1900) & (year < 2200) & (month >= 1) & (month <= 12) & (day >= 1)
    sane &= (hour < 24) & (minute < 60) & (second < 60)
    months = (np.where(sane, year, 1970) - 1970).astype("datetime64[Y]").astype("datetime64[M]") + np.where(sane, month - 1, 0)
    days = months.astype("datetime64[D]") + np.where(sane, day - 1, 0)
    sane &= days.astype("datetime64[M]") == months  # 30 February falls out of its month
    seconds = days.astype(np.int64) * 86400 + hour * 3600 + minute * 60 + second
    offsets = np.full(len(text), np.nan)
    written = pc.struct_field(parts, "offset").fill_null("").to_numpy(zero_copy_only=False)
    for sign in set(written[sane].tolist()) - {""}:
        digits = sign.replace(":", "")
        amount = 0 if sign in "Zz" else int(digits[:1] + "1") * (int(digits[1:3]) * 3600 + int(digits[3:5]) * 60)
        offsets[written == sign] = amount
    return seconds, offsets, ~_mask(text.is_null()) & ~sane


def _date(column: pa.Array, target: Target) -> Parsed:
    missing = _mask(column.is_null())
    if pa.types.is_date(column.type) or (pa.types.is_timestamp(column.type) and column.type.tz is None):
        return _finish(column.cast(pa.date32(), safe=False), np.zeros(len(column), np.uint8), target, missing)
    seconds, _offsets, bad = _seconds(column)
    missing = _mask(as_text(column).is_null())
    days = pa.array((seconds // 86400).astype(np.int32), mask=missing | bad).cast(pa.date32())
    return _finish(days, _faults((bad, Fault.BAD_DATE)), target, missing)


def _moment(column: pa.Array, target: Target) -> Parsed:
    """Moments in UTC. Without an offset they are of Shanghai; a day without a clock begins at midnight there."""
    kind = pa.timestamp("us", "UTC")
    missing = _mask(column.is_null())
    if pa.types.is_temporal(column.type) and not pa.types.is_time(column.type):
        if getattr(column.type, "tz", None):
            values = column.cast(kind)
        else:
            values = pc.subtract(column.cast(pa.timestamp("us")), pa.scalar(SHANGHAI_SECONDS * 10**6, pa.duration("us"))).cast(kind)
        return _finish(values, np.zeros(len(column), np.uint8), target, missing)
    seconds, offsets, bad = _seconds(column)
    missing = _mask(as_text(column).is_null())
    utc = seconds - np.where(np.isnan(offsets), SHANGHAI_SECONDS, offsets).astype(np.int64)
    return _finish(pa.array(utc * 10**6, mask=missing | bad).cast(kind), _faults((bad, Fault.BAD_MOMENT)), target, missing)


_PARSERS: dict[str, Callable[[pa.Array, Target], Parsed]] = {
    "text": _text,
    "choice": _choice,
    "integer": _integer,
    "number": _number,
    "yes_no": _yes_no,
    "date": _date,
    "moment": _moment,
}
