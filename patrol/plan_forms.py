"""What people type when they plan: shifts, their time, crew and place; teams, members, templates, routes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.models import Division, Station, User
from patrol import plan_reading as reading
from patrol import roster, teaming
from patrol.models import Beat, Shift, ShiftKind, ShiftTemplate, Team
from patrol.planning import CREW_AT_MOST, PlanRefused

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
CLOCK = forms.TimeInput(attrs={"type": "time", "step": "900"}, format="%H:%M")


def _beats(team: Team):
    return Beat.objects.in_division(team.division_id).order_by("name", "pk")


def _kiosks(team: Team):
    return Station.objects.in_division(team.division_id).filter(kind=Station.Kind.KIOSK).order_by("name", "pk")


class CrewField(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def __init__(self, people: Iterable[User], **options):
        found = User.objects.filter(pk__in=[each.pk for each in people]).order_by("username")
        super().__init__(found, label=_("当班人员"), required=False, **options)

    def label_from_instance(self, user: User) -> str:
        return user.username


class PlaceForm(forms.Form):
    """Where a shift is done, how many are needed, and a note."""

    beat = forms.ModelChoiceField(label=gettext_lazy("巡区"), queryset=None, required=False, empty_label=gettext_lazy("不指定"))
    station = forms.ModelChoiceField(label=gettext_lazy("岗亭"), queryset=None, required=False, empty_label=gettext_lazy("请选择"))
    note = forms.CharField(label=gettext_lazy("备注"), max_length=200, required=False)

    def __init__(self, data: Mapping | None, *, team: Team, kind: str = "", **options):
        super().__init__(data, **options)
        self.fields["beat"].queryset, self.fields["station"].queryset = _beats(team), _kiosks(team)
        if kind == ShiftKind.KIOSK:
            del self.fields["beat"]
        elif kind:
            del self.fields["station"]

    def places(self) -> dict:
        return {"beat": self.cleaned_data.get("beat"), "station": self.cleaned_data.get("station")}


class ShiftPlaceForm(PlaceForm):
    needed_count = forms.IntegerField(label=gettext_lazy("应到人数"), min_value=1, max_value=CREW_AT_MOST)
    field_order = ("needed_count", "beat", "station", "note")

    def __init__(self, data: Mapping | None, *, shift: Shift):
        shown = {"needed_count": shift.needed_count, "beat": shift.beat_id, "station": shift.station_id, "note": shift.note}
        super().__init__(data, team=shift.team, kind=shift.kind, initial=shown)


class PlanForm(PlaceForm):
    """Shifts from a template on some days of the week shown."""

    template = forms.ModelChoiceField(label=gettext_lazy("班次模板"), queryset=None)
    days = forms.TypedMultipleChoiceField(label=gettext_lazy("日期"), widget=forms.CheckboxSelectMultiple, coerce=date.fromisoformat)
    field_order = ("template", "days", "beat", "station", "crew", "note")

    def __init__(self, data: Mapping | None, *, team: Team, week: date, today: date, day: str = ""):
        super().__init__(data, team=team, initial={"days": [day]})
        self.fields["template"].queryset = reading.usable_templates(team)
        self.fields["template"].label_from_instance = template_label
        open_days = [week + number * roster.DAY for number in range(7) if week + number * roster.DAY >= today]
        self.fields["days"].choices = [(each.isoformat(), f"{WEEKDAYS[each.weekday()]} {each:%m-%d}") for each in open_days]
        self.fields["crew"] = CrewField(reading.members_on(team, max(week, today)))
        if not self.fields["station"].queryset.exists():
            del self.fields["station"]
        self.order_fields(self.field_order)

    def shifts(self) -> list[dict]:
        """One set of values for each day, for `planning.plan`."""
        template, places = self.cleaned_data["template"], self.places()
        is_kiosk = template.kind == ShiftKind.KIOSK
        places = {"beat": None if is_kiosk else places["beat"], "station": places["station"] if is_kiosk else None}
        found = []
        for day in self.cleaned_data["days"]:
            start = datetime.combine(day, template.starts_at, roster.COUNTY_TIME)
            found.append({
                "starts_at": start, "ends_at": start + timedelta(minutes=template.minute_count), "kind": template.kind,
                "needed_count": template.crew_count, "template": template, "crew": list(self.cleaned_data["crew"]),
                "note": self.cleaned_data["note"], **places,
            })  # fmt: skip
        return found


def template_label(template: ShiftTemplate) -> str:
    values = {"name": template.name, "time": f"{template.starts_at:%H:%M}", "hours": reading.short(template.minute_count / 60)}
    return _("%(name)s %(time)s起%(hours)s小时") % values + f" · {template.get_kind_display()}"


class TimeForm(forms.Form):
    """When a shift is. The end follows from its length, so that moving keeps it and a longer shift is a number."""

    day = forms.DateField(label=gettext_lazy("日期"), widget=DAY)
    time = forms.TimeField(label=gettext_lazy("开始"), widget=CLOCK)
    minutes = forms.IntegerField(label=gettext_lazy("时长（分钟）"), min_value=30, max_value=1440)

    @classmethod
    def of(cls, shift: Shift) -> "TimeForm":
        start = shift.starts_at.astimezone(roster.COUNTY_TIME)
        minutes = round((shift.ends_at - shift.starts_at).total_seconds() / 60)
        return cls(initial={"day": start.date(), "time": start.time(), "minutes": minutes})

    def times(self) -> dict[str, datetime]:
        start = datetime.combine(self.cleaned_data["day"], self.cleaned_data["time"], roster.COUNTY_TIME)
        return {"starts_at": start, "ends_at": start + timedelta(minutes=self.cleaned_data["minutes"])}


class CrewForm(forms.Form):
    """Members of that day, and whoever is in the crew already."""

    def __init__(self, data: Mapping | None, *, shift: Shift):
        now_in = [each.user for each in shift.crew.all()]
        super().__init__(data, initial={"crew": [each.pk for each in now_in]})
        self.fields["crew"] = CrewField([*reading.members_on(shift.team, roster.day_of(shift.starts_at)), *now_in])


# Teams


class TeamForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("类别"), choices=Team.Kind.choices)
    division = forms.ModelChoiceField(label=gettext_lazy("负责区划"), queryset=None)
    formed_on = forms.DateField(label=gettext_lazy("成立日期"), widget=DAY)
    is_round_the_clock = forms.BooleanField(
        label=gettext_lazy("24小时巡逻"), required=False, help_text=gettext_lazy("没有排人的小时会标为空档。")
    )

    def __init__(self, data: Mapping | None, *, by: User, on: date):
        super().__init__(data, initial={"formed_on": on})
        self.fields["division"].queryset = own_divisions(by)
        self.fields["division"].initial = by.division_id


class TeamEditForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=80)
    dissolved_on = forms.DateField(
        label=gettext_lazy("撤销日期"), widget=DAY, required=False, help_text=gettext_lazy("从这一天起不能再排班；留空表示仍在。")
    )
    is_round_the_clock = TeamForm.base_fields["is_round_the_clock"]

    def __init__(self, data: Mapping | None, *, team: Team):
        super().__init__(data, initial={name: getattr(team, name) for name in ("name", "dissolved_on", "is_round_the_clock")})


class JoinForm(forms.Form):
    user = forms.ModelChoiceField(label=gettext_lazy("账号"), queryset=None)
    joined_on = forms.DateField(label=gettext_lazy("加入日期"), widget=DAY)
    is_leader = forms.BooleanField(label=gettext_lazy("队长"), required=False)

    def __init__(self, data: Mapping | None, *, team: Team, on: date):
        super().__init__(data, initial={"joined_on": max(on, team.formed_on)})
        inside = set(team.memberships.in_force(on).values_list("user_id", flat=True))
        people = [each.pk for each in teaming.people_for(team) if each.pk not in inside]
        self.fields["user"].queryset = User.objects.filter(pk__in=people).select_related("division").order_by("username")
        self.fields["user"].label_from_instance = lambda user: f"{user.username}（{user.division.name}，{user.get_role_display()}）"


def own_divisions(by: User):
    """The officer's own unit and the towns or villages right below."""
    level = {Division.Level.COUNTY: Division.Level.TOWN, Division.Level.TOWN: Division.Level.VILLAGE}.get(by.division.level)
    return Division.objects.in_division(by.division_id).filter(level__in=[by.division.level, level]).order_by("code")


class TemplateForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("名称"), max_length=40)
    kind = forms.ChoiceField(label=gettext_lazy("方式"), choices=ShiftKind.choices)
    starts_at = forms.TimeField(label=gettext_lazy("开始"), widget=CLOCK)
    minute_count = forms.IntegerField(label=gettext_lazy("时长（分钟）"), min_value=30, max_value=1440, initial=480)
    crew_count = forms.IntegerField(label=gettext_lazy("人数"), min_value=1, max_value=CREW_AT_MOST, initial=2)
    is_active = forms.BooleanField(label=gettext_lazy("启用"), required=False, initial=True)

    def __init__(self, data: Mapping | None, *, template: ShiftTemplate | None = None):
        super().__init__(data, initial={name: getattr(template, name) for name in self.base_fields} if template else None)


class RouteForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("巡区名称"), max_length=120)
    street_names = forms.MultipleChoiceField(label=gettext_lazy("街道"), widget=forms.CheckboxSelectMultiple)
    weekly_visit_target = forms.IntegerField(label=gettext_lazy("每周到访目标"), min_value=1, max_value=1000, required=False)

    def __init__(self, data: Mapping | None, *, names: Sequence[tuple[str, str]]):
        super().__init__(data)
        self.fields["street_names"].choices = names


class LeaveForm(forms.Form):
    left_on = forms.DateField(widget=DAY)

    def day(self) -> date:
        if not self.is_valid():
            raise PlanRefused(_("请填写退出日期。"))
        return self.cleaned_data["left_on"]
