"""What is hashed, as text, and the hash. Pure: a stranger can recompute it from the columns and this file."""
import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

BEGINNING = "0" * 64
# In this order, behind the hash of the entry before.
COLUMNS = (
    "seq", "day", "chained_at", "is_late", "source", "row", "at", "who", "division", "what", "kind", "object_id", "note", "subject",
    "row_hash",
)  # fmt: skip


def plain(value: object) -> object:
    """A value as JSON knows it, one text for one value."""
    match value:
        case None | bool() | int() | str() | float():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case bytes() | memoryview():
            return bytes(value).hex()
        case Mapping():
            return {str(key): plain(each) for key, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case _ if hasattr(value, "hexewkb"):
            return bytes(value.hexewkb).decode()
    raise TypeError(f"no text for {type(value).__name__}")


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def text_of(value: object) -> str:
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hash_of_row(columns: Iterable[str], values: Iterable[object]) -> str:
    return _sha256(text_of(dict(zip(columns, values, strict=True))))


def hash_of_entry(prev_hash: str, entry: object) -> str:
    """`entry`: anything with the attributes COLUMNS."""
    return _sha256(f"{prev_hash}\n{text_of([getattr(entry, name) for name in COLUMNS])}")
