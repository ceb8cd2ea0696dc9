"""Invented campaigns for the demo county: candidates in every state, so that each page has something to show."""
import io
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from geo import workflow
from geo.models import User
from zones import campaigns, evidence
from zones.campaigns import Given
from zones.models import Campaign, CampaignCriteria, CampaignKind, Candidate

YEARS = (2025, 2026)
TOWNS = ("town_ningan", "town_shikong")
BY = "county"
# What becomes of the first, second … candidate of a town, by town; a year that is over leaves nobody waiting.
RUNNING = (("awarded",), ("recommended", "checked"), ("reported", "recommended"), ("nominated",), ("declined",))
OVER = ("awarded", "awarded", "declined", "revoked")


def load() -> int:
    """Returns how many candidates there are. Runs inside the demo's own transaction."""
    people = {name: User.objects.get_by_natural_key(name) for name in (BY, *TOWNS)}
    for year in YEARS:
        for kind in CampaignKind.values if year == YEARS[-1] else ("school",):
            _campaign(kind, year, people)
    return Candidate.objects.everywhere("all of them are the demo's own").count()


def _campaign(kind: str, year: int, people: dict[str, User]) -> None:
    by, start = people[BY], datetime(year, 3, 2, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
    criteria = CampaignCriteria.objects.filter(kind=kind).earliest("pk")
    made = campaigns.create(
        kind=kind, year=year, closes_on=date(year, 12, 31), award_year_count=2, criteria=criteria, by=by, is_invented=True
    )
    workflow.move(made, "open", by=by, now=start)
    is_over = year < YEARS[-1]
    for number, town in enumerate(TOWNS):
        running = RUNNING if kind == CampaignKind.SCHOOL else RUNNING[:3]
        wanted = OVER if is_over else [each[min(number, len(each) - 1)] for each in running]
        for step, (thing, state) in enumerate(zip(_things(made, people[town], len(wanted)), wanted, strict=False)):
            at = start + timedelta(days=3 * step + number, hours=step)
            _bring(campaigns.nominate(made, **thing, by=people[town], now=at), state, by, people[town], at)
    if is_over:
        workflow.move(made, "finished", by=by, now=start + timedelta(days=280))


def _things(made: Campaign, by: User, count: int) -> list[dict]:
    choices = campaigns.may_be_nominated(made, by)
    if choices is None:
        return [{"name": _("%(town)s综治中心") % {"town": by.division.name}, "point": by.division.seat}]
    keyword = "premises" if made.kind == CampaignKind.SCHOOL else "subject"
    return [{keyword: each} for each in choices[:count]]


def _bring(candidate: Candidate, state: str, county: User, town: User, at: datetime) -> None:
    """Move the candidate, step by step and by those whose step it is, to the state."""
    moments = iter(at + timedelta(days=days, hours=1) for days in range(10, 100, 10))
    _answer(candidate, town, at + timedelta(days=2), is_whole=state != "nominated")
    if state == "nominated":
        return
    campaigns.move(candidate, "reported", by=town, now=next(moments))
    if state == "reported":
        return
    campaigns.move(candidate, "recommended", by=town, now=next(moments), why=_("演示：材料齐全，同意推荐。"))
    if state == "recommended":
        return
    share = 0.6 if state == "declined" else 0.95
    items = campaigns.criteria_of(candidate.campaign).items
    found = {item.key: (max(item.minimum, int(item.largest * share)), _("演示：现场核查")) for item in items}
    campaigns.check(candidate, found, by=county, now=next(moments))
    campaigns.move(candidate, "checked", by=county, now=next(moments))
    if state == "checked":
        return
    if state == "declined":
        campaigns.move(candidate, "declined", by=county, now=next(moments), why=_("演示：核查得分不够。"))
        return
    number = campaigns.next_award_number(candidate)
    campaigns.move(candidate, "awarded", by=county, now=next(moments), why=_("演示：达到标准。"), award_number=number)
    if state == "revoked":
        campaigns.move(candidate, "revoked", by=county, now=next(moments), why=_("演示：复查时发现隐患未整改。"))


def _answer(candidate: Candidate, by: User, at: datetime, *, is_whole: bool) -> None:
    items = campaigns.criteria_of(candidate.campaign).items
    given = {}
    for number, item in enumerate(items if is_whole else items[: len(items) // 2]):
        claimed = item.largest if item.measure == "yes_no" else max(item.minimum, item.largest - number)
        amount = 12 + 7 * number if "number" in item.evidence else None
        given[item.key] = Given(claimed, _("演示：有制度、有记录，按月检查。"), amount)
    campaigns.answer(candidate, given, by=by, now=at)
    for item in items if is_whole else ():
        if "file" in item.evidence:
            evidence.add(candidate, item.key, SimpleUploadedFile(_("演示图片.png"), _picture()), by=by, now=at)


def _picture() -> bytes:
    """A gate between two walls: drawn, so that nobody takes it for a photograph."""
    picture = Image.new("RGB", (480, 270), "#dfe7ea")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 200, 480, 270), fill="#b9c2bd")
    for left in (0, 320):
        pen.rectangle((left, 120, left + 160, 210), fill="#9a8f80")
    pen.rectangle((160, 90, 320, 210), outline="#42505a", width=6)
    for bar in range(176, 320, 18):
        pen.line((bar, 92, bar, 208), fill="#42505a", width=3)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
