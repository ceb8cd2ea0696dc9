"""Which compound and courtyard hold a place follows from geometry alone: an edit keeps that as true as an import does."""
from dataclasses import dataclass

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, models
from django.utils.translation import gettext as _

from geo.importing import sql
from geo.importing.columns import found_by_place
from geo.importing.references import Reference, to
from geo.layers import Layer, registry
from geo.models import Kept


@dataclass(frozen=True)
class Dependants:
    """Rows of another layer whose holder may change."""

    reference: Reference
    model: type[models.Model]
    ids: list[int]


def holders(layer: Layer, geom: GEOSGeometry) -> dict[str, int | None]:
    """By foreign key of the layer: the smallest outline that covers the place, as an import finds it."""
    point, found = geom.point_on_surface, {}
    for key in found_by_place(layer.model):
        covering = key.related_model.objects.everywhere("a place is put where it lies").covering(point)
        found[key.name] = covering.order_by("pk").values_list("pk", flat=True).first()
    return found


def near(layer: Layer, pk: int, *places: GEOSGeometry) -> list[Dependants]:
    """What refers to the outline, or may lie in it where it was or where it will be."""
    answer = []
    for reference in to(layer.model):
        model = next(each.model for each in registry if each.model._meta.db_table == reference.table)
        wanted = models.Q(**{reference.column: pk})
        for place in places:
            wanted |= models.Q(geom_3857__bboverlaps=place.transform(3857, clone=True))
        found = model.objects.everywhere("an outline holds whatever lies in it").filter(wanted).values_list("pk", flat=True)
        answer.append(Dependants(reference, model, list(found)))
    return answer


def release(dependants: list[Dependants], pk: int) -> None:
    for each in dependants:
        held = each.model.objects.everywhere("its holder is going").filter(**{each.reference.column: pk})
        held.update(**{each.reference.column: None})


def settle(dependants: list[Dependants]) -> None:
    for each in dependants:
        if each.ids:
            with connection.cursor() as cursor:
                statement = sql.settle(each.reference, sql.chosen()).as_string(None)
                cursor.execute(statement, {"ids": each.ids})


def uses(obj: models.Model) -> list[str]:
    """What else refers to the object, with counts; references that follow from geometry are no use of it."""
    answer, by_place = [], {(each.table, each.column) for each in to(type(obj))}
    for relation in obj._meta.related_objects:
        model = relation.related_model
        follows = (model._meta.db_table, relation.field.column) in by_place
        if follows or issubclass(model, Kept) or not model._meta.managed:
            continue
        count = model._base_manager.filter(**{relation.field.name: obj.pk}).count()
        if count:
            answer.append(_("%(table)s%(count)s条") % {"table": model._meta.verbose_name, "count": count})
    return answer
