"""A bulletin as its page, DOCX and PDF show it: one arrangement of what is stored, nothing asked of the database."""
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from zones.bulletins import words
from zones.bulletins.measures import MEASURES, percent
from zones.models import Bulletin
from zones.periods import day_of, parse_period

NUMERALS = "一二三四五六七八九"
NO_NUMBER = "（未编号）"
CAPTIONS = {"units": "图1　各单位定期任务按时率", "months": "图2　近十二个月问题挂号和销号", "map": "图3　治安重点整治区域"}
ANNEX = "数据表、图和来源说明"
UNIT_HEAD = ("单位", "应完成", "按时", "逾期", "未完成", "按时率", "新挂号", "销号", "未销号", "逾期问题", "复发")


@dataclass(frozen=True)
class Block:
    """`heading` is 一、… or empty."""

    heading: str
    paragraphs: list[str]


@dataclass(frozen=True)
class Table:
    """`widths` are shares of the page's width, by column; without them a name is wide and numbers share the rest."""

    caption: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    widths: tuple[float, ...] = ()


@dataclass(frozen=True)
class Document:
    """A paper in the order of GB/T 9704: red head, number, title, addressees, text, list of annexes, issuer and day; then the annex
    with tables, pictures and notes on a page of its own; at the end who printed it when.

    `bulletin` is what it is a paper of: anything with title, issuer, addressees and is_invented.
    """

    bulletin: Bulletin
    number: str
    red_head: str
    blocks: list[Block]
    tables: list[Table]
    notes: list[str]
    day: date | None
    state: str
    annex: str = ANNEX
    captions: Mapping[str, str] = field(default_factory=lambda: CAPTIONS)

    @property
    def day_text(self) -> str:
        return words.day_text(self.day) if self.day else "　　年　月　日"


def document(bulletin: Bulletin, *, leaving_out: Collection[str] = ()) -> Document:
    """Everything that is written, in Chinese. What is not published yet carries its state, so that no draft passes for the paper.

    `leaving_out`: keys of blocks and measures that a reader outside does not get.
    """
    signed = bulletin.published_at or bulletin.signed_at
    return Document(
        bulletin=bulletin, number=bulletin.number or NO_NUMBER, red_head=f"{bulletin.issuer}治安通报",
        blocks=_blocks(bulletin, leaving_out), tables=[_measures(bulletin, leaving_out), *_units(bulletin.figures)],
        notes=_notes(bulletin), day=day_of(signed) if signed else None,
        state="" if bulletin.state == Bulletin.State.PUBLISHED else f"{STATES[bulletin.state]}，未印发",
    )  # fmt: skip


STATES = {"draft": "草稿", "checked": "已核稿", "signed": "已签发", "withdrawn": "已作废"}


def _blocks(bulletin: Bulletin, leaving_out: Collection[str]) -> list[Block]:
    found, number = [], 0
    for each in (text for text in bulletin.texts if text["key"] not in leaving_out):
        heading = ""
        if each["title"]:
            heading = f"{NUMERALS[number]}、{each['title']}"
            number += 1
        paragraphs = [line.strip() for line in each["text"].split("\n") if line.strip()]
        found.append(Block(heading, paragraphs))
    return found


def _measures(bulletin: Bulletin, leaving_out: Collection[str]) -> Table:
    values, period = bulletin.figures["values"], parse_period(bulletin.period)
    others = words.compared(period)
    rows = []
    for measure in MEASURES:
        told = [values[name].get(measure.key) for name in ("now", *others)]
        if measure.key not in leaving_out and any(value is not None for value in told):
            rows.append((str(measure.label), *(measure.text(value) for value in told)))
    return Table(f"表1　{words.name_of(period)}主要指标对比", ("指标", "本期", *others.values()), rows)


def _units(figures: Mapping) -> list[Table]:
    rows = []
    for row in figures["units"]:
        due, share = row.get("duties_due"), row.get("duties_share")
        duties = [row.get(f"duties_{name}") for name in ("done", "late", "missed")] if due else [None] * 3
        cells = [due, *duties, None if share is None else percent(share)]
        cells += [row[name] for name in ("registered", "closed", "open", "overdue", "relapsed")]
        rows.append((row["name"], *("—" if cell is None else str(cell) for cell in cells)))
    return [Table("表2　各单位定期任务和问题办理情况", UNIT_HEAD, rows)] if rows else []


def _notes(bulletin: Bulletin) -> list[str]:
    at = datetime.fromisoformat(bulletin.figures["at"])
    notes = [f"取数时间：{words.day_text(at.date())}{at:%H:%M}。数据固定后不再变动，来源如下：", *bulletin.figures["sources"]]
    if bulletin.is_protected:
        notes.append("小数保护：问题、区域和小区的数量按区间列示，1至4写作“<5”，人数少的比例不列。")
    if bulletin.is_invented:
        notes.append("演示数据（虚构）：单位名称真实，数据和办理过程均为虚构。")
    return notes


def digest(bulletin: Bulletin) -> str:
    """The same for the same paper: files are kept under it."""
    names = ("number", "title", "issuer", "addressees", "state", "texts", "figures", "signed_at", "published_at", "is_invented")
    text = json.dumps([getattr(bulletin, name) for name in names], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(f"{LAYOUT} {text}".encode()).hexdigest()[:24]


# Goes up when the layout changes, so that kept files are made anew.
LAYOUT = 5
