"""One action for many issues: watch, assign, another deadline. All in one transaction, or nothing and a line for each refusal."""
from collections.abc import Callable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.models import Division
from zones import register, register_changes
from zones import register_forms as forms
from zones.models import CODE_LENGTH, Issue, UnitLevel
from zones.register_list import RegisterListing
from zones.register_words import RegisterRefused

ISSUES_AT_MOST = 500
LINES_SHOWN = 20


class _Undone(Exception):
    """Takes everything back."""


class Bulk:
    """What the form asks for. Raises RegisterRefused where nothing, or too much, was ticked."""

    ACTIONS = (
        ("watch", gettext_lazy("关注")), ("unwatch", gettext_lazy("取消关注")), ("assign", gettext_lazy("交办")),
        ("deadline", gettext_lazy("改期限")),
    )  # fmt: skip

    def __init__(self, listing: RegisterListing, posted: QueryDict):
        self.listing, self.posted, self.user = listing, posted, listing.user
        rows = listing.rows
        if not posted.get("all"):
            asked = {int(text) for text in posted.getlist("pk") if text.isascii() and text.isdigit() and len(text) < 19}
            rows = Issue.objects.visible_to(listing.user).filter(pk__in=asked)
        self.pks = list(rows.order_by("pk").values_list("pk", flat=True)[: ISSUES_AT_MOST + 1])
        if not self.pks:
            raise RegisterRefused(_("请先勾选问题。"))
        if len(self.pks) > ISSUES_AT_MOST:
            raise RegisterRefused(_("一次最多办理%(count)d个问题，请先筛选。") % {"count": ISSUES_AT_MOST})

    @property
    def action(self) -> str:
        return self.posted.get("action", "")

    @property
    def units(self):
        """The own unit and the level below it; each issue's own unit is offered beside them."""
        own, level = self.user.division_id, Division.Level.VILLAGE
        if len(own) < CODE_LENGTH[UnitLevel.TOWN]:
            level = Division.Level.TOWN
        return Division.objects.in_division(own).filter(Q(pk=own) | Q(level=level)).order_by("code")

    def apply(self, *, now: datetime) -> list[str]:
        """Do it; a line for each issue that refuses, and then nothing has been done."""
        do, lines = self._verb(), []
        if do is None:
            return [_("请选择要办理的事项。")]
        try:
            with transaction.atomic():
                for issue in Issue.objects.visible_to(self.user).filter(pk__in=self.pks).select_related("category").order_by("pk"):
                    if reason := self._refusal(do, issue, now):
                        lines.append(f"{issue.number}：{reason}")
                if lines:
                    raise _Undone
        except _Undone:
            more = len(lines) - LINES_SHOWN
            return lines[:LINES_SHOWN] + ([_("还有%(count)d条。") % {"count": more}] if more > 0 else [])
        return []

    def _refusal(self, do: Callable, issue: Issue, now: datetime) -> str:
        try:
            with transaction.atomic():
                do(issue, now)
        except PermissionDenied:
            return _("您没有办理这一步的权限。")
        except (RegisterRefused, workflow.MoveRefused) as refused:
            return str(refused)
        return ""

    def _verb(self) -> Callable | None:
        return {"watch": self._watch, "unwatch": self._unwatch, "assign": self._assign, "deadline": self._deadline}.get(self.action)

    def _watch(self, issue: Issue, now: datetime) -> None:
        register_changes.watch(issue, by=self.user)

    def _unwatch(self, issue: Issue, now: datetime) -> None:
        register_changes.watch(issue, by=self.user, on=False)

    def _assign(self, issue: Issue, now: datetime) -> None:
        """To the chosen unit, or each to the one that its category names; until the chosen day, or its own deadline."""
        unit = forms.chosen_unit(Division.objects.all(), self.posted.get("unit", "") or forms.own_unit(issue))
        text = self.posted.get("due_on", "")
        due_on = forms.day(text) if text else forms.proposed_day(issue, now)
        register.assign(issue, unit=unit, due_on=due_on, why=self.posted.get("why", ""), by=self.user, now=now)

    def _deadline(self, issue: Issue, now: datetime) -> None:
        due_on = forms.day(self.posted.get("due_on", ""))
        register_changes.set_deadline(issue, due_on, why=self.posted.get("why", ""), by=self.user, now=now)
