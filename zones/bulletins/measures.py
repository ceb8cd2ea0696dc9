"""The names of a bulletin's values: how each is called, written and compared. Labels are the page's; a document is always Chinese."""
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

COUNT, SHARE, HOURS = "count", "share", "hours"


@dataclass(frozen=True)
class Measure:
    """`good` says which way is better: 1 more, -1 less, 0 neither. `is_small` counts are protected in a bulletin that leaves."""

    key: str
    label: object
    form: str = COUNT
    good: int = 0
    is_small: bool = False

    def text(self, value: object) -> str:
        if value is None:
            return _("无数据")
        if isinstance(value, str):
            return value
        if self.form == SHARE:
            return percent(value)
        return f"{value:,}" if self.form == COUNT else _("%(n)s小时") % {"n": f"{value:,}"}

    def change(self, value: object, other: object) -> str:
        """+3, -2.5 points, or nothing where it cannot be said."""
        if value is None or other is None or isinstance(value, str) or isinstance(other, str):
            return ""
        if self.form == SHARE:
            return _("%(n)s个百分点") % {"n": f"{100 * (value - other):+.1f}"}
        return f"{value - other:+,}" if value != other else ""


def percent(value: float) -> str:
    """0.8764 -> 87.6 %; what lacks something is never 100."""
    rounded = round(100 * value, 1)
    if value < 1 and rounded == 100:
        rounded = 99.9
    return f"{rounded:g}%"


MEASURES = (
    Measure("inspections_due", gettext_lazy("治安排查应完成")),
    Measure("inspections_done", gettext_lazy("治安排查按时完成"), good=1),
    Measure("inspections_late", gettext_lazy("治安排查逾期完成"), good=-1),
    Measure("inspections_missed", gettext_lazy("治安排查未完成"), good=-1),
    Measure("inspections_share", gettext_lazy("治安排查按时率"), SHARE, good=1),
    Measure("duties_due", gettext_lazy("定期任务应完成")),
    Measure("duties_share", gettext_lazy("定期任务按时率"), SHARE, good=1),
    Measure("issues_registered", gettext_lazy("新挂号问题"), is_small=True),
    Measure("issues_closed", gettext_lazy("销号"), good=1, is_small=True),
    Measure("issues_open", gettext_lazy("期末未销号"), good=-1, is_small=True),
    Measure("issues_overdue", gettext_lazy("期末逾期"), good=-1, is_small=True),
    Measure("issues_relapsed", gettext_lazy("复发"), good=-1, is_small=True),
    Measure("issues_share", gettext_lazy("问题按期办结率"), SHARE, good=1),
    Measure("zones_listed", gettext_lazy("挂牌整治区域"), is_small=True),
    Measure("zones_accepted", gettext_lazy("验收整治区域"), good=1, is_small=True),
    Measure("zones_delisted", gettext_lazy("摘牌整治区域"), good=1, is_small=True),
    Measure("presence_share", gettext_lazy("整治区域有人时段"), SHARE, good=1),
    Measure("unknown_share", gettext_lazy("整治区域不明时段"), SHARE),
    Measure("longest_gap", gettext_lazy("最长无人空档"), HOURS, good=-1),
    Measure("grades_red", gettext_lazy("红色小区"), good=-1, is_small=True),
    Measure("grades_yellow", gettext_lazy("黄色小区"), is_small=True),
    Measure("grades_green", gettext_lazy("绿色小区"), good=1, is_small=True),
)
OF = {each.key: each for each in MEASURES}
SMALL = tuple(each.key for each in MEASURES if each.is_small)
