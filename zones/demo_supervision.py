"""What the demo county's public sent in, all invented, through the same forms and functions as people's own: in every state."""
import io
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import Image, ImageDraw

from geo.models import Compound, User
from zones import appeals, doors, manager_codes, moderation
from zones.door_forms import AppealForm, FeedbackForm, ReinspectionForm, ReplyForm
from zones.models import Appeal, Feedback, PublishedGrade
from zones.models.supervision import Received
from zones.spam import DoorForm, token_for

TOWN, OTHER_TOWN = "640521100", "640521102"
# (town, category, what is wrong, days ago, what became of it)
STORIES = (
    (TOWN, "fire", "小区东门消防通道被私家车占用，晚上最严重。", 1, "new"),
    (TOWN, "facility", "3号楼前路灯不亮，已有一周。", 2, "new"),
    (TOWN, "hazard", "地下车库出口照明坏了，行人看不清。", 6, "issue"),
    (TOWN, "order", "夜市摊位占道，早晚高峰通行困难。", 12, "answered"),
    (TOWN, "other", "建议公示栏也贴在北门。", 15, "declined"),
    (OTHER_TOWN, "facility", "健身广场护栏松动。", 3, "new"),
    (OTHER_TOWN, "fire", "单元楼道堆放纸箱、电动车。", 5, "issue"),
    # Of the quarters before, so that the public figures have something to say.
    *((TOWN, "facility", f"第{number}处路灯报修。", 60 + 7 * number, "answered") for number in range(1, 13)),
)
ANSWERED, DECLINED = gettext_lazy("演示：已到现场处理，请继续监督。"), gettext_lazy("演示：建议已转有关单位，不作为问题挂号。")
ANSWERS = {"answered": ANSWERED, "declined": DECLINED}


def load(*, now: datetime) -> int:
    """Returns how many things came in. Runs inside the demo's own transaction."""
    people = {name: User.objects.get_by_natural_key(name) for name in ("county_third", "town_ningan", "town_shikong")}
    for town, category, said, days, end in STORIES:
        _feedback(town, category, said, now - timedelta(days=days), end, people)
    twice = now - timedelta(hours=5)
    _received(FeedbackForm, twice, None, town=TOWN, category="fire", text=_("演示：") + STORIES[0][2])
    _grades(now, people)
    return Feedback.objects.everywhere("all of it is the demo's own").count()


def _feedback(town: str, category: str, said: str, at: datetime, end: str, people: dict[str, User]) -> None:
    home = Compound.objects.in_division(town).order_by("source_key").first()
    grade = _published(home) if category in ("fire", "hazard") else None
    row = _received(FeedbackForm, at, grade, _picture(), town=town, category=category, text=_("演示：") + said, place_name=home.name)
    by = people["town_ningan" if town == TOWN else "town_shikong"]
    if end == "issue":
        moderation.to_issue(row, by=by, now=at + timedelta(hours=3))
    elif end in ANSWERS:
        moderation.move(row, end, answer=str(ANSWERS[end]), by=by, now=at + timedelta(days=2))


def _grades(now: datetime, people: dict[str, User]) -> None:
    """Appeals: one upheld, one rejected, one that runs, one that waits; a manager's reply; a request to look again."""
    decider, days = people["county_third"], lambda count: now - timedelta(days=count)
    reds = PublishedGrade.objects.filter(publication__is_current=True, colour="red").select_related("publication")
    newest = reds.order_by("-publication__ends_on", "town_code", "name", "pk")
    free = [each for each in newest[:40] if not each.decision_text]
    upheld, rejected, running, waiting = free[:4]
    for grade, said in (
        (upheld, _("演示：两起盗窃发生在小区外的商铺，不应计入。")), (rejected, _("演示：去年的隐患已整改，应当为绿色。")),
        (running, _("演示：消防检查后已补装器材，请重新核对。")), (waiting, _("演示：户数登记偏少，折算结果偏高。")),
    ):  # fmt: skip
        _received(AppealForm, days(3), grade, _picture(), appellant="resident_group", text=said)
    by_grade = {each.public_id: each for each in Appeal.objects.everywhere("the demo's own")}
    for grade in (upheld, rejected, running):
        appeals.accept(by_grade[grade.public_id], by=decider, now=days(2))
    answer = _("演示：经核对登记，申诉不成立，维持原等级。")
    appeals.end(by_grade[rejected.public_id], "rejected", answer=answer, by=decider, now=days(1))
    answer = _("演示：经查有警情登记到了错误的小区，按标准改为黄色。")
    appeals.uphold(by_grade[upheld.public_id], colour="yellow", answer=answer, by=decider, now=days(1))
    home = Compound.objects.everywhere("the demo's own").get(public_id=rejected.public_id)
    _kept, code = manager_codes.issue(home, by=decider, now=days(3))
    reply = _received(ReplyForm, days(2), rejected, code=code, text=_("演示：已加装门禁和夜间照明，月底前完成，欢迎监督。"))
    moderation.move(reply, "shown", answer=_("演示：已公开。"), by=decider, now=days(1))
    _received(ReinspectionForm, days(1), waiting, _picture(), text=_("演示：消防通道已重新画线，请来复查。"))


def _published(home: Compound) -> PublishedGrade | None:
    return PublishedGrade.objects.filter(publication__is_current=True, public_id=home.public_id).select_related("publication").last()


def _received(kind: type[DoorForm], at: datetime, grade: PublishedGrade | None, *pictures: tuple[str, bytes], **typed: str) -> Received:
    token = token_for(kind.door, now=at - timedelta(minutes=2))
    form = kind(QueryDict(urlencode({"token": token, **typed})), now=at, grade=grade)
    if not form.is_valid():
        raise ValueError(form.errors.as_json())
    return doors.receive(form, pictures=pictures, now=at, is_invented=True)[0]


def _picture() -> tuple[str, bytes]:
    """A drawing, so that nobody takes it for a photograph."""
    image = Image.new("RGB", (480, 320), (226, 222, 210))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 210, 480, 320), fill=(150, 150, 150))
    draw.rectangle((70, 60, 240, 210), fill=(196, 178, 150), outline=(90, 80, 70), width=4)
    draw.line((0, 320, 480, 210), fill=(240, 200, 60), width=6)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return "image/jpeg", out.getvalue()
