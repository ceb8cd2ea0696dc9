"""What the pages of presence show."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from geo.models import User
from patrol import grids, hours, map_words, units
from patrol import hour_tables as tables
from patrol.hours import Reading

NIGHT = 3


def listing(found: Reading, user: User, query: Mapping[str, str]) -> dict:
    order = query.get("order", "")
    return _shared(found, user, query) | {"page": units.page(tables.listed(found, order), query.get("page")), "overall": _overall(found)}


def _shared(found: Reading, user: User, query: Mapping[str, str]) -> dict:
    last = units.local(found.period.end - timedelta(microseconds=1)).date()
    first = units.local(found.period.start).date()
    return {
        "unit": found.unit,
        "units": units.choices(user),
        "layer": found.layer,
        "layers": hours.LAYERS,
        "period": found.period,
        "first_day": first,
        "last_day": max(last, first),
        "asked": tables.asked(query),
        "states": tables.STATES,
        "about": tables.about(found.period),
        "weeks": found.period.weeks,
    }


def _overall(found: Reading) -> list[tuple[str, str, object, float]]:
    """Of all hours of all places: the share of each state. The three add up to the hours with data."""
    sums = {name: sum(place.counts[state] for place in found.places) for name, (state, _mark, _word) in tables.STATES.items()}
    total = sum(sums.values())
    return [(name, mark, word, sums[name] / total if total else 0.0) for name, (_state, mark, word) in tables.STATES.items()]


def place(user: User, layer: str, key: int, query: Mapping[str, str], *, now: datetime) -> dict:
    unit = hours.unit_of(user, layer, key)
    span = tables.period_of(unit.code, tables.asked(query), now=now)
    found = hours.read(user, unit, layer, span)
    one = hours.one(found, key)
    return _shared(found, user, query) | {
        "place": one,
        "rows": tables.week_grid(one.row, span),
        "days": tables.DAYS,
        "sentence": tables.sentence(one, span),
        "shares": [(name, mark, word, one.share(state)) for name, (state, mark, word) in tables.STATES.items()],
        "visits_a_week": one.visits / span.weeks if span.weeks else None,
        "drive_bys_a_week": one.drive_bys / span.weeks if span.weeks else None,
        "no_data": one.counts[grids.NO_DATA],
    }


def hour_map(found: Reading, user: User, query: Mapping[str, str]) -> dict:
    hour = _number(query.get("hour", ""), 23, NIGHT)
    weekday = _number(query.get("weekday", ""), 6, None)
    rows = tables.at_hour(found, hour=hour, weekday=weekday)
    address = f"{reverse('presence_map_data')}?{_address(found, hour, weekday, query)}"
    on = units.local(found.period.end).date()
    return _shared(found, user, query) | {
        "hour": hour,
        "weekday": weekday,
        "hours": range(24),
        "days": list(enumerate(tables.DAYS)),
        "rows": rows,
        "counts": [(state, tables.mark_of(state), word, sum(row["state"] == state for row in rows)) for state, word in _words()],
        "map": map_words.config(found.unit.code, on=on, data=address),
        "hidden_count": max(0, len(rows) - tables.ON_MAP_AT_MOST),
    }


def _words() -> list[tuple[str, str]]:
    return [("absent", _("多数无人")), ("unknown", _("不明")), ("present", _("多数在岗")), ("no_data", _("无数据"))]


def _address(found: Reading, hour: int, weekday: int | None, query: Mapping[str, str]) -> str:
    told = tables.asked(query)
    parts = {"division": found.unit.code, "layer": found.layer, "hour": hour, "from": told["from"], "to": told["to"]}
    if weekday is not None:
        parts["weekday"] = weekday
    return urlencode(parts)


def _number(text: str, most: int, default: int | None) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 3 and int(text) <= most else default


def hour_sheet(context: dict) -> tuple:
    headers = [_("名称"), _("在岗"), _("不明"), _("无人"), _("有数据")]
    rows = [[row["place"].name, row["present"], row["unknown"], row["absent"], row["known"]] for row in context["rows"]]
    return f"{context['hour']:02d}", headers, rows, context["about"]
