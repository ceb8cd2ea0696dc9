"""Candidates that people put themselves: a line each, longitude, latitude, then name, cost and mark as far as they are given."""
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LINES_AT_MOST = 300
NAME_AT_MOST = 60
FORCED, BARRED = "forced", "barred"
MARKS = {FORCED: gettext_lazy("必选"), BARRED: gettext_lazy("排除")}
# What a line may say whatever the language of the page, so that a stored study can be read again.
_SAID = {"必选": FORCED, "forced": FORCED, "排除": BARRED, "excluded": BARRED}


class HandRefused(ValueError):
    """Which line cannot be read and why, in words for the person."""


@dataclass(frozen=True)
class HandCandidate:
    """WGS-84 degrees; `cost` None: what a new one costs; `mark` is "", FORCED or BARRED (nothing may stand around it)."""

    lon: float
    lat: float
    name: str = ""
    cost: float | None = None
    mark: str = ""


def parsed(text: str) -> list[HandCandidate]:
    """Raises HandRefused with the number of the line."""
    found = []
    for number, line in enumerate(text.replace("，", ",").splitlines(), 1):
        if line.strip():
            found.append(_line(number, [part.strip() for part in line.split(",")]))
    if len(found) > LINES_AT_MOST:
        raise HandRefused(_("手工候选点最多%(count)d个。") % {"count": LINES_AT_MOST})
    return found


def _line(number: int, parts: list[str]) -> HandCandidate:
    refuse = lambda why: HandRefused(_("第%(line)d行：%(why)s") % {"line": number, "why": why})  # noqa: E731
    if not 2 <= len(parts) <= 5:
        raise refuse(_("应为“经度,纬度,名称,造价,必选或排除”，后三项可以不写。"))
    lon, lat = _number(parts[0]), _number(parts[1])
    if lon is None or not 73 <= lon <= 136:
        raise refuse(_("经度“%(text)s”应为73到136之间的度数。") % {"text": parts[0][:20]})
    if lat is None or not 3 <= lat <= 54:
        raise refuse(_("纬度“%(text)s”应为3到54之间的度数。") % {"text": parts[1][:20]})
    name, cost, mark = [*parts[2:], "", "", ""][:3]
    if len(name) > NAME_AT_MOST:
        raise refuse(_("名称最多%(count)d个字。") % {"count": NAME_AT_MOST})
    money = _number(cost)
    if cost and (money is None or not 0 <= money <= 1_000_000):
        raise refuse(_("造价“%(text)s”应为不小于0的数（万元）。") % {"text": cost[:20]})
    if mark and mark.lower() not in _SAID:
        raise refuse(_("标记“%(text)s”只能是“必选”或“排除”。") % {"text": mark[:20]})
    return HandCandidate(lon, lat, name, money if cost else None, _SAID.get(mark.lower(), ""))


def _number(text: str) -> float | None:
    try:
        found = float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None
    return found if found is not None and abs(found) < 1e9 else None
