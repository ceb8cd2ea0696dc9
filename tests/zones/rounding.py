"""A round on its way, step by step: one county officer freezes, a second approves, a third answers objections."""
from datetime import datetime, timedelta

from geo.models import User
from tests import cast
from tests.zones.conftest import NOW, PERIOD
from zones import round_life as life
from zones.models import Publication, RatingRound

DAY = timedelta(days=1)
STEPS = ("drafted", "town_review", "approved", "objection", "published")


def officers() -> tuple[User, User]:
    return tuple(
        User.objects.filter(username=name).first() or cast.user(name, User.Role.COUNTY_OFFICER) for name in ("county", "county_second")
    )


def brought(to: str, period: str = PERIOD, *, now: datetime = NOW) -> RatingRound:
    """The round as far as `to`: frozen at `now`, approved and its objection window opened a week later."""
    first, second = officers()
    rating_round = life.freeze(period=period, by=first, now=now).round
    later = now + 7 * DAY
    rest = (
        lambda: life.ask_towns(rating_round, by=first, now=now),
        lambda: life.approve(rating_round, by=second, now=later),
        lambda: life.open_objections(rating_round, by=first, now=later),
        lambda: life.publish(period=period, by=second, now=later + 8 * DAY),
    )
    for step in rest[: STEPS.index(to)]:
        step()
    rating_round.refresh_from_db()
    return rating_round


def publish(period: str = PERIOD, *, now: datetime = NOW) -> Publication:
    """Through every step."""
    brought("published", period, now=now)
    return Publication.objects.get(period=period, is_current=True)


def reopen(period: str = PERIOD, *, why: str = "警情误录", now: datetime = NOW + 20 * DAY) -> RatingRound:
    """A published round follows the registers again."""
    first, _second = officers()
    rating_round = RatingRound.objects.get(period=period)
    life.send_back(rating_round, by=first, now=now, why=why)
    life.unfreeze(rating_round, by=first, now=now, why=why)
    return rating_round
