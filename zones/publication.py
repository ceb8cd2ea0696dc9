"""R19: what the public is told of a round. The only list of what the public may see; nothing else reaches its tables.

Rows lie ready before they are published (`stage`); publishing them is one short UPDATE (`switch`), whatever their number.
"""
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib.gis.db.models.functions import PointOnSurface
from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction
from django.db.models import Count, FloatField, Func, Max, Q, QuerySet
from psycopg import sql
from psycopg.types.json import Jsonb

from geo.invented import holds_invented
from geo.models import Division, User
from zones import public_rows
from zones.criteria import CATEGORIES, Criteria
from zones.disclosure import band, label, public_counts
from zones.models import FourFree, Grade, Publication, PublishedGrade, PublishedTitle, RatingRound
from zones.rating import Reason
from zones.rounds import RoundReader

PUBLIC_FIELDS = (
    "public_id",
    "name",
    "kind",
    "town_code",
    "town_name",
    "village_name",
    "size_class",
    "point",
    "outline",
    "colour",
    "computed_colour",
    "decision_text",
    "reasons",
    "fixes",
    "title_outcome",
    "title_streak_count",
)
# About ten metres: enough to find the compound, too coarse to tell a building.
POINT_DECIMALS = 4
# A staged publication has no number yet: a correction may come before it.
STAGED_NUMBER = 0
_NUMBERS_SHOWN = ("months", "yellow", "red", "minimum", "covered", "checked_on", "since", "direction", "at_most", "source")
_DIGESTED = ("period", "starts_on", "ends_on", "window_starts_on", "scheme_version", "scheme_title", "is_own_assumption", "criteria")


@dataclass(frozen=True)
class Difference:
    name: str
    published: str
    computed: str


def current(period: str, using: str = "default") -> Publication | None:
    return Publication.objects.using(using).filter(period=period, is_current=True).first()


def differences(rating_round: RatingRound) -> list[Difference]:
    """Compounds whose colour now is not the one the public reads."""
    publication = current(rating_round.period)
    if publication is None:
        return []
    published = dict(publication.grades.values_list("public_id", "colour"))
    names = dict(publication.grades.values_list("public_id", "name"))
    grades = _grades(rating_round).with_final()
    computed = {key: (name, colour) for key, name, colour in grades.values_list("compound__public_id", "compound__name", "final_colour")}
    found = [
        Difference(names.get(key) or computed[key][0], published.get(key, ""), computed.get(key, ("", ""))[1])
        for key in published.keys() | computed.keys()
        if published.get(key) != computed.get(key, ("", None))[1]
    ]
    return sorted(found, key=lambda difference: difference.name)


def colour_counts(grades: QuerySet, field: str = "colour") -> dict[str, int]:
    found = dict(grades.order_by().values_list(field).annotate(count=Count("pk")))
    return {colour: found.get(colour, 0) for colour in Grade.Colour.values}


def unit_of(by: User) -> str:
    return f"{by.division.name}公安局"


# Ready beforehand


def stage(rating_round: RatingRound, *, now: datetime) -> Publication:
    """Lay the round's rows ready, in place of what lay ready before."""
    scheme = rating_round.scheme
    publication = Publication(
        period=rating_round.period,
        starts_on=rating_round.starts_on,
        ends_on=rating_round.ends_on,
        window_starts_on=rating_round.window_starts_on,
        number=STAGED_NUMBER,
        scheme_version=scheme.version,
        scheme_title=scheme.title,
        is_own_assumption=scheme.is_own_assumption,
        criteria=scheme.criteria,
        computed_at=rating_round.computed_at,
        staged_at=now,
        is_current=False,
    )
    with transaction.atomic():
        # Whoever stages or publishes the same round waits here.
        RatingRound.objects.select_for_update().get(pk=rating_round.pk)
        discard_staged(rating_round)
        names = dict(Division.objects.values_list("code", "name"))
        titles = public_rows.titles(rating_round, names)
        write(publication, list(_public_rows(rating_round, publication, names, titles)), titles)
    return publication


def staged(rating_round: RatingRound) -> Publication | None:
    """What lies ready, if it still says what the round says: nothing was decided, removed or published since."""
    found = Publication.objects.filter(period=rating_round.period, published_at=None).first()
    if found is None:
        return None
    decided = _grades(rating_round).filter(decided_at__gte=found.staged_at).exists()
    others = Publication.objects.filter(Q(published_at__gte=found.staged_at) | Q(withdrawn_at__gte=found.staged_at)).exists()
    same_count = found.grades.count() == _grades(rating_round).count()
    return found if same_count and not decided and not others else None


def discard_staged(rating_round: RatingRound) -> None:
    Publication.objects.filter(period=rating_round.period, published_at=None).delete()


def write(publication: Publication, rows: list[dict], titles: list[dict]) -> None:
    """The publication with its rows and their digest."""
    publication.sha256 = digest(publication, rows, titles)
    publication.save()
    _copy(PublishedGrade, ({"publication_id": publication.pk, **row} for row in rows), ("publication_id", *PUBLIC_FIELDS))
    _copy(PublishedTitle, ({"publication_id": publication.pk, **row} for row in titles), ("publication_id", *public_rows.TITLE_FIELDS))


def _copy(model: type, rows: Iterable[dict], columns: tuple[str, ...]) -> None:
    """Five times as quick as INSERT at 100,000 rows. The transaction is the caller's."""
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([_stored(row[name]) for name in columns])


def _stored(value: object) -> object:
    if isinstance(value, GEOSGeometry):
        return _said(value)
    return Jsonb(value) if isinstance(value, list | dict) else value


def switch(publication: Publication, *, by: User, now: datetime, reason: str = "") -> None:
    """Make it the current one of its period, in the caller's transaction: two statements, whatever the number of rows."""
    same = Publication.objects.filter(period=publication.period)
    publication.number = 1 + (same.aggregate(most=Max("number"))["most"] or 0)
    publication.published_at, publication.published_by_unit = now, unit_of(by)
    publication.correction_reason = reason if publication.number > 1 else ""
    publication.is_current, publication.is_invented = True, publication.is_invented or holds_invented()
    same.filter(is_current=True).update(is_current=False)
    publication.save()


def digest(publication: Publication, rows: list[dict], titles: list[dict]) -> str:
    """SHA-256 over what was said, as canonical JSON: the same words give the same digest, whenever they are published."""
    found = hashlib.sha256()
    found.update(_canonical({name: getattr(publication, name) for name in _DIGESTED})[:-1] + b',"grades":[')
    for number, row in enumerate(sorted(rows, key=lambda row: str(row["public_id"]))):
        found.update((b"," if number else b"") + _canonical({name: _said(value) for name, value in row.items()}))
    found.update(b'],"titles":' + _canonical(sorted(titles, key=lambda row: str(row["public_id"]))) + b"}")
    return found.hexdigest()


def digest_of_stored(publication: Publication) -> str:
    """What the rows that are stored say now, for comparing with `sha256`."""
    titles = publication.titles.values(*public_rows.TITLE_FIELDS)
    return digest(publication, list(publication.grades.values(*PUBLIC_FIELDS)), list(titles))


def _canonical(document: dict | list) -> bytes:
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str).encode()


def _said(value: object) -> object:
    """A geometry as hexadecimal EWKB, which is how a row that is being written has it already."""
    return value.hexewkb.decode().lower() if isinstance(value, GEOSGeometry) else value


# Rows


def _grades(rating_round: RatingRound) -> QuerySet:
    return Grade.objects.everywhere("the publication covers the whole round").filter(round=rating_round)


def _public_rows(rating_round: RatingRound, publication: Publication, names: dict, titles: list[dict]) -> Iterator[dict]:
    reader = RoundReader(rating_round)
    known, yards = public_rows.known_incidents(publication), public_rows.known_of_this_period(titles)
    problems = public_rows.open_problems()
    told: dict[tuple, bool] = {}
    grades = _grades(rating_round).with_final().select_related("compound").defer("compound__geom", "compound__geom_3857")
    inside = PointOnSurface("compound__geom")
    lon, lat = (Func(inside, function=name, output_field=FloatField()) for name in ("ST_X", "ST_Y"))
    shapes = {"lon": lon, "lat": lat, "outline": public_rows.outline("compound__geom")}
    for found in grades.annotate(**shapes).iterator(5000):
        compound, code = found.compound, found.compound.division_id
        of_now = max(yards.get(compound.public_id, 0), found.four_free == FourFree.NOT_HELD)
        least = known.get(compound.public_id, 0) + of_now
        households = public_rows.households_told(found.household_count, reader.criteria)
        yield {
            "public_id": compound.public_id,
            "name": compound.name,
            "kind": compound.kind,
            "town_code": code[:9],
            "town_name": names.get(code[:9], names[code]),
            "village_name": names[code] if len(code) == 12 else "",
            "point": public_rows.point(round(found.lon, POINT_DECIMALS), round(found.lat, POINT_DECIMALS)),
            "reasons": public_reasons(reader.reasons(found), reader.criteria, incident_periods=least, households=households, told=told),
            "title_outcome": found.four_free,
            "title_streak_count": found.streak_count,
            **public_rows.beside(found, problems.get(compound.pk, [])),
            **by_decision(found),
        }


def by_decision(found: Grade) -> dict:
    """The fields of a row that a decision changes; `found` comes from with_final()."""
    decided = found.decided_colour or ""
    return {
        "colour": found.final_colour,
        "computed_colour": found.colour if decided else "",
        "decision_text": found.decided_why if decided else "",
    }


def public_reasons(
    reasons: tuple[Reason, ...],
    criteria: Criteria,
    *,
    incident_periods: int,
    households: tuple[int, int | None],
    told: dict[tuple, bool] | None = None,
) -> list[dict]:
    """Reasons as the public reads them: counts in bands, no rates, no number of households beyond what `households` tells."""
    counts = {reason.code: reason.numbers["count"] for reason in reasons if reason.code in CATEGORIES}
    levels = {reason.code: "capped" if "capped" in reason.numbers else reason.level for reason in reasons}
    shown = public_counts(counts, levels, criteria, incident_periods=incident_periods, households=households, told=told)
    return [_public_reason(reason, shown.get(reason.code)) for reason in reasons]


def _public_reason(reason: Reason, count: int | str | None) -> dict:
    numbers = {name: reason.numbers[name] for name in _NUMBERS_SHOWN if name in reason.numbers}
    if count is not None:
        numbers["count"] = count
    elif "count" in reason.numbers:
        numbers["count"] = label(band(reason.numbers["count"]))
    if "capped" in reason.numbers:
        numbers["capped"] = True
    return {"code": reason.code, "level": reason.level, "numbers": numbers}
