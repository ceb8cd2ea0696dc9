"""The form of an object, made from its layer's declaration. What is typed is judged by `geo.editing`, and shown again if refused."""
from dataclasses import dataclass
from functools import lru_cache

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from geo.editing import EditRefused, Stale, version_of
from geo.editing.history import as_read, values_of
from geo.editing.refusals import labels
from geo.editing.shapes import geojson_of_text, text_of_geojson, to_geojson
from geo.editing.values import KEY, choices_of, same
from geo.layers import Column, Layer

LONG_TEXT = 120
COORDINATES_HELP = {
    "point": _("一行“经度, 纬度”，如 105.6751, 37.4892（WGS-84，度）。"),
    "line": _("每行一个顶点“经度, 纬度”；空一行，另起一段。"),
    "area": _("每行一个顶点“经度, 纬度”，不必重复第一点；空一行，另起一块，在前一块之内的是洞。"),
}


class ObjectForm(forms.Form):
    """Columns of the layer, the geometry as GeoJSON (drawn) or as coordinates (typed), and the version that was opened."""

    geom = forms.CharField(required=False, widget=forms.HiddenInput)
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    coordinates = forms.CharField(required=False, label=_("坐标"), widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}))

    layer: Layer

    def clean(self) -> dict:
        """Coordinates win where they say something else than the drawing: they were typed after it, or without a script."""
        cleaned = super().clean()
        drawn, typed = cleaned.get("geom", ""), cleaned.get("coordinates", "")
        try:
            if typed and _plain(typed) != _plain(text_of_geojson(drawn)):
                cleaned["geom"] = geojson_of_text(typed, self.layer.shape)
        except ValidationError as problem:
            self.add_error("coordinates", problem)
        return cleaned

    def values(self) -> dict:
        """For `geo.editing`."""
        return {name: self.cleaned_data.get(name) for name in labels(self.layer)}

    def refuse(self, refused: EditRefused) -> None:
        for name, texts in refused.messages.items():
            where = "coordinates" if name == "geom" else name if name in self.fields else None
            self.add_error(where, texts)

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[column.name] for column in self.layer.hand_columns]


def _plain(text: str) -> list[str]:
    return [line.replace(" ", "") for line in text.strip().splitlines()]


@lru_cache(maxsize=64)
def form_class(layer: Layer) -> type[ObjectForm]:
    fields = {column.name: _form_field(layer, column) for column in layer.hand_columns}
    made = type("LayerForm", (ObjectForm,), {**fields, "layer": layer})
    made.base_fields["coordinates"].help_text = COORDINATES_HELP[layer.shape]
    return made


def _form_field(layer: Layer, column: Column) -> forms.Field:
    made = layer.column_field(column).formfield()
    if held := choices_of(layer, column.name):
        made.choices = [choice for choice in made.choices if choice[0] in held or not choice[0]]
    if column.name == KEY:
        made.required, made.help_text = False, _("来源系统的编号；不填则自动生成。")
    elif column.required:
        made.required = True
    if isinstance(made, forms.DateTimeField):
        made.widget = forms.DateTimeInput({"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S")
    elif isinstance(made, forms.DateField):
        made.widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    elif isinstance(made, forms.FloatField):
        made.widget.attrs["step"] = "any"
    elif isinstance(made, forms.CharField) and (made.max_length or 0) > LONG_TEXT:
        made.widget = forms.Textarea({"rows": 2, "maxlength": made.max_length})
    return made


def initial(layer: Layer, found: models.Model | None) -> dict:
    if found is None:
        return {}
    geom = to_geojson(found.geom)
    columns = {column.name: getattr(found, column.name) for column in layer.hand_columns}
    return {**columns, "geom": geom, "coordinates": text_of_geojson(geom), "version": version_of(found)}


@dataclass(frozen=True)
class Difference:
    """One field of two versions as a reader sees them. `both` says that both editors changed it; else the other's is taken over."""

    label: str
    theirs: str
    mine: str
    both: bool


def both_versions(form: ObjectForm, stale: Stale) -> tuple[ObjectForm, list[Difference]]:
    """The form again, for the present version: with what the editor typed, and with the other's values where only the other
    changed them. And the fields in which the two versions differ."""
    layer, theirs = form.layer, values_of(form.layer, stale.theirs)
    data, differences = form.data.copy(), []
    fresh = form_class(layer)(initial=initial(layer, stale.theirs))
    for name, label in labels(layer).items():
        mine = stale.mine[name]
        if same(theirs[name], mine):
            continue
        both = stale.base is None or not same(stale.base[name], mine)
        differences.append(Difference(label, as_read(layer, name, theirs[name]), as_read(layer, name, mine), both))
        if not both:
            for each in ("geom", "coordinates") if name == "geom" else (name,):
                data[form.add_prefix(each)] = fresh[each].value() if each in ("geom", "coordinates") else _as_posted(fresh[each])
    data["version"] = version_of(stale.theirs)
    return form_class(layer)(data), differences


def _as_posted(bound: forms.BoundField) -> str:
    """A stored value as a browser would post it."""
    value = bound.field.prepare_value(bound.value())
    shown = bound.field.widget.format_value(value)
    return (shown[0] if isinstance(shown, list) and shown else shown) or ""
