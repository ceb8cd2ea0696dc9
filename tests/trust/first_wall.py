"""The first wall (Django's scoping) switched off: what is still not told then, the database itself keeps.

    with first_wall_off():
        found = Crawl(site, "town_a").walk()
    assert not found.words      # only where row-level security stands behind
"""
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from unittest import mock

from django.apps import apps
from django.db import models

from geo import tiles
from geo.querysets import DivisionQuerySet, OutlineQuerySet, TerritorialQuerySet
from tests.trust.territory import COUNTY

WORDS = ("visible_to", "in_division", "counted_for")


def querysets() -> set[type[models.QuerySet]]:
    """Every class of ours that says whose rows are meant."""
    found = {TerritorialQuerySet}
    for app in ("geo", "patrol", "zones"):
        for model in apps.get_app_config(app).get_models():
            found |= set(type(model._default_manager.all()).__mro__)
    known = {models.QuerySet, DivisionQuerySet, OutlineQuerySet}
    return {each for each in found - known if issubclass(each, models.QuerySet) and set(WORDS) & set(vars(each))}


def everything(rows: models.QuerySet, *_scope) -> models.QuerySet:
    return rows._with_scope() if isinstance(rows, TerritorialQuerySet) else rows.all()


@contextmanager
def first_wall_off() -> Iterator[None]:
    draw = tiles.draw
    with ExitStack() as stack:
        for each in querysets():
            for word in set(WORDS) & set(vars(each)):
                stack.enter_context(mock.patch.object(each, word, everything))
        unscoped = mock.patch.object(tiles, "draw", lambda layer, address, scope, **named: draw(layer, address, COUNTY, **named))
        stack.enter_context(unscoped)
        yield
