"""Widgets of the lists' forms."""
from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

_SELECTED = mark_safe(" selected")


class LongSelect(forms.Select):
    """A select without groups, drawn in one go: Django asks a template for every option, and a county has hundreds."""

    def render(self, name, value, attrs=None, renderer=None):
        chosen = "" if value is None else str(value)
        options = ((key, _SELECTED if str(key) == chosen else "", label) for key, label in self.choices)
        attributes = self.build_attrs(self.attrs, {"name": name, **(attrs or {})})
        return format_html("<select{}>{}</select>", flatatt(attributes), format_html_join("", '<option value="{}"{}>{}</option>', options))
