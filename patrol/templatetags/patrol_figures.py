"""Durations and shares as words, and small bars: what is sure is tall, what is not known is lower, nobody is a thin line."""

from datetime import datetime, timedelta

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from patrol import measures, timelines, units
from patrol.fulfilment import runs
from patrol.hour_tables import DAYS
from patrol.hour_tables import STATES as HOUR_STATES
from patrol.shift_reports import STATES

register = template.Library()
# Height and colour on paper; on a screen the style sheet colours by class.
DRAWN = {
    "recorded": (16, "#1f6b41"), "present": (16, "#1f6b41"), "unknown": (10, "#b98a1a"), "paused": (6, "#59616b"), "absent": (3, "#a3241d"),
}  # fmt: skip
HEIGHT = 16


@register.filter
def duration(value: timedelta | float | None) -> str:
    """Seconds or a timedelta as hours and minutes."""
    if value is None or value == "":
        return "—"
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    minutes = round(abs(seconds) / 60)
    if minutes < 60:
        return _("%(m)s分钟") % {"m": minutes}
    return _("%(h)s小时%(m)s分") % {"h": minutes // 60, "m": f"{minutes % 60:02d}"}


@register.filter
def age(value: timedelta | None) -> str:
    """How long ago, to the second below a minute."""
    if value is None:
        return "—"
    seconds = int(value.total_seconds())
    return _("%(s)s秒前") % {"s": seconds} if seconds < 60 else _("%(d)s前") % {"d": duration(value)}


@register.filter
def share(value: float | None) -> str:
    """0.876 -> 88%. Something is never 0 %, and what lacks something is never 100 %."""
    if value is None:
        return "—"
    percent = round(value * 100)
    if 0 < value < 0.005:
        return "<1%"
    return "99%" if percent == 100 and value < 1 else f"{percent}%"


@register.filter
def kilometres(metres: float | None) -> str:
    return "—" if not metres else _("%(n)s公里") % {"n": f"{metres / 1000:.1f}"}


@register.filter
def clock(moment: datetime | None) -> str:
    return units.local(moment).strftime("%H:%M") if moment else "—"


@register.simple_tag
def shares_bar(shares: list[tuple]) -> SafeString:
    """(state, mark, word, share) as one bar of 100."""
    x, rects, words = 0.0, [], []
    for state, _mark, word, part in shares:
        if part:
            rects.append(_rect(state, x, 100 * part))
            words.append(f"{word} {share(part)}")
            x += 100 * part
    return _svg(rects, "，".join(words))


@register.simple_tag
def timeline(report) -> SafeString:
    """The planned time of a shift from left to right, in pieces."""
    start, end = report.shift.starts_at.timestamp(), report.shift.ends_at.timestamp()
    rects = [_rect(p.state, 100 * (p.start - start) / (end - start), 100 * p.seconds / (end - start)) for p in report.pieces]
    words = [f"{word} {duration(report.seconds[state])}" for state, (_mark, word) in STATES.items() if report.seconds[state]]
    return _svg(rects, "，".join(words) or _("还没有开始"))


@register.simple_tag
def turn_line(report, turn) -> SafeString:
    """One person's turn on the scale of the shift."""
    start, end = report.shift.starts_at.timestamp(), report.shift.ends_at.timestamp()
    rects = []
    for piece in turn.pieces:
        left, right = (min(max(moment, start), end) for moment in (piece.start, piece.end))
        if right > left:
            rects.append(_rect(piece.state, 100 * (left - start) / (end - start), 100 * (right - left) / (end - start)))
    summed = timelines.seconds(turn.pieces)
    words = [f"{word} {duration(summed[state])}" for state, (_mark, word) in STATES.items() if summed[state]]
    return _svg(rects, "，".join(words) or "—")


@register.simple_tag
def target_bar(cell) -> SafeString:
    """How much of a target is done, with a mark where it should be by now."""
    done = min(1.0, cell.share or 0.0)
    colour = "absent" if cell.state == "behind" else "present"
    rects = [(colour, 0, 3, round(100 * done, 2), 10, DRAWN[colour][1])]
    if cell.grows:
        rects.append(("due", round(min(99.0, 100 * cell.due), 2), 0, 1, 16, "#1c2730"))
    if not cell.grows:
        return _svg(rects, _("完成 %(done)s") % {"done": share(cell.share)})
    return _svg(rects, _("完成 %(done)s，应达 %(due)s") % {"done": share(cell.share), "due": share(cell.due)})


@register.simple_tag
def weeks_bar(cell: dict) -> SafeString:
    """A cell of the week's grid: its weeks side by side. The numbers stand beside it, so it is not read out."""
    rects = [_rect(part["name"], part["x"], part["width"]) for part in cell["parts"]]
    return format_html('<svg class="strip" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true">{}</svg>', _rects(rects))


@register.simple_tag
def place_bar(place) -> SafeString:
    """A place's hours of a period: present, unknown, absent."""
    return shares_bar([(name, mark, word, place.share(state)) for name, (state, mark, word) in HOUR_STATES.items()])


@register.simple_tag
def beat_bar(week) -> SafeString:
    """Visits of a week against the beat's target."""
    done = min(1.0, week.share or 0.0)
    state = "present" if week.is_reached else "unknown"
    return _svg([(state, 0, 3, round(100 * done, 2), 10, DRAWN[state][1])], share(week.share))


@register.filter
def gap_reason(why: str) -> str:
    return {"hidden": _("熄屏或切换"), "no_fix": _("没有定位")}.get(why, why or "—")


@register.filter
def discard_reason(why: str) -> str:
    words = {
        "clock": _("时间可疑"), "mock": _("模拟定位"), "inaccurate": _("精度太差"), "outside": _("在班次之外"), "paused": _("暂停中"),
        "repeated": _("重复"), "second_source": _("另一终端"), "too_fast": _("速度不可能"),
    }  # fmt: skip
    return words.get(why, why)


@register.filter
def week_runs(hours: list[int]) -> str:
    """Hours of the week as stretches, the first six of them."""
    found = runs(hours)
    words = [f"{DAYS[start // 24]} {start % 24}:00–{_end(start, end)}" for start, end in found[:6]]
    return "、".join(words) + ("…" if len(found) > 6 else "")


def _end(start: int, end: int) -> str:
    hour, day = end % 24 or 24, (end - 1) // 24
    return f"{hour}:00" if day == start // 24 else f"{DAYS[day]} {hour}:00"


@register.filter
def measure_label(value: str) -> str:
    return str(measures.find(value).label)


@register.filter
def item(mapping: dict, key: str):
    return mapping.get(key)


def _rect(state: str, x: float, width: float) -> tuple:
    height, colour = DRAWN[state]
    return (state, round(x, 2), HEIGHT - height, round(width, 2), height, colour)


def _rects(rects: list[tuple]) -> SafeString:
    return format_html_join("", '<rect class="{}" x="{}" y="{}" width="{}" height="{}" fill="{}"/>', rects)


def _svg(rects: list[tuple], words: str) -> SafeString:
    text = '<svg class="strip" viewBox="0 0 100 16" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    return format_html(text, words, _rects(rects))
