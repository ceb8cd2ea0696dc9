"""Rating periods by name: 2026Q3, 2026H1, 2026-07, 2026. Days are the county's own (Asia/Shanghai)."""
import re
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

COUNTY_TIME = ZoneInfo("Asia/Shanghai")
KINDS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
KIND_NAMES = {
    "month": gettext_lazy("月份"), "quarter": gettext_lazy("季度"), "half_year": gettext_lazy("半年"), "year": gettext_lazy("年度"),
}  # fmt: skip
_FORMS = (
    ("quarter", re.compile(r"(\d{4})Q([1-4])", re.ASCII)),
    ("half_year", re.compile(r"(\d{4})H([12])", re.ASCII)),
    ("month", re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)),
    ("year", re.compile(r"(\d{4})()", re.ASCII)),
)


@dataclass(frozen=True)
class Period:
    """`ends_on` is the day after the last day."""

    name: str
    kind: str
    starts_on: date
    ends_on: date


def add_months(day: date, months: int) -> date:
    """The first day of the month that lies so many months from the month of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, 1)


def parse_period(name: str) -> Period:
    """Raises ValueError with a message for people."""
    for kind, form in _FORMS:
        found = form.fullmatch(name)
        if found and 1950 <= int(found[1]) <= 2200:
            months = KINDS[kind]
            starts_on = add_months(date(int(found[1]), 1, 1), months * (int(found[2] or 1) - 1))
            return Period(name, kind, starts_on, add_months(starts_on, months))
    raise ValueError(_("评定期“%(name)s”写法不对：季度写作 2026Q3，半年 2026H1，月份 2026-07，全年 2026。") % {"name": name[:20]})


def period_of(kind: str, day: date) -> Period:
    """The period of this kind that holds the day."""
    months = KINDS[kind]
    number = (day.month - 1) // months
    names = {"month": f"{day:%Y-%m}", "quarter": f"{day.year}Q{number + 1}", "half_year": f"{day.year}H{number + 1}", "year": f"{day.year}"}
    return parse_period(names[kind])


def months_between(start: date, end: date) -> int:
    """Whole months between two first days of a month."""
    return (end.year - start.year) * 12 + end.month - start.month


def start_of(day: date) -> datetime:
    """The county's midnight at which the day begins."""
    return datetime.combine(day, time(), COUNTY_TIME)


def day_of(moment: datetime) -> date:
    return moment.astimezone(COUNTY_TIME).date()
