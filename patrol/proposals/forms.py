from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from patrol import roster
from patrol.models import PlanProposal, ProposalStandard, ShiftKind, Team
from patrol.proposals.drafting import SEED
from patrol.proposals.reading import hours_left

KINDS = [(kind.value, kind.label) for kind in (ShiftKind.MOTOR, ShiftKind.FOOT)]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ProposalForm(forms.Form):
    """For one team and week; what the standard gives may be changed for this proposal."""

    week = forms.DateField(label=gettext_lazy("这一周里的一天"), widget=DAY)
    kind = forms.ChoiceField(label=gettext_lazy("方式"), choices=KINDS)
    staff_hours = forms.IntegerField(label=gettext_lazy("可用工时（人·小时）"), min_value=0, max_value=5000)
    crew_count = forms.IntegerField(label=gettext_lazy("每班人数"), min_value=1, max_value=20)
    block_hours = forms.IntegerField(label=gettext_lazy("一个班次（小时）"), min_value=1, max_value=12)
    stop_from_minutes = forms.IntegerField(label=gettext_lazy("停留至少（分钟）"), min_value=1, max_value=60)
    stop_to_minutes = forms.IntegerField(label=gettext_lazy("停留至多（分钟）"), min_value=1, max_value=60)
    seed = forms.IntegerField(label=gettext_lazy("随机种子"), min_value=0, max_value=999_999)

    def __init__(self, data: Mapping | None, *, team: Team, now: datetime):
        self.standard = ProposalStandard.objects.in_force(roster.day_of(now))
        self.today = roster.day_of(now)
        week = roster.monday_of(self.today) + roster.WEEK
        super().__init__(data, initial={
            "week": week, "kind": ShiftKind.MOTOR if team.kind == Team.Kind.MOTOR else ShiftKind.FOOT, "crew_count": 2,
            "staff_hours": hours_left(team, week, now=now), "block_hours": self.standard.block_hours, "seed": SEED,
            "stop_from_minutes": self.standard.stop_from_minutes, "stop_to_minutes": self.standard.stop_to_minutes,
        })  # fmt: skip

    def clean_week(self) -> date:
        week = roster.monday_of(self.cleaned_data["week"])
        if not roster.monday_of(self.today) <= week <= self.today + timedelta(weeks=8):
            raise forms.ValidationError(_("请选本周到8周之内的一周。"))
        return week

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("stop_to_minutes", 60) < cleaned.get("stop_from_minutes", 1):
            self.add_error("stop_to_minutes", _("停留至多不能少于停留至少。"))
        return cleaned


def chosen(data, proposal: PlanProposal) -> list[int]:
    """The numbers of the shifts that were ticked; anything else is passed over."""
    count = len(proposal.result["shifts"])
    return [int(each) for each in data.getlist("shift") if each.isascii() and each.isdecimal() and len(each) < 5 and int(each) < count]
