"""What people type into the register: a new issue, a step, a change, a bulk action."""
from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from django import forms
from django.contrib.gis.geos import Point
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import Division, User
from geo.uploads import problem_of
from zones.models import Issue
from zones.register import Where
from zones.register_places import Position, object_for
from zones.register_rules import Rules, rules_at, unit_of
from zones.register_words import TEXT_AT_MOST, RegisterRefused

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
LON = {"min_value": 73, "max_value": 136}
LAT = {"min_value": 3, "max_value": 54}


class IssueForm(forms.Form):
    """`place` is "layer:key" or empty; `key` makes a form that is sent twice one issue; `seen` are the duplicates that were shown."""

    category = forms.ChoiceField(label=gettext_lazy("类别"))
    text = forms.CharField(label=gettext_lazy("问题"), max_length=TEXT_AT_MOST, widget=forms.Textarea(attrs={"rows": 3}))
    lon = forms.FloatField(label=gettext_lazy("经度（WGS-84，度）"), required=False, **LON)
    lat = forms.FloatField(label=gettext_lazy("纬度（WGS-84，度）"), required=False, **LAT)
    place = forms.CharField(label=gettext_lazy("附近的对象"), required=False, max_length=60, widget=forms.Select(choices=[("", "—")]))
    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(self, data: Mapping | None, *, rules: Rules, user: User, initial: Mapping[str, str] | None = None):
        super().__init__(data, initial={"key": uuid4(), **(initial or {})})
        self.rules, self.user, self.found = rules, user, None
        groups: dict[str, list] = {}
        for each in rules.categories:
            days = _("%(days)d个工作日") % {"days": each.working_days}
            groups.setdefault(str(each.parent), []).append((each.code, f"{each}（{days}）"))
        self.fields["category"].choices = [("", _("请选择")), *groups.items()]
        chosen = (self.data if self.is_bound else self.initial).get("place", "")
        if found := self._object(chosen):
            self.fields["place"].widget.choices = [("", "—"), (chosen, str(found))]

    def _object(self, text: str):
        layer, _colon, pk = text.partition(":")
        return object_for(self.user, layer, int(pk)) if pk.isascii() and pk.isdecimal() and len(pk) < 19 else None

    def clean(self) -> dict:
        said = super().clean()
        if said.get("place"):
            self.found = self._object(said["place"])
            if self.found is None:
                self.add_error("place", _("没有这个对象，或不在您的辖区内。"))
        if (said.get("lon") is None) != (said.get("lat") is None):
            self.add_error("lon", _("经度和纬度要一起填。"))
        return said

    def where(self) -> Where:
        lon, lat = self.cleaned_data.get("lon"), self.cleaned_data.get("lat")
        point = Point(lon, lat, srid=4326) if lon is not None else None
        return Where(point=point, place=self.found, layer=self.cleaned_data["place"].partition(":")[0])

    def seen_keys(self) -> set[int]:
        return {int(text) for text in self.cleaned_data["seen"].split(",") if text.isascii() and text.isdecimal() and len(text) < 19}


def photos_of(request: HttpRequest) -> list[UploadedFile]:
    """The pictures of a form. Raises RegisterRefused where they did not arrive whole: nothing is stored without them."""
    if problem := problem_of(request):
        raise RegisterRefused(_("磁盘已满，照片没有保存，请联系管理员。") if problem == "disk_full" else _("照片太大，没有保存。"))
    return request.FILES.getlist("photos")


def position_of(data: Mapping[str, str]) -> Position | None:
    """Where the browser says that the person is; None where it said nothing or nonsense."""
    try:
        lon, lat, accuracy = (float(data.get(name, "")) for name in ("lon", "lat", "accuracy"))
    except ValueError:
        return None
    inside = -180 <= lon <= 180 and -90 <= lat <= 90 and 0 <= accuracy <= 1e7
    return Position(lon, lat, accuracy) if inside else None


def units_for(user: User, issue: Issue) -> QuerySet[Division]:
    """Whom the person may give an issue to: units of the own territory, and the town and county in which it lies.

    A county's reader sees villages of the issue's own town only: the list stays short.
    """
    town = issue.division_id[:9]
    above = Division.objects.filter(pk__in=[issue.division_id[:6], town])
    towns = Division.objects.at_level(Division.Level.TOWN).in_division(user.division_id)
    villages = Division.objects.at_level(Division.Level.VILLAGE).in_division(user.division_id).in_division(town)
    wanted = Q(pk__in=above.values("pk")) | Q(pk__in=towns.values("pk")) | Q(pk__in=villages.values("pk"))
    return Division.objects.filter(wanted).order_by("code")


def neighbours_for(issue: Issue) -> QuerySet[Division]:
    """Units that may share an issue: the county's towns, and the villages of its own town."""
    county, town = issue.division_id[:6], issue.division_id[:9]
    towns = Q(level=Division.Level.TOWN, code__startswith=county)
    villages = Q(level=Division.Level.VILLAGE, code__startswith=town)
    return Division.objects.filter(towns | villages).exclude(pk=issue.unit_id).order_by("code")


def chosen_unit(queryset: QuerySet[Division], code: str) -> Division:
    found = queryset.filter(pk=code[:12].replace("\x00", "")).first()
    if found is None:
        raise RegisterRefused(_("请选择责任单位。"))
    return found


def day(text: str):
    try:
        return forms.DateField().clean(text)
    except forms.ValidationError as wrong:
        raise RegisterRefused(_("请填写日期，如2026-12-31。")) from wrong


def own_unit(issue: Issue) -> str:
    """The unit that the category names for the place."""
    return unit_of(issue.division_id, issue.category.unit_level)


def proposed_day(issue: Issue, now: datetime):
    """The issue's own deadline, or a new one where that has passed."""
    rules = rules_at(now)
    return issue.due_on if issue.due_on >= rules.on else rules.due_on(issue.category, rules.on)
