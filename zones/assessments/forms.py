"""What people type: a project with its site, the answers of the checklist, a meeting."""
from collections.abc import Mapping
from datetime import date

from django import forms
from django.contrib.gis.geos import GEOSGeometry
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from geo.editing import shapes
from geo.forms import COORDINATES_HELP
from zones.assessments import work
from zones.assessments.checklist import Item
from zones.models import Assessment, ProjectKind


class ProjectForm(forms.Form):
    """`geom` is what was drawn, `coordinates` what was typed; typed coordinates win where they say something else."""

    name = forms.CharField(label=_("项目名称"), max_length=work.NAME_AT_MOST)
    kind = forms.ChoiceField(label=_("类别"), choices=ProjectKind.choices)
    owner_unit = forms.CharField(label=_("实施单位"), max_length=work.NAME_AT_MOST, help_text=_("单位名称，不写个人。"))
    place_name = forms.CharField(label=_("地点"), max_length=work.NAME_AT_MOST)
    summary = forms.CharField(
        label=_("项目简介"), max_length=work.SUMMARY_AT_MOST, widget=forms.Textarea({"rows": 4}),
        help_text=_("会对外公示。"),
    )
    geom = forms.CharField(required=False, widget=forms.HiddenInput)
    coordinates = forms.CharField(required=False, label=_("坐标"), widget=forms.Textarea({"rows": 4, "spellcheck": "false"}))

    def __init__(self, data: Mapping | None, *, shape: str, found: Assessment | None = None):
        drawn = shapes.to_geojson(found.geom) if found else ""
        facts = {name: getattr(found, name) for name in (*work.TEXTS, "kind")} if found else {}
        same_shape = found is not None and shape_of(found.geom) == shape
        if same_shape:
            facts |= {"geom": drawn, "coordinates": shapes.text_of_geojson(drawn)}
        super().__init__(data, initial=facts)
        self.shape = shape
        self.fields["coordinates"].help_text = COORDINATES_HELP[shape]

    @property
    def columns(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "kind", "owner_unit", "place_name", "summary")]

    def clean(self) -> dict:
        cleaned = super().clean()
        drawn, typed = cleaned.get("geom", ""), cleaned.get("coordinates", "")
        try:
            if typed and _plain(typed) != _plain(shapes.text_of_geojson(drawn)):
                drawn = cleaned["geom"] = shapes.geojson_of_text(typed, self.shape)
            cleaned["site"] = shapes.read(drawn, self.shape)
        except ValidationError as problem:
            self.add_error("coordinates", problem)
        return cleaned

    def facts(self) -> dict:
        """For `work.create` and `work.change`."""
        return {"texts": self.cleaned_data, "kind": self.cleaned_data["kind"], "geom": self.cleaned_data["site"]}


def _plain(text: str) -> list[str]:
    return [line.replace(" ", "") for line in text.strip().splitlines()]


def shape_of(geom: GEOSGeometry) -> str:
    return "point" if geom.geom_type == "Point" else "area"


def answers(typed: Mapping[str, str], items: list[Item]) -> dict[str, tuple[str, str, str]]:
    return {each.key: tuple(typed.get(f"{each.key}-{name}", "") for name in ("finding", "note", "measure")) for each in items}


def meeting(typed: Mapping[str, str]) -> dict:
    """For `work.add_meeting`: what cannot be read is None, and refused there with the field's name."""
    people = typed.get("people", "").strip()
    return {
        "kind": typed.get("meeting-kind", ""), "held_on": _day(typed.get("held_on", "")), "summary": typed.get("meeting-summary", ""),
        "people": int(people) if people.isascii() and people.isdecimal() and len(people) < 8 else None,
    }  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
