"""Widgets of the lists' forms, drawn here: Django asks a template for every input and every option, and a list's page has many."""
from html import escape

from django import forms
from django.forms.utils import flatatt
from django.utils.safestring import SafeString


class LongSelect(forms.Select):
    """A select without groups."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = "" if value is None else str(value)
        options = [(str(key), escape(str(key)), escape(str(label))) for key, label in self.choices]
        drawn = (f'<option value="{written}"{" selected" if key == chosen else ""}>{label}</option>' for key, written, label in options)
        attributes = self.build_attrs(self.attrs, {"name": name, **(attrs or {})})
        return SafeString(f"<select{flatatt(attributes)}>{''.join(drawn)}</select>")


class _Line:
    """An input without a template."""

    def render(self, name, value, attrs=None, renderer=None):
        written = self.format_value(value)
        attributes = self.build_attrs(self.attrs, {"type": self.input_type, "name": name, **(attrs or {})})
        return SafeString(f"<input{flatatt(attributes if written is None else attributes | {'value': str(written)})}>")


class TextLine(_Line, forms.TextInput):
    pass


class NumberLine(_Line, forms.NumberInput):
    pass


class DayLine(_Line, forms.DateInput):
    input_type = "date"


class Ticks(forms.CheckboxSelectMultiple):
    """Boxes to tick, without groups."""

    def render(self, name, value, attrs=None, renderer=None):
        attributes = self.build_attrs(self.attrs, attrs)
        chosen, number = self.format_value(value), attributes.pop("id", "")
        boxes = []
        for at, (key, label) in enumerate(self.choices):
            one = f"{number}_{at}"
            box = {"type": "checkbox", "name": name, "value": str(key), "id": one, **attributes, "checked": str(key) in chosen}
            boxes.append(f'<div><label for="{escape(one)}"><input{flatatt(box)}> {escape(str(label))}</label></div>')
        return SafeString(f'<div id="{escape(number)}">{"".join(boxes)}</div>')
