"""What the system administrator fills in for an account. What may be asked for is judged by geo.accounts."""
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from geo.models import Division, User


class DivisionField(forms.ModelChoiceField):
    def label_from_instance(self, division: Division) -> str:
        return f"{division.name}（{division.code}）"


class AskForm(forms.Form):
    username = forms.CharField(label=_("账号"), max_length=30, help_text=_("按岗位起名，例如 town_ningan；不写姓名。"))
    role = forms.ChoiceField(label=_("角色"), choices=User.Role.choices)
    division = DivisionField(label=_("所属区划"), queryset=Division.objects.none())
    why = forms.CharField(label=_("理由"), max_length=200, help_text=_("岗位或文号。"))

    def __init__(self, data, *, by: User, account: User | None):
        initial = {"role": account.role, "division": account.division_id} if account else {}
        super().__init__(data, initial=initial)
        self.account = account
        self.fields["division"].queryset = Division.objects.in_division(by.division_id).in_force(timezone.localdate()).order_by("code")
        if account:
            del self.fields["username"]

    def said(self) -> dict:
        return {"username": self.account.username if self.account else self.cleaned_data["username"], **self.cleaned_data}
