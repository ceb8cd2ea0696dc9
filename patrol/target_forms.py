from django import forms
from django.utils.translation import gettext_lazy as _

from geo.models import Division, User
from patrol import measures
from patrol.targets import settable


def year_of(text: str, this: int) -> int:
    """A year near this one; anything else is this one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 4 and abs(int(text) - this) <= 10 else this


class TargetForm(forms.Form):
    unit = forms.ModelChoiceField(Division.objects.none(), label=_("单位"))
    year = forms.IntegerField(label=_("年度"))
    measure = forms.ChoiceField(choices=lambda: [(each.key, each.label) for each in measures.every()], label=_("指标"))
    value = forms.FloatField(min_value=0.1, max_value=10_000_000, label=_("目标值"))

    def __init__(self, data, *, user: User, year: int):
        super().__init__(data, initial={"year": year})
        self.this = year
        self.fields["unit"].queryset = Division.objects.filter(pk__in=[unit.pk for unit in settable(user)])

    def clean_year(self) -> int:
        year = self.cleaned_data["year"]
        if abs(year - self.this) > 2:
            raise forms.ValidationError(_("年度只能是前后两年之内。"))
        return year

    def clean(self) -> dict:
        cleaned = super().clean()
        if "measure" in cleaned and (cleaned.get("value") or 0) > (measure := measures.find(cleaned["measure"])).most:
            self.add_error("value", measure.too_much)
        return cleaned
