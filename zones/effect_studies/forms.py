from collections.abc import Mapping
from datetime import date, datetime

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import Incident
from zones.effect_studies.gathering import default_start
from zones.effect_studies.studies import SEED, standard_on
from zones.models import Demonstration


class MonthField(forms.CharField):
    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2025-10"})

    def clean(self, value) -> date | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return datetime.strptime(text, "%Y-%m").date()
        except ValueError as broken:
            raise forms.ValidationError(_("请按“2025-10”填写年和月。")) from broken


class StudyForm(forms.Form):
    """A year with demonstration zones, and what the standard's defaults may be changed to."""

    year = forms.TypedChoiceField(label=gettext_lazy("示范年度"), coerce=int)
    starts_on = MonthField(
        label=gettext_lazy("从哪个月算起"), required=False, help_text=gettext_lazy("不填：最后一个示范区确定后的第一个整月。")
    )
    months_before = forms.IntegerField(label=gettext_lazy("确定前看几个月"), min_value=6, max_value=60)
    months_after = forms.IntegerField(label=gettext_lazy("确定后看几个月"), min_value=6, max_value=60)
    ring_m = forms.IntegerField(label=gettext_lazy("外围环宽度（米）"), min_value=50, max_value=2000)
    seed = forms.IntegerField(label=gettext_lazy("随机种子"), min_value=0, max_value=999_999)
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("警情类别"), choices=Incident.Category.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Mapping | None, *, county: str, on: date, year: int | None = None):
        by = standard_on(on)
        years = sorted(set(Demonstration.objects.in_division(county).values_list("year", flat=True)), reverse=True)
        super().__init__(data, initial={
            "year": year if year in years else None, "months_before": by.months_before, "months_after": by.months_after,
            "ring_m": by.ring_m, "seed": SEED, "categories": list(Incident.Category.values),
        })  # fmt: skip
        self.county, self.has_years, self.standard = county, bool(years), by
        self.fields["year"].choices = [(each, str(each)) for each in years]

    def clean(self) -> dict:
        cleaned = super().clean()
        if "year" in cleaned and "starts_on" in cleaned:
            cleaned["starts_on"] = cleaned["starts_on"] or default_start(self.county, cleaned["year"])
        return cleaned
