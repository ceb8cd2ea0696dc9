"""What a file probably is: which layer, and which of its columns becomes what. Guesses are shown, a person decides."""
import hashlib
import json
import math
from datetime import datetime

from geo.importing.columns import COORDINATES, TABLES, fixed_values, guess, target_of
from geo.layers import Layer, registry
from geo.models import ColumnMemory, ImportDraft, User


def layers() -> list[Layer]:
    return [layer for layer in registry if layer.importable]


def likely_layer(*, columns: list[str], geometry_columns: list[str], samples: dict[str, list[str]], shape: str, file_name: str) -> str:
    """The layer that knows most of the columns; the first values, the shape of the first rows and the file's name count too."""
    best, most = "", -math.inf
    for layer in layers():
        found, missing = guess(layer, columns, geometry_columns)
        points = len(found) - 3 * len(missing) + sum(_fit(layer, name, samples.get(column, [])) for column, name in found.items())
        points += 4 if str(layer.title) in file_name or layer.name in file_name.lower() else 0
        points += 6 if shape and layer.shape == shape else -6 if shape else 0
        if points > most:
            best, most = layer.name, points
    return best


def _fit(layer: Layer, name: str, values: list[str]) -> int:
    """Whether the values are choices of the field: "学校" is a kind of premises and none of a police post."""
    column = next(column for column in layer.columns if column.name == name)
    choices = target_of(layer, column).choices
    if not choices or not values:
        return 0
    return 2 if any(value.lower() in choices for value in values) else -2


def mapping_for(draft: ImportDraft, layer: Layer) -> tuple[dict[str, str], ColumnMemory | None]:
    """({file's column: field, "#x", "#y", "#wkt" or ""}, what is remembered of this header)."""
    found, remembered = _mapping_for(draft, layer)
    kept_back = kept_back_from(draft.owner, layer)
    return {name: "" if value in kept_back else value for name, value in found.items()}, remembered


def kept_back_from(user: User, layer: Layer) -> set[str]:
    """Fields that decisions set (a zone's state): only the county's own files bring them, a town's would go round the decision."""
    if user.role == User.Role.COUNTY_OFFICER:
        return set()
    return {column.name for column in layer.columns} - {column.name for column in layer.hand_columns}


def _mapping_for(draft: ImportDraft, layer: Layer) -> tuple[dict[str, str], ColumnMemory | None]:
    columns, coordinates = draft.meta["columns"], draft.meta["geometry_columns"]
    remembered = ColumnMemory.objects.filter(layer=layer.name, header_digest=header_digest(columns)).first()
    if remembered:
        return {name: remembered.mapping.get(name, "") for name in columns} | fixed_values(remembered.mapping), remembered
    found, _missing = guess(layer, columns, coordinates)
    roles = dict(zip(coordinates, COORDINATES[:2] if len(coordinates) == 2 else COORDINATES[2:], strict=False))
    return {name: found.get(name, roles.get(name, "")) for name in columns}, None


def choices_for(layer: Layer, user: User) -> list[tuple[str, str]]:
    """What a column of this person's file may become, as (value, label); required fields say so."""
    mine = [column for column in layer.columns if column.name not in kept_back_from(user, layer)]
    fields = [(column.name, str(layer.column_field(column).verbose_name), column.required) for column in mine]
    return [(name, f"{label} *" if required else label) for name, label, required in fields]


def fixed_choices(layer: Layer) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Required choices that one value may fill for the whole file: (field, label, [(value, label)])."""
    fields = [layer.column_field(column) for column in layer.columns if column.required]
    return [(field.name, str(field.verbose_name), [(v, str(label)) for v, label in field.flatchoices]) for field in fields if field.choices]


def is_table(draft: ImportDraft) -> bool:
    return draft.meta.get("kind") in TABLES


def header_digest(columns: list[str]) -> str:
    return hashlib.sha256(json.dumps(sorted(columns), ensure_ascii=False).encode()).hexdigest()


def remember(draft: ImportDraft, *, now: datetime) -> None:
    ColumnMemory.objects.update_or_create(
        layer=draft.layer,
        header_digest=header_digest(draft.meta["columns"]),
        defaults={"mapping": draft.mapping, "datum": draft.datum, "used_at": now},
    )
