"""The names of a bulletin's values: how each is called, written and compared. Labels are the page's; a document is always Chinese."""
from dataclasses import dataclass

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

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
            return _now("无数据")
        if isinstance(value, str):
            return value
        if self.form == SHARE:
            return percent(value)
        return f"{value:,}" if self.form == COUNT else _now("%(n)s小时") % {"n": f"{value:,}"}

    def change(self, value: object, other: object) -> str:
        """+3, -2.5 points, or nothing where it cannot be said."""
        if value is None or other is None or isinstance(value, str) or isinstance(other, str):
            return ""
        if self.form == SHARE:
            return _now("%(n)s个百分点") % {"n": f"{100 * (value - other):+.1f}"}
        return f"{value - other:+,}" if value != other else "0"


def percent(value: float) -> str:
    """0.8764 -> 87.6 %; what lacks something is never 100."""
    rounded = round(100 * value, 1)
    if value < 1 and rounded == 100:
        rounded = 99.9
    return f"{rounded:g}%"


MEASURES = (
    Measure("inspections_due", _("治安排查应完成")),
    Measure("inspections_done", _("治安排查按时完成"), good=1),
    Measure("inspections_late", _("治安排查逾期完成"), good=-1),
    Measure("inspections_missed", _("治安排查未完成"), good=-1),
    Measure("inspections_share", _("治安排查按时率"), SHARE, good=1),
    Measure("duties_due", _("定期任务应完成")),
    Measure("duties_share", _("定期任务按时率"), SHARE, good=1),
    Measure("issues_registered", _("新挂号问题"), is_small=True),
    Measure("issues_closed", _("销号"), good=1, is_small=True),
    Measure("issues_open", _("期末未销号"), good=-1, is_small=True),
    Measure("issues_overdue", _("期末逾期"), good=-1, is_small=True),
    Measure("issues_relapsed", _("复发"), good=-1, is_small=True),
    Measure("issues_share", _("问题按期办结率"), SHARE, good=1),
    Measure("zones_listed", _("挂牌整治区域"), is_small=True),
    Measure("zones_accepted", _("验收整治区域"), good=1, is_small=True),
    Measure("zones_delisted", _("摘牌整治区域"), good=1, is_small=True),
    Measure("presence_share", _("整治区域有人时段"), SHARE, good=1),
    Measure("unknown_share", _("整治区域不明时段"), SHARE),
    Measure("longest_gap", _("最长无人空档"), HOURS, good=-1),
    Measure("grades_red", _("红色小区"), good=-1, is_small=True),
    Measure("grades_yellow", _("黄色小区"), is_small=True),
    Measure("grades_green", _("绿色小区"), good=1, is_small=True),
)
OF = {each.key: each for each in MEASURES}
SMALL = tuple(each.key for each in MEASURES if each.is_small)
