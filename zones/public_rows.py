"""What goes into the rows that the public reads beside colour and reasons: outlines, sizes, open problems, courtyards' titles."""
import struct
from collections import defaultdict

from django.contrib.gis.db import models
from django.db.models import Count, F, Func, Q, Value

from zones.bulletins.content import document
from zones.criteria import Criteria
from zones.models import (
    Bulletin,
    FourFree,
    FourFreeTitle,
    Grade,
    Issue,
    Publication,
    PublishedBulletin,
    PublishedGrade,
    PublishedTitle,
    RatingRound,
)

# About three metres, written to about one: the compound is known by it, a door is not.
OUTLINE_TOLERANCE_DEG, OUTLINE_STEP_DEG = 0.00003, 0.00001
# Households from, of each size; our own steps. The number itself is not published.
SIZES = ((1000, PublishedGrade.Size.LARGE), (300, PublishedGrade.Size.MIDDLE), (1, PublishedGrade.Size.SMALL))
# A courtyard of fewer households, or of how many nobody knows, is not told of alone: its title would speak of a few families.
LEAST_COURTYARD_HOUSEHOLDS = 10
TITLE_FIELDS = (
    "public_id", "name", "compound_public_id", "compound_name", "town_code", "town_name", "outcome", "streak_count",
)  # fmt: skip
# Where no patrol was, and the zones of rectification, are nobody's business outside.
NOT_FOR_THE_PUBLIC = ("presence", "presence_share", "unknown_share", "longest_gap", "zones_listed", "zones_accepted", "zones_delisted")


def outline(field: str) -> Func:
    """An expression: the area in coarse steps as hexadecimal EWKB, or null where nothing is left of it."""
    area = models.MultiPolygonField(srid=4326)
    simple = Func(F(field), Value(OUTLINE_TOLERANCE_DEG), function="ST_SimplifyPreserveTopology", output_field=area)
    coarse = Func(simple, Value(OUTLINE_STEP_DEG), function="ST_ReducePrecision", output_field=area)
    whole = Func(coarse, Value(3), function="ST_CollectionExtract", output_field=area)
    bare = Func(Func(whole, function="ST_Multi"), function="ST_AsEWKB")
    return Func(bare, Value("hex"), function="encode", output_field=models.TextField())


def point(lon: float, lat: float) -> str:
    """A point as hexadecimal EWKB (little endian, EPSG:4326): a tenth of the time of a geometry object, 100,000 times."""
    return struct.pack("<BIIdd", 1, 0x20000001, 4326, lon, lat).hex()


def size_of(households: int | None) -> str:
    return next((size for least, size in SIZES if households and households >= least), PublishedGrade.Size.UNKNOWN)


def households_told(households: int | None, criteria: Criteria) -> tuple[int, int | None]:
    """What a reader knows of the number of households, from the size and from whether they were enough to be graded."""
    if not households:
        return 1, None
    floors = [least for least, _size in SIZES]
    low = next(least for least in floors if households >= least)
    above = [least for least in floors if least > low]
    high = min(above) - 1 if above else None
    if households < criteria.minimum_households:
        return low, min(criteria.minimum_households - 1, high or criteria.minimum_households)
    return max(low, criteria.minimum_households), high


def open_problems() -> dict[int, list[dict]]:
    """By compound: each category of problem that is still open in the register with the last day it is due on. No counts."""
    rows = Issue.objects.everywhere("what the public reads of compounds").filter(place_layer="compounds", state__in=Issue.OPEN)
    found: dict[int, list[dict]] = defaultdict(list)
    told = rows.order_by("place_pk", "category__name").values_list("place_pk", "category__name").annotate(due_on=models.Max("due_on"))
    for place, category, due_on in told:
        found[place].append({"what": category, "due_on": due_on.isoformat()})
    return found


def known_incidents(publication: Publication) -> dict:
    """By compound's public number: how many incidents the titles of earlier periods inside this window give away at least."""
    earlier = Q(publication__is_current=True, publication__starts_on__gte=publication.window_starts_on) & Q(
        publication__ends_on__lte=publication.starts_on
    )
    least: dict[tuple, int] = defaultdict(int)
    compounds = PublishedGrade.objects.filter(earlier, title_outcome=FourFree.NOT_HELD).order_by()
    for key, period in compounds.values_list("public_id", "publication_id"):
        least[key, period] = 1
    yards = PublishedTitle.objects.filter(earlier, outcome=FourFree.NOT_HELD, compound_public_id__isnull=False).order_by()
    for key, period, count in yards.values_list("compound_public_id", "publication_id").annotate(count=Count("pk")):
        least[key, period] = max(least[key, period], count)
    total: dict = defaultdict(int)
    for (key, _period), count in least.items():
        total[key] += count
    return total


def known_of_this_period(titles: list[dict]) -> dict:
    """By compound's public number: how many of its courtyards are told to have had an incident in the period itself."""
    found: dict = defaultdict(int)
    for title in titles:
        if title["outcome"] == FourFree.NOT_HELD and title["compound_public_id"]:
            found[title["compound_public_id"]] += 1
    return found


def titles(rating_round: RatingRound, names: dict[str, str]) -> list[dict]:
    """R17: the courtyards' titles as the public reads them. `names` of divisions by code."""
    rows = FourFreeTitle.objects.everywhere("the publication covers the whole round").filter(
        round=rating_round, courtyard__household_count__gte=LEAST_COURTYARD_HOUSEHOLDS
    )
    columns = ("public_id", "name", "compound__public_id", "compound__name", "division_id")
    found = rows.order_by("courtyard_id").values_list(*(f"courtyard__{name}" for name in columns), "four_free", "streak_count")
    return [
        {
            "public_id": public_id, "name": name, "compound_public_id": compound, "compound_name": compound_name or "",
            "town_code": code[:9], "town_name": names.get(code[:9], names[code]), "outcome": outcome, "streak_count": streak,
        }
        for public_id, name, compound, compound_name, code, outcome, streak in found
    ]  # fmt: skip


def beside(found: Grade, fixes: list[dict]) -> dict:
    """What a row holds beside what zones.publication writes itself; `found` carries `outline` (see above)."""
    return {"size_class": size_of(found.household_count), "outline": found.outline, "fixes": fixes}


def release(bulletin: Bulletin) -> PublishedBulletin | None:
    """A bulletin that has been printed, for the public: only one whose small numbers are protected. Again: the same row."""
    if bulletin.state != Bulletin.State.PUBLISHED or not bulletin.is_protected:
        return None
    paper = document(bulletin, leaving_out=NOT_FOR_THE_PUBLIC)
    before = PublishedBulletin.objects.filter(bulletin=bulletin.corrects_id).first() if bulletin.corrects_id else None
    facts = {
        "number": bulletin.number, "title": bulletin.title, "issuer": bulletin.issuer, "unit_name": bulletin.division.name,
        "kind": bulletin.kind, "period": bulletin.period, "starts_on": bulletin.starts_on, "ends_on": bulletin.ends_on,
        "published_at": bulletin.published_at, "is_invented": bulletin.is_invented,
        "corrects": before, "correction_reason": bulletin.correction_reason if before else "",
        "content": {
            "blocks": [{"heading": block.heading, "paragraphs": block.paragraphs} for block in paper.blocks],
            "tables": [
                {"caption": table.caption, "head": list(table.head), "rows": [list(row) for row in table.rows]} for table in paper.tables
            ],
            "notes": paper.notes,
        },
    }  # fmt: skip
    return PublishedBulletin.objects.get_or_create(bulletin=bulletin, defaults=facts)[0]
