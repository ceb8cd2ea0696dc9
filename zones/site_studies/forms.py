"""A study as people type it."""
from collections.abc import Mapping
from datetime import date, datetime

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import Division, User
from zones.models import SiteStudy, SitingStandard
from zones.register_words import RegisterRefused, guarded
from zones.site_studies.hand import HandRefused, parsed

Kind, Method, Demand = SiteStudy.Kind, SiteStudy.Method, SiteStudy.Demand
REACH = {"min_value": 10, "max_value": 50_000}
FREE_TEXT = {"name": 80, "note": 300, "hand": 20_000}
# What a camera cannot be asked for: it sees places, it is not walked to.
FOR_CAMERAS = {"demand": (Demand.PLACES, Demand.STREETS), "method": (Method.COVERAGE, Method.BACKUP, Method.COVER_ALL)}


class StudyForm(forms.ModelForm):
    rules = forms.MultipleChoiceField(
        label=gettext_lazy("候选点来源"), choices=SiteStudy.Rule.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    reach_m = forms.IntegerField(label=gettext_lazy("服务距离（米）"), **REACH)
    site_count = forms.IntegerField(label=gettext_lazy("新建个数上限"), min_value=0, max_value=500, required=False)
    budget = forms.FloatField(label=gettext_lazy("经费上限（万元）"), min_value=0, max_value=1_000_000, required=False)
    cost_new = forms.FloatField(label=gettext_lazy("新建一处（万元）"), min_value=0, max_value=1_000_000)
    cost_inside = forms.FloatField(label=gettext_lazy("借用现有公共场所一处（万元）"), min_value=0, max_value=1_000_000)
    capacity = forms.FloatField(
        label=gettext_lazy("一处最多服务"), min_value=0.1, max_value=10_000_000, required=False, help_text=gettext_lazy("不填：不限。")
    )
    share = forms.IntegerField(
        label=gettext_lazy("至少覆盖（%）"), min_value=1, max_value=100, initial=100,
        help_text=gettext_lazy("只用于“全部覆盖、花钱最少”。"),
    )  # fmt: skip
    view_angle_deg = forms.IntegerField(label=gettext_lazy("监控视角（度）"), min_value=10, max_value=360, required=False)

    class Meta:
        model = SiteStudy
        fields = (
            "name", "division", "demand", "method", "reach_m", "site_count", "budget", "cost_new", "cost_inside", "capacity", "share",
            "view_angle_deg", "rules", "counts_planned", "hand", "note",
        )  # fmt: skip
        widgets = {"hand": forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}), "note": forms.TextInput}
        help_texts = {
            "division": gettext_lazy("只在这个范围内找候选点和服务对象。"),
            "hand": gettext_lazy("每行一个：经度,纬度,名称,造价（万元）,必选或排除；后三项可以不写。也可以在图上点选。"),
        }

    def __init__(self, data: Mapping | None, *, study: SiteStudy, user: User):
        super().__init__(data, instance=study)
        places = Division.objects.in_division(user.division_id).filter(level__in=[Division.Level.COUNTY, Division.Level.TOWN])
        self.fields["division"].queryset = places.order_by("code")
        self.fields["division"].empty_label, self.fields["division"].label = None, _("研究范围")
        self.fields["reach_m"].label = _("视距（米）") if study.kind == Kind.CAMERA else self.fields["reach_m"].label
        if study.kind == Kind.CAMERA:
            self.fields["view_angle_deg"].required = True
            for name in ("cost_inside", "capacity", "counts_planned"):
                self.fields.pop(name)
            for name, held in FOR_CAMERAS.items():
                self.fields[name].choices = [choice for choice in self.fields[name].choices if choice[0] in held]
        else:
            self.fields.pop("view_angle_deg")

    def clean(self) -> dict:
        said = super().clean()
        for name, longest in FREE_TEXT.items():
            try:
                said[name] = guarded(said.get(name) or "", longest, self.fields[name].label)
            except RegisterRefused as refused:
                self.add_error(name, str(refused))
        try:
            hand = parsed(said.get("hand") or "")
        except HandRefused as refused:
            self.add_error("hand", str(refused))
        else:
            if not hand and not said.get("rules") and "rules" not in self.errors:
                self.add_error("rules", _("请至少选一种候选点来源，或手工添加候选点。"))
        self._check_limits(said)
        return said

    def _check_limits(self, said: dict) -> None:
        method, count, budget = said.get("method"), said.get("site_count"), said.get("budget")
        if {"site_count", "budget"} & {*self.errors}:
            return
        if method == Method.MEDIAN:
            if count is None:
                self.add_error("site_count", _("“总路程最短”要写明新建个数上限。"))
            if budget is not None:
                self.add_error("budget", _("“总路程最短”不按经费计算，请清空这一项，或换一种算法。"))
        elif method in (Method.COVERAGE, Method.BACKUP) and count is None and budget is None:
            self.add_error("site_count", _("请写明新建个数上限或经费上限，至少一项。"))
        if method in (Method.BACKUP, Method.COVER_ALL) and said.get("capacity") is not None:
            self.add_error("capacity", _("这种算法不能同时限制一处的容量，请清空，或换一种算法。"))


def fresh(kind: str, user: User, *, on: date) -> SiteStudy:
    """A study as the standard in force begins it."""
    standard = SitingStandard.objects.in_force(on)
    return SiteStudy(kind=kind, division_id=user.division_id, standard=standard, **standard.kinds[kind])


def store(form: StudyForm, *, by: User, now: datetime, is_copy: bool = False) -> SiteStudy:
    """A copy becomes a study of its own, to be compared with the first; that keeps its runs."""
    study = form.save(commit=False)
    if is_copy:
        study.pk, study.is_invented = None, False
    if study.pk is None:
        study.created_at, study.created_by = now, by
    study.changed_at = now
    study.save()
    return study
