"""What people type into a campaign: a new campaign, a nomination, a self-check, the county's findings."""
from collections.abc import Mapping
from datetime import date, datetime

from django import forms
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import User
from zones import campaigns, evidence
from zones.campaigns import CampaignRefused, Given
from zones.models import Campaign, CampaignCriteria, CampaignKind, Candidate

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class CampaignForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("创建类别"), choices=CampaignKind.choices)
    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=2020, max_value=2100)
    closes_on = forms.DateField(label=gettext_lazy("申报截止日期"), widget=DAY)
    award_year_count = forms.IntegerField(
        label=gettext_lazy("命名有效年数"),
        min_value=1,
        max_value=10,
        initial=2,
        help_text=gettext_lazy("默认2年是本系统的假定，请按上级文件填写。"),
    )
    criteria = forms.ModelChoiceField(label=gettext_lazy("标准"), queryset=CampaignCriteria.objects.order_by("kind", "-pk"))

    def __init__(self, data: Mapping | None, *, on: date):
        super().__init__(data, initial={"year": on.year, "closes_on": date(on.year, 12, 31)})


class ChoosingForm(forms.Form):
    """A school or a committee out of those that may still be nominated."""

    def __init__(self, data: Mapping | None, choices, keyword: str):
        super().__init__(data)
        self.keyword = keyword
        self.fields["thing"] = forms.ModelChoiceField(label=_("申报单位"), queryset=choices)
        self.fields["thing"].label_from_instance = lambda each: f"{each.name}（{_place(each)}）"

    def thing(self) -> dict:
        return {self.keyword: self.cleaned_data["thing"]}


def _place(each) -> str:
    return each.division.name if hasattr(each, "division_id") else each.parent.name


class OfficeForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("单位名称"), max_length=campaigns.NAME_AT_MOST)
    lon = forms.FloatField(
        label=gettext_lazy("经度（WGS-84，度）"), min_value=73, max_value=136, help_text=gettext_lazy("可在下面的地图上点选位置。")
    )
    lat = forms.FloatField(label=gettext_lazy("纬度（WGS-84，度）"), min_value=3, max_value=54)

    def thing(self) -> dict:
        return {"name": self.cleaned_data["name"], "point": Point(self.cleaned_data["lon"], self.cleaned_data["lat"], srid=4326)}


def nomination_form(campaign: Campaign, user: User, data: Mapping | None) -> forms.Form:
    choices = campaigns.may_be_nominated(campaign, user)
    if choices is None:
        return OfficeForm(data)
    is_school = campaign.kind == CampaignKind.SCHOOL
    return ChoosingForm(data, choices.select_related("division" if is_school else "parent"), "premises" if is_school else "subject")


class AnswersTyped:
    """A self-check as the browser sent it: for each item of the criteria `KEY-claimed`, `KEY-text`, `KEY-number`, `KEY-file`."""

    def __init__(self, candidate: Candidate, data: Mapping[str, str], files: MultiValueDict):
        self.candidate, self.data, self.files = candidate, data, files

    def value(self, item: str, name: str) -> str:
        return self.data.get(f"{item}-{name}", "")

    def store(self, *, by: User, now: datetime) -> None:
        given, faults = {}, {}
        for item in campaigns.criteria_of(self.candidate.campaign).items:
            try:
                claimed, number = whole(self.value(item.key, "claimed")), whole(self.value(item.key, "number"))
                given[item.key] = Given(claimed, self.value(item.key, "text").replace("\r\n", "\n").strip(), number)
            except CampaignRefused as refused:
                faults[item.key] = str(refused)
        kept = []
        try:
            with transaction.atomic():
                self._answer(given, faults, by, now)
                for item in given:
                    for upload in self.files.getlist(f"{item}-file"):
                        kept.append(self._keep(item, upload, by, now))
        except BaseException:
            for each in kept:
                each.file.delete(save=False)
            raise

    def _answer(self, given: dict[str, Given], faults: dict[str, str], by: User, now: datetime) -> None:
        """Stores what could be read; then refuses all of it if anything could not, naming every such item."""
        try:
            campaigns.answer(self.candidate, _worth_storing(given, self.candidate), by=by, now=now)
        except CampaignRefused as refused:
            raise CampaignRefused(str(refused), {**faults, **refused.faults}) from refused
        if faults:
            raise CampaignRefused(_("有条目没有填对，什么也没有保存。"), faults)

    def _keep(self, item: str, upload: UploadedFile, by: User, now: datetime):
        try:
            return evidence.add(self.candidate, item, upload, by=by, now=now)
        except CampaignRefused as refused:
            raise CampaignRefused(_("有条目没有填对，什么也没有保存。"), {item: str(refused)}) from refused


def _worth_storing(given: dict[str, Given], candidate: Candidate) -> dict[str, Given]:
    """Without items that were left empty and hold nothing yet."""
    known = set(candidate.answers.values_list("item", flat=True))
    return {key: one for key, one in given.items() if key in known or one != Given(None)}


class FindingsTyped:
    """The county's findings: for each item `KEY-found` and `KEY-note`."""

    def __init__(self, candidate: Candidate, data: Mapping[str, str]):
        self.candidate, self.data = candidate, data

    def value(self, item: str, name: str) -> str:
        return self.data.get(f"{item}-{name}", "")

    def store(self, *, by: User, now: datetime) -> None:
        findings, faults = {}, {}
        for item in campaigns.criteria_of(self.candidate.campaign).items:
            try:
                findings[item.key] = (whole(self.value(item.key, "found")), self.value(item.key, "note"))
            except CampaignRefused as refused:
                faults[item.key] = str(refused)
        if faults:
            raise CampaignRefused(_("有条目没有填对，什么也没有保存。"), faults)
        campaigns.check(self.candidate, findings, by=by, now=now)


def whole(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 10:
        raise CampaignRefused(_("“%(text)s”不是整数。") % {"text": text[:20]})
    return int(text)
