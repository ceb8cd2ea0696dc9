"""What the pages of bulletins show: the list with what may be drafted, and one bulletin with its texts, figures, steps and files."""
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.core.paginator import Paginator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import workflow
from geo.maps import path_of
from geo.models import Division, User
from patrol import units
from zones.bulletins import files, words
from zones.bulletins import writing as verbs
from zones.bulletins.content import document
from zones.bulletins.measures import MEASURES, Measure
from zones.models import Bulletin
from zones.periods import add_months, day_of, parse_period

PAGE_SIZE = 30
MONTHS_OFFERED, QUARTERS_OFFERED, YEARS_OFFERED = 12, 8, 3
S = Bulletin.State
# In the reader's language, beside the paper's own Chinese.
PICTURES = {
    "units": gettext_lazy("各单位定期任务按时率"), "months": gettext_lazy("近十二个月问题挂号和销号"),
    "map": gettext_lazy("治安重点整治区域"),
}  # fmt: skip
BLOCKS = {
    "correction": gettext_lazy("更正说明"), "opening": gettext_lazy("开头"), "inspections": gettext_lazy("定期排查"),
    "issues": gettext_lazy("问题挂号销号"), "presence": gettext_lazy("重点整治和巡逻"), "grades": gettext_lazy("小区等级"),
    "next": gettext_lazy("工作要求"),
}  # fmt: skip


def may_draft(user: User) -> list[Division]:
    """The own unit and the towns below it, where the person writes."""
    if not user.writes_business_data:
        return []
    return [unit for unit in units.choices(user) if len(unit.pk) in (6, 9)]


def periods(today: date) -> list[tuple[str, list[tuple[str, str]]]]:
    """(label, choices) of periods that are over, the newest first."""
    month, quarter = today.replace(day=1), date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    of_months = [f"{add_months(month, -n):%Y-%m}" for n in range(1, MONTHS_OFFERED + 1)]
    of_quarters = [_quarter(add_months(quarter, -3 * n)) for n in range(1, QUARTERS_OFFERED + 1)]
    of_years = [str(today.year - n) for n in range(1, YEARS_OFFERED + 1)]
    groups = ((_("月"), of_months), (_("季度"), of_quarters), (_("年"), of_years))
    return [(label, [(name, shown(name)) for name in names]) for label, names in groups]


def _quarter(day: date) -> str:
    return f"{day.year}Q{(day.month + 2) // 3}"


def shown(name: str) -> str:
    """A period in the reader's language."""
    period = parse_period(name)
    year, month = period.starts_on.year, period.starts_on.month
    if period.kind == "month":
        return _("%(year)d年%(month)d月") % {"year": year, "month": month}
    if period.kind == "quarter":
        return _("%(year)d年第%(quarter)d季度") % {"year": year, "quarter": (month + 2) // 3}
    return _("%(year)d年") % {"year": year}


def listing(user: User, query: Mapping[str, str], *, now: datetime, typed: Mapping[str, str] | None = None) -> dict:
    asked = {name: query.get(name, "").replace("\x00", "")[:12] for name in ("unit", "kind", "state")}
    rows = Bulletin.objects.visible_to(user).defer("figures", "texts").select_related("division", "corrects")
    if asked["unit"].isascii() and asked["unit"].isdecimal():
        rows = rows.filter(division=asked["unit"])
    if asked["kind"] in Bulletin.Kind.values:
        rows = rows.filter(kind=asked["kind"])
    if asked["state"] in S.values:
        rows = rows.filter(state=asked["state"])
    page = Paginator(rows.order_by("-ends_on", "division_id", "-pk"), PAGE_SIZE).get_page(query.get("page"))
    for each in page:
        each.period_text = shown(each.period)
    told = Bulletin.objects.visible_to(user).order_by().values("division")
    return {
        "page": page, "asked": asked, "kinds": Bulletin.Kind.choices, "states": S.choices, "typed": typed or {},
        "units": Division.objects.filter(pk__in=told).order_by("pk"), "drafts_for": may_draft(user), "periods": periods(day_of(now)),
        "invented": any(each.is_invented for each in page),
    }  # fmt: skip


def one(bulletin: Bulletin, user: User, *, typed: Mapping[str, str] | None = None) -> dict:
    """`typed` brings back what a refused edit or step said."""
    typed, told = typed or {}, document(bulletin)
    is_draft = bulletin.state == S.DRAFT and verbs.writers(user, bulletin)
    job = files.of(bulletin).order_by("-pk").first()
    made = files.ready(bulletin)
    return {
        "bulletin": bulletin, "told": told, "path": path_of(bulletin.division_id), "period_text": shown(bulletin.period),
        "rows": measures(bulletin.figures, words.compared(parse_period(bulletin.period))),
        "units": unit_rows(bulletin.figures), "edits": is_draft, "typed": typed,
        "texts": [{**each, "label": BLOCKS[each["key"]], "text": typed.get(f"text-{each['key']}", each["text"])}
                  for each in bulletin.texts],
        "head": [(name, label, most, typed.get(name, getattr(bulletin, name))) for name, (most, label) in verbs.HEAD.items()],
        "steps": steps(bulletin, user, typed), "timeline": timeline(bulletin) if bulletin.division_id.startswith(user.division_id) else [],
        "writes": verbs.writers(user, bulletin),
        "corrections": Bulletin.objects.visible_to(user).filter(corrects=bulletin).defer("figures", "texts"),
        "corrects": Bulletin.objects.visible_to(user).filter(pk=bulletin.corrects_id).defer("figures", "texts").first(),
        "made": made, "papers": [name for name in files.PAPERS if name in made], "job": job,
        "pictures": [(f"{name}.png", label) for name, label in PICTURES.items() if f"{name}.png" in made],
        "may_correct": bulletin.state == S.PUBLISHED and verbs.writers(user, bulletin), "sources": bulletin.figures["sources"],
    }  # fmt: skip


def measures(figures: Mapping, keys: Iterable[str]) -> list[dict]:
    """Every value beside those of the spans that it is compared with, with what changed."""
    now, *others = (figures["values"][name] for name in ("now", *keys))
    return [_row(each, now.get(each.key), *(other.get(each.key) for other in others)) for each in MEASURES]


def _row(measure: Measure, now: object, *others: object) -> dict:
    return {
        "label": measure.label, "now": measure.text(now), "none": now is None,
        "others": [{"text": measure.text(other), "change": measure.change(now, other), "better": _better(measure, now, other)}
                   for other in others],
    }  # fmt: skip


def _better(measure: Measure, now: object, other: object) -> str:
    """better, worse or nothing."""
    if not measure.good or not all(isinstance(one, int | float) for one in (now, other)) or now == other:
        return ""
    return "better" if (now > other) == (measure.good > 0) else "worse"


def unit_rows(figures: Mapping) -> list[dict]:
    shares = [row.get("duties_share") for row in figures["units"]]
    return [{**row, "percent": None if part is None else round(100 * part, 1)} for row, part in zip(figures["units"], shares, strict=True)]


def steps(bulletin: Bulletin, user: User, typed: Mapping[str, str]) -> list[dict]:
    return [{**each, "is_main": not each["move"].needs_reason} for each in workflow.offered(bulletin, by=user, typed=typed)]


def timeline(bulletin: Bulletin) -> list[dict]:
    told = [{"label": _("起草"), "at": bulletin.drafted_at, "by": bulletin.drafted_by, "why": ""}, *workflow.told(bulletin)]
    if bulletin.edited_at:
        told.append({"label": _("最近修改"), "at": bulletin.edited_at, "by": bulletin.edited_by, "why": ""})
    return sorted(told, key=lambda each: each["at"])


def file_name(bulletin: Bulletin) -> str:
    """What a downloaded file is called, without its ending."""
    return bulletin.number or f"{bulletin.division.name}{words.name_of(parse_period(bulletin.period))}治安通报（草稿）"
