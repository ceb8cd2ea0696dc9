"""The words of the domain. Territorial data can be read only after a word that names whose territory is meant."""
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import date

from django.contrib.gis.db.models import GeometryField, Union
from django.contrib.gis.db.models.functions import Transform
from django.contrib.gis.geos import GEOSGeometry, Point
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, Func, Q
from django.db.models.functions import Now

from geo import walls


class ScopeMissing(RuntimeError):
    """Territorial data was asked for without saying whose: add visible_to(user), in_division(code) or everywhere(why)."""


class TerritorialQuerySet(models.QuerySet):
    """Rows that lie in a division. Default deny: evaluating without a scope raises `ScopeMissing`.

    Writing one row through its own instance (`save`, `delete`) needs no scope: the row was fetched through one.
    """

    division_field = "division"
    _scoped = False
    _why = ""  # for which reason the database shows more than the reader's territory

    def _clone(self):
        clone = super()._clone()
        clone._scoped, clone._why = self._scoped, self._why
        return clone

    def _combinator_query(self, combinator, *others, all=False):
        combined = super()._combinator_query(combinator, *others, all=all)
        combined._scoped = self._scoped and all_scoped(others)
        combined._why = next((each._why for each in (self, *others) if getattr(each, "_why", "")), "")
        return combined

    def _with_scope(self):
        scoped = self._chain()
        scoped._scoped = True
        return scoped

    def _insist(self) -> None:
        if not self._scoped:
            raise ScopeMissing(f"{self.model.__name__}: {ScopeMissing.__doc__}")

    def in_division(self, code: str):
        """Rows in the division with this code and in everything below it."""
        return self._with_scope().filter(**{f"{self.division_field}__code__within": code})

    def visible_to(self, user):
        """Rows in the user's own territory; nothing for somebody without one."""
        if not user.is_authenticated or not user.is_active or not user.division_id:
            return self._with_scope().none()
        if not user.reads_business_data:
            return self._with_scope().none()
        return self.in_division(user.division_id)

    def counted_for(self, user):
        """Rows that the user may be told the number of, and nothing else of them."""
        return self.visible_to(user)

    def everywhere(self, why: str):
        """Every row, for work that serves the whole system (an import, a recount). `why` is for the reader of the code."""
        if not why:
            raise ScopeMissing(f"{self.model.__name__}: everywhere() needs a reason")
        return self._with_open_wall(why)

    def _with_open_wall(self, why: str):
        """The database shows all of it too, while this QuerySet asks. Within another one it is held by that one's wall."""
        wide = self._with_scope()
        wide._why = why
        return wide

    def _wall(self) -> AbstractContextManager:
        return walls.opened(self._why) if self._why else nullcontext()

    # What Django calls when it is about to ask the database.
    def _fetch_all(self):
        if self._result_cache is None:
            self._insist()
        with self._wall():
            super()._fetch_all()

    def iterator(self, *args, **kwargs):
        self._insist()
        rows = super().iterator(*args, **kwargs)
        return walls.kept_open(self._why, rows) if self._why else rows

    def aggregate(self, *args, **kwargs):
        self._insist()
        with self._wall():
            return super().aggregate(*args, **kwargs)

    def count(self):
        self._insist()
        with self._wall():
            return super().count()

    def exists(self):
        self._insist()
        with self._wall():
            return super().exists()

    def update(self, **kwargs):
        self._insist()
        with self._wall():
            return super().update(**kwargs)

    def delete(self):
        self._insist()
        with self._wall():
            return super().delete()

    delete.alters_data = True
    delete.queryset_only = True


def all_scoped(querysets: Iterable[models.QuerySet]) -> bool:
    return all(getattr(queryset, "_scoped", True) for queryset in querysets)


class PlaceQuerySet(TerritorialQuerySet):
    def covering(self, point: Point):
        """Outlines that hold this point (EPSG:4326), its edge included."""
        there = Transform(_constant(point), 3857)
        # The box by itself: behind a policy the index is asked by nothing else.
        return self.filter(geom_3857__bboverlaps=there, geom_3857__intersects=there)


class SurveillanceQuerySet(PlaceQuerySet):
    def visible_to(self, user):
        """Rows in the own territory for the roles that need exact positions, while a purpose that they stated is in force."""
        mine = super().visible_to(user)
        if not getattr(user, "reads_exact_positions", False):
            return mine.none()
        return mine.filter(Exists(user.surveillance_accesses.filter(valid_until__gt=Now())))

    def counted_for(self, user):
        return super().visible_to(user)


def _constant(geometry: GEOSGeometry):
    return models.Value(geometry, output_field=GeometryField(srid=geometry.srid))


def _among(column: str, rows: models.QuerySet) -> Func:
    """column = ANY(ARRAY(SELECT …)): asked once and before all else, whatever the planner believes of a table that was just filled."""
    template, joiner = "%(expressions)s)", " = ANY("
    return Func(F(column), ArraySubquery(rows), template=template, arg_joiner=joiner, output_field=models.BooleanField())


class DivisionQuerySet(models.QuerySet):
    """Divisions are public knowledge (national codes), so they need no scope; what lies in them does."""

    def in_division(self, code: str):
        return self.filter(code__within=code)

    def in_force(self, on: date):
        return self.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))

    def at_level(self, level: str):
        return self.filter(level=level)

    def covering(self, point: Point, *, on: date):
        """Divisions whose outline in force on that day covers the point, the smallest division first, then by code."""
        outlines = self.model.outlines.rel.related_model.objects
        hit = outlines.model.pieces.rel.related_model.objects.filter(geom__intersects=point).values("outline_id")
        in_force = outlines.in_force(on).filter(_among("pk", hit)).values("division_id")
        return self.in_force(on).filter(_among("pk", in_force)).order_by("-level", "code")


class OutlineQuerySet(models.QuerySet):
    def in_force(self, on: date):
        return self.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))

    def in_division(self, code: str):
        return self.filter(division__code__within=code)

    def outline(self):
        return self.aggregate(outline=Union("geom"))["outline"]

    def ground_of(self, code: str):
        """The division's own outline, or the union of those below it where it has none."""
        return self.filter(division_id=code).outline() or self.in_division(code).outline()
