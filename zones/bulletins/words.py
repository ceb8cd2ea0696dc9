"""The sentences of a bulletin, drafted from its figures. A document of a Chinese county is Chinese, whatever its reader's language."""
from collections.abc import Callable, Mapping
from datetime import date

from zones.bulletins.measures import percent
from zones.bulletins.protection import HIDDEN
from zones.models import RectificationZone
from zones.periods import Period, parse_period

NO_DATA = "无数据"
NOT_TOLD = "不列"
LOWEST_NAMED = 3
LABELS = {"registered": "已挂号", "assigned": "已交办", "rectifying": "整改中", "reported_fixed": "待核查"}
QUARTERS = "一二三四"


def name_of(period: Period) -> str:
    """2026年10月, 2026年第三季度, 2026年上半年, 2026年."""
    month = period.starts_on.month
    part = {
        "month": f"{month}月", "quarter": f"第{QUARTERS[(month - 1) // 3]}季度", "half_year": "上半年" if month < 7 else "下半年",
    }  # fmt: skip
    return f"{period.starts_on.year}年{part.get(period.kind, '')}"


def title(period: Period, *, is_correction: bool) -> str:
    told = f"关于{name_of(period)}治安防控工作情况的通报"
    return f"{told}（更正）" if is_correction else told


def issuer(name: str, code: str) -> str:
    """Our own guess, which the drafter may change."""
    return f"{name}公安局" if len(code) <= 6 else f"{name}综治中心"


def addressees(code: str) -> str:
    return "各乡镇、各派出所、各有关单位" if len(code) <= 6 else "各村（社区）、各有关单位"


def draft(figures: Mapping, period: Period, unit: str) -> list[dict]:
    """Blocks of key, title and text. What has no data says so."""
    now = figures["values"]["now"]
    told = Told(now, {name: figures["values"][key] for key, name in compared(period).items()})
    blocks = [
        ("opening", "", opening(told, name_of(period), unit)),
        ("inspections", "定期排查", inspections(told, figures)),
        ("issues", "问题挂号销号", issues(told, figures)),
        ("presence", "重点整治和巡逻", presence(told, figures)),
        ("grades", "小区等级", grades(told)),
        ("next", "工作要求", requests(told, figures)),
    ]
    return [{"key": key, "title": heading, "text": text, "is_edited": False} for key, heading, text in blocks]


def compared(period: Period) -> dict[str, str]:
    """The spans that the period is compared with, by key; for a year both are the year before."""
    return {"before": "上年"} if period.kind == "year" else {"before": "上期", "year_ago": "去年同期"}


class Told:
    """The values of the period beside those that they are compared with."""

    def __init__(self, now: Mapping, others: Mapping[str, Mapping]):
        self.now, self.others = now, others

    def count(self, key: str, unit: str) -> str:
        value = self.now.get(key)
        return NO_DATA if value is None else NOT_TOLD if value == HIDDEN else f"{value}{unit}"

    def share(self, key: str) -> str:
        value = self.now.get(key)
        return NO_DATA if value is None else value if isinstance(value, str) else percent(value)

    def compared(self, key: str, say: Callable[[float], str]) -> str:
        """比上期增加3件，去年同期无数据. Nothing of protected numbers: a difference would tell them."""
        now, parts = self.now.get(key), []
        for name, values in self.others.items():
            other = values.get(key)
            if isinstance(now, str) or isinstance(other, str):
                parts.append(f"{name}{NO_DATA if other is None else NOT_TOLD if other == HIDDEN else other}")
            elif now is not None:
                parts.append(f"{name}{NO_DATA}" if other is None else _change(name, now - other, say))
        return "，".join(parts)


def _change(name: str, by: float, say: Callable[[float], str]) -> str:
    return f"与{name}持平" if round(by, 3) == 0 else f"比{name}{say(by)}"


def _points(by: float) -> str:
    return f"{'上升' if by > 0 else '下降'}{100 * abs(by):.1f}个百分点"


def opening(told: Told, period: str, unit: str) -> str:
    parts = [f"治安排查按时率{told.share('inspections_share')}"]
    if told.now.get("issues_registered") is None:
        parts.append("问题挂号无数据")
    else:
        parts.append(f"新挂号问题{told.count('issues_registered', '件')}、销号{told.count('issues_closed', '件')}")
        parts.append(f"期末未销号{told.count('issues_open', '件')}，其中逾期{told.count('issues_overdue', '件')}")
    return f"{period}，{unit}{'，'.join(parts)}。现将有关情况通报如下。"


def inspections(told: Told, figures: Mapping) -> str:
    if told.now.get("inspections_due") is None:
        first = "本期没有到期的治安排查，按时率无数据。"
    else:
        first = (
            f"本期应完成治安排查{told.count('inspections_due', '次')}，按时完成{told.count('inspections_done', '次')}，"
            f"逾期完成{told.count('inspections_late', '次')}，未完成{told.count('inspections_missed', '次')}，"
            f"按时率{told.share('inspections_share')}，{told.compared('inspections_share', _points)}。"
        )
    if told.now.get("duties_due") is None:
        return first
    rest = f"各类定期任务合计应完成{told.count('duties_due', '项')}，按时率{told.share('duties_share')}。"
    low = lowest(figures)
    return first + rest + (f"按时率较低的单位：{'、'.join(low)}。" if low else "")


def lowest(figures: Mapping) -> list[str]:
    """The units with the lowest shares of duties in time, none that has reached all."""
    rows = [row for row in figures["units"] if row.get("duties_share") is not None and row["duties_share"] < 1]
    rows.sort(key=lambda row: (row["duties_share"], row["code"]))
    return [f"{row['name']}（{percent(row['duties_share'])}）" for row in rows[:LOWEST_NAMED]]


def issues(told: Told, figures: Mapping) -> str:
    if told.now.get("issues_registered") is None:
        return "本期问题挂号无数据。"
    parts = [
        f"本期新挂号问题{told.count('issues_registered', '件')}，{told.compared('issues_registered', _cases)}；"
        f"销号{told.count('issues_closed', '件')}，{told.compared('issues_closed', _cases)}。",
        f"期末未销号{told.count('issues_open', '件')}{_states(figures['states'])}，其中超过整改期限{told.count('issues_overdue', '件')}。",
        f"销号后复发{told.count('issues_relapsed', '件')}。",
    ]
    share = told.now.get("issues_share")
    parts.append("期限在本期内的问题没有，按期办结率无数据。" if share is None else f"按期办结率{told.share('issues_share')}。")
    if worst := most_overdue(figures):
        parts.append(f"逾期问题较多的单位：{'、'.join(worst)}。")
    return "".join(parts)


def _cases(by: float) -> str:
    return f"{'增加' if by > 0 else '减少'}{abs(by):.0f}件"


def _states(states: Mapping | None) -> str:
    told = [f"{LABELS[state]}{count}件" for state, count in (states or {}).items() if count and count != HIDDEN]
    return f"（{'、'.join(told)}）" if told else ""


def most_overdue(figures: Mapping) -> list[str]:
    rows = [row for row in figures["units"] if isinstance(row["overdue"], int) and row["overdue"] > 0]
    rows.sort(key=lambda row: (-row["overdue"], row["code"]))
    return [f"{row['name']}（{row['overdue']}件）" for row in rows[:LOWEST_NAMED]]


def presence(told: Told, figures: Mapping) -> str:
    if told.now.get("zones_listed") is None:
        steps = "本辖区没有重点整治区域。"
    else:
        steps = (
            f"本期重点整治区域挂牌{told.count('zones_listed', '处')}，验收{told.count('zones_accepted', '处')}，"
            f"摘牌{told.count('zones_delisted', '处')}；{_standing(figures)}。"
        )
    if told.now.get("presence_share") is None:
        return steps + "本期没有巡逻轨迹，在岗和空档无数据。"
    hours = (
        f"重点整治区域有人巡逻的时段占{told.share('presence_share')}，{told.compared('presence_share', _points)}；"
        f"不明时段占{told.share('unknown_share')}，不计入无人。"
    )
    gaps = [f"{one['name']}连续{one['gap']}小时" for one in figures["gaps"] if one["gap"]]
    return steps + hours + (f"最长无人空档：{'、'.join(gaps[:LOWEST_NAMED])}。" if gaps else "没有确定无人的空档。")


def _standing(figures: Mapping) -> str:
    S = RectificationZone.Status
    at_work = sum(one["state"] in (S.LISTED, S.RECTIFYING, S.REPORTED, S.RELISTED) for one in figures["map"]["zones"])
    return f"取数时在册整治{at_work}处" if not figures["is_protected"] else "在册区域见图"


def grades(told: Told) -> str:
    now = told.now
    if now.get("grades_period") is None:
        return "期末前没有公布过小区等级，无数据。"
    parts = [
        f"最近一期公布的等级（{name_of(parse_period(now['grades_period']))}）：红色{told.count('grades_red', '个')}，"
        f"黄色{told.count('grades_yellow', '个')}，绿色{told.count('grades_green', '个')}，不评定{now['grades_not_graded']}个。"
    ]
    if now.get("grades_better") is None:
        parts.append("没有上一期可比。")
    else:
        former = name_of(parse_period(now["grades_former"]))
        parts.append(f"与{former}相比，等级变好{told.count('grades_better', '个')}，变差{told.count('grades_worse', '个')}。")
    return "".join(parts)


def requests(told: Told, figures: Mapping) -> str:
    """What the figures ask for; a person writes the rest."""
    asks = []
    if told.now.get("duties_due") is not None and lowest(figures):
        asks.append("按时率较低的单位说明原因，补齐未完成的排查")
    if told.now.get("issues_overdue") not in (None, 0):
        asks.append("责任单位尽快办结逾期问题，整改后由另一人核查销号")
    if told.now.get("issues_relapsed") not in (None, 0):
        asks.append("对复发的问题查明原因，落实长效措施")
    if told.now.get("longest_gap"):
        asks.append("对空档较长的重点整治区域调整巡逻安排")
    asks = asks or ["继续按要求做好定期排查和问题整改"]
    marks = "一二三四"
    return "".join(f"{marks[index]}是{text}。" for index, text in enumerate(asks)) if len(asks) > 1 else f"{asks[0]}。"


def day_text(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
