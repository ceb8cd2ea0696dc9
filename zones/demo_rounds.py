"""The demo's periods through every step of a round; the newest with towns' proposals and managers' objections, all invented.

Two older ones have been taken up again to be corrected, beside what is published of them: one is with the towns, one open to objections.
"""
import io
from datetime import datetime, timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageDraw

from geo.models import User
from zones import objections, proposals, round_life
from zones.models import CompoundObjection, Grade, GradeProposal, RatingRound

PERIODS = ("2025Q4", "2026Q1", "2026Q2", "2026Q3")
# Days before the demo is looked at: frozen and sent to the towns, approved, published. Between the last two lie the objections.
FROZEN, APPROVED, PUBLISHED = 20, 14, 4
# Days from one period's publication to the next one's, and from taking a round up again until now.
APART, REVIEWED, OBJECTED = 10, 2, 12
TOWN, OTHER_TOWN = "640521100", "640521102"


def load(*, now: datetime) -> dict[str, dict[str, int]]:
    """Colours by period. Runs inside the demo's own transaction."""
    names = ("county", "county_second", "county_third", "town_ningan", "town_shikong")
    people = {name: User.objects.get_by_natural_key(name) for name in names}
    colours = {}
    for number, period in enumerate(PERIODS):
        # One after the other: each publication is compared with the one before.
        at = now - timedelta(days=APART * (len(PERIODS) - 1 - number))
        colours[period] = _bring(period, people, at, is_newest=period == PERIODS[-1])
    _take_up(PERIODS[-2], people, now - timedelta(days=REVIEWED))
    _take_up(PERIODS[-3], people, now - timedelta(days=OBJECTED), until_objections=now - timedelta(days=2))
    return colours


def _bring(period: str, people: dict[str, User], now: datetime, *, is_newest: bool) -> dict[str, int]:
    first, second = people["county"], people["county_second"]
    days = lambda count: now - timedelta(days=count)  # noqa: E731
    frozen = round_life.freeze(period=period, by=first, now=days(FROZEN))
    rating_round = frozen.round
    round_life.ask_towns(rating_round, by=first, now=days(FROZEN))
    if is_newest:
        _proposals(rating_round, people, days(FROZEN - 1))
    for name in ("town_ningan", "town_shikong"):
        proposals.confirm(rating_round, by=people[name], now=days(FROZEN - 2))
    round_life.approve(rating_round, by=second, now=days(APPROVED))
    round_life.open_objections(rating_round, by=first, now=days(APPROVED))
    if is_newest:
        _objections(rating_round, people, days(APPROVED - 1))
    round_life.publish(period=period, by=second, now=days(PUBLISHED))
    return frozen.colours


def _take_up(period: str, people: dict[str, User], now: datetime, *, until_objections: datetime | None = None) -> None:
    """A correction on its way; what was published stays current until it is signed."""
    first, rating_round = people["county"], RatingRound.objects.select_related("scheme", "standard").get(period=period)
    round_life.send_back(rating_round, by=first, now=now, why=_("演示：乡镇补报了整改材料，重新核对后更正。"))
    round_life.ask_towns(rating_round, by=first, now=now)
    # While the towns review, one proposal waits for the county and one town has not answered.
    _proposals(rating_round, people, now + timedelta(hours=6), waiting=not until_objections)
    proposals.confirm(rating_round, by=people["town_ningan"], now=now + timedelta(hours=8))
    if until_objections:
        round_life.approve(rating_round, by=people["county_second"], now=until_objections)
        round_life.open_objections(rating_round, by=first, now=until_objections)
        _objections(rating_round, people, until_objections + timedelta(hours=3), waiting=True)


def _proposals(rating_round: RatingRound, people: dict[str, User], now: datetime, *, waiting: bool = False) -> None:
    """One that the county takes up (or has still to decide), one that it does not."""
    cases = (
        ("town_ningan", TOWN, Grade.Colour.YELLOW, Grade.Colour.GREEN, GradeProposal.State.ACCEPTED,
         _("演示：隐患在冻结前一天已整改，附整改照片。"), _("演示：照片和整改单核对无误，采纳。")),
        ("town_shikong", OTHER_TOWN, Grade.Colour.RED, Grade.Colour.YELLOW, GradeProposal.State.DECLINED,
         _("演示：其中一起警情发生在小区围墙外。"), _("演示：经核，警情地点在小区内，维持计算的等级。")),
    )  # fmt: skip
    for name, town, before, after, to, reason, answer in cases:
        grade = _first(rating_round, town, before)
        if grade is not None:
            made = proposals.propose(grade, colour=after, reason=reason, upload=_paper(), by=people[name], now=now)
            if not waiting or to == GradeProposal.State.DECLINED:
                proposals.decide(made, to, answer=answer, by=people["county"], now=now + timedelta(hours=5))


def _objections(rating_round: RatingRound, people: dict[str, User], now: datetime, *, waiting: bool = False) -> None:
    """One upheld, one not, answered by an officer who had no part in the grades; the rest of the town's notices without an objection.

    `waiting`: the second is still to be answered.
    """
    state, town = CompoundObjection.State, people["town_ningan"]
    mine = Grade.objects.visible_to(town).filter(round=rating_round, decided_colour=None).select_related("compound")
    yellow = list(mine.filter(colour=Grade.Colour.YELLOW).order_by("compound__source_key")[:2])
    invited = objections.invite(rating_round, [*yellow, *mine.filter(colour=Grade.Colour.RED)], by=town, now=now)
    answers = (
        (state.UPHELD, Grade.Colour.GREEN, _("演示：其中一起警情重复登记，我单位有接警单。"),
         _("演示：核对台账，确为重复登记，异议成立。")),
        (state.REJECTED, "", _("演示：小区户数应当更多。"), _("演示：户数以社区年报为准，与登记一致，异议不成立。")),
    )  # fmt: skip
    for (_grade, code), (to, colour, text, answer) in zip(invited, answers, strict=False):
        found = objections.find(code, address="demo")
        objections.file(found, text=text, uploads=(), now=now + timedelta(hours=2))
        if not waiting or to == state.UPHELD:
            objections.decide(found, to, colour=colour, answer=answer, by=people["county_third"], now=now + timedelta(hours=40))


def _first(rating_round: RatingRound, town: str, colour: str) -> Grade | None:
    rows = Grade.objects.everywhere("the demo's own").filter(round=rating_round, colour=colour, compound__division__code__startswith=town)
    return rows.select_related("compound").order_by("compound__source_key").first()


def _paper() -> SimpleUploadedFile:
    """A sheet with lines: drawn, so that nobody takes it for a document."""
    picture = Image.new("RGB", (420, 594), "#f7f7f2")
    pen = ImageDraw.Draw(picture)
    for y in range(90, 520, 26):
        pen.line(((50, y), (370 - y % 70, y)), fill="#9aa5ad", width=3)
    pen.ellipse((280, 470, 370, 560), outline="#b5473c", width=5)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return SimpleUploadedFile("demo.jpg", out.getvalue())
