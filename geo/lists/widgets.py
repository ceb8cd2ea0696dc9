"""Widgets of the lists' forms."""
from html import escape

from django import forms
from django.forms.utils import flatatt
from django.utils.safestring import SafeString


class LongSelect(forms.Select):
    """A select without groups, drawn in one go: Django asks a template for every option, and a county has hundreds."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = "" if value is None else str(value)
        options = [(str(key), escape(str(key)), escape(str(label))) for key, label in self.choices]
        drawn = (f'<option value="{written}"{" selected" if key == chosen else ""}>{label}</option>' for key, written, label in options)
        attributes = self.build_attrs(self.attrs, {"name": name, **(attrs or {})})
        return SafeString(f"<select{flatatt(attributes)}>{''.join(drawn)}</select>")
