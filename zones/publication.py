"""R19: freeze a computed period for the public. The only list of what the public may see; nothing else reaches its tables."""
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from django.contrib.gis.db.models.functions import PointOnSurface
from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from geo import pii
from geo.invented import holds_invented
from geo.models import Division, User
from zones.criteria import CATEGORIES, Criteria
from zones.disclosure import band, label, public_counts
from zones.models import FourFree, Grade, Publication, PublishedGrade, RatingRound
from zones.periods import day_of
from zones.rating import Reason
from zones.rounds import RatingRefused, RoundReader

PUBLIC_FIELDS = (
    "public_id",
    "name",
    "kind",
    "town_code",
    "town_name",
    "village_name",
    "point",
    "colour",
    "reasons",
    "title_outcome",
    "title_streak_count",
)
# About ten metres: enough to find the compound, too coarse to tell a building.
POINT_DECIMALS = 4
_NUMBERS_SHOWN = ("months", "yellow", "red", "minimum", "covered", "checked_on", "since", "direction", "at_most", "source")


@dataclass(frozen=True)
class Difference:
    name: str
    published: str
    computed: str


def publish(*, period: str, by: User, reason: str = "", now: datetime | None = None, is_invented: bool = False) -> Publication:
    """Publish the period as computed. The second time is a correction and says why; what was published stays readable."""
    now = now or timezone.now()
    if by is None or by.role != User.Role.COUNTY_OFFICER or not by.is_active:
        raise RatingRefused(_("只有县级民警可以公布评定。"))
    with transaction.atomic():
        rating_round = RatingRound.objects.computed().select_for_update().filter(period=period).first()
        if rating_round is None:
            raise RatingRefused(_("评定期 %(period)s 还没有计算，请先计算。") % {"period": period})
        if rating_round.ends_on > day_of(now):
            raise RatingRefused(_("评定期 %(period)s 还没有结束，不能公布。") % {"period": period})
        return _freeze(rating_round, by, reason.strip(), now, is_invented)


def current(period: str, using: str = "default") -> Publication | None:
    return Publication.objects.using(using).filter(period=period, is_current=True).first()


def differences(rating_round: RatingRound) -> list[Difference]:
    """Compounds whose computed colour is not the one the public reads now."""
    publication = current(rating_round.period)
    if publication is None:
        return []
    published = dict(publication.grades.values_list("public_id", "colour"))
    names = dict(publication.grades.values_list("public_id", "name"))
    grades = Grade.objects.everywhere("the publication covers the whole round").filter(round=rating_round)
    computed = {key: (name, colour) for key, name, colour in grades.values_list("compound__public_id", "compound__name", "colour")}
    found = [
        Difference(names.get(key) or computed[key][0], published.get(key, ""), computed.get(key, ("", ""))[1])
        for key in published.keys() | computed.keys()
        if published.get(key) != computed.get(key, ("", None))[1]
    ]
    return sorted(found, key=lambda difference: difference.name)


def colour_counts(grades: QuerySet) -> dict[str, int]:
    found = dict(grades.order_by().values_list("colour").annotate(count=Count("pk")))
    return {colour: found.get(colour, 0) for colour in Grade.Colour.values}


def _freeze(rating_round: RatingRound, by: User, reason: str, now: datetime, is_invented: bool) -> Publication:
    before = Publication.objects.filter(period=rating_round.period).order_by("-number").first()
    if before is not None and not reason:
        raise RatingRefused(_("评定期 %(period)s 已经公布过：再次公布是更正，必须写明原因。") % {"period": rating_round.period})
    if pii.find(reason):
        raise RatingRefused(_("更正原因里像是有身份证号、电话号码或车牌号，请删去后再公布。"))
    scheme = rating_round.scheme
    publication = Publication(
        period=rating_round.period,
        starts_on=rating_round.starts_on,
        ends_on=rating_round.ends_on,
        window_starts_on=rating_round.window_starts_on,
        number=before.number + 1 if before else 1,
        scheme_version=scheme.version,
        scheme_title=scheme.title,
        is_own_assumption=scheme.is_own_assumption,
        criteria=scheme.criteria,
        computed_at=rating_round.computed_at,
        published_at=now,
        published_by_unit=f"{by.division.name}公安局",
        correction_reason=reason if before else "",
        is_current=True,
        is_invented=is_invented or holds_invented(),
    )
    rows = _public_rows(rating_round, publication)
    publication.sha256 = digest(publication, rows)
    if before is not None and before.sha256 == publication.sha256:
        raise RatingRefused(_("评定期 %(period)s 的计算结果与现行公布相同，没有可更正的内容。") % {"period": rating_round.period})
    Publication.objects.filter(period=rating_round.period, is_current=True).update(is_current=False)
    publication.save()
    PublishedGrade.objects.bulk_create((PublishedGrade(publication=publication, **row) for row in rows), batch_size=1000)
    return publication


def digest(publication: Publication, rows: list[dict]) -> str:
    """SHA-256 over what was said, as canonical JSON: the same words give the same digest, whenever they are published."""
    head = ("period", "starts_on", "ends_on", "window_starts_on", "scheme_version", "scheme_title", "is_own_assumption", "criteria")
    document = {
        **{name: getattr(publication, name) for name in head},
        "grades": [{**row, "point": list(row["point"].coords)} for row in sorted(rows, key=lambda row: str(row["public_id"]))],
    }
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _public_rows(rating_round: RatingRound, publication: Publication) -> list[dict]:
    reader = RoundReader(rating_round)
    known = _known_incident_periods(publication)
    names = dict(Division.objects.values_list("code", "name"))
    grades = Grade.objects.everywhere("the publication covers the whole round").filter(round=rating_round)
    rows = []
    for found in grades.select_related("compound").annotate(inside=PointOnSurface("compound__geom")):
        compound, code = found.compound, found.compound.division_id
        incident_periods = known.get(compound.public_id, 0) + (found.four_free == FourFree.NOT_HELD)
        rows.append(
            {
                "public_id": compound.public_id,
                "name": compound.name,
                "kind": compound.kind,
                "town_code": code[:9],
                "town_name": names.get(code[:9], names[code]),
                "village_name": names[code] if len(code) == 12 else "",
                "point": Point(round(found.inside.x, POINT_DECIMALS), round(found.inside.y, POINT_DECIMALS), srid=4326),
                "colour": found.colour,
                "reasons": public_reasons(reader.reasons(found), reader.criteria, incident_periods=incident_periods),
                "title_outcome": found.four_free,
                "title_streak_count": found.streak_count,
            }
        )
    return rows


def _known_incident_periods(publication: Publication) -> dict:
    """By public number: earlier periods inside this window whose published title says that there was an incident."""
    told = PublishedGrade.objects.filter(
        publication__is_current=True,
        publication__starts_on__gte=publication.window_starts_on,
        publication__ends_on__lte=publication.starts_on,
        title_outcome=FourFree.NOT_HELD,
    )
    return dict(told.order_by().values_list("public_id").annotate(count=Count("pk")))


def public_reasons(reasons: tuple[Reason, ...], criteria: Criteria, *, incident_periods: int) -> list[dict]:
    """Reasons as the public reads them: counts in bands, no rates, no number of households."""
    measured = {reason.code: reason for reason in reasons if reason.code in CATEGORIES}
    codes = {reason.code for reason in reasons}
    small = "too_few_households" in codes
    shown = public_counts(
        {name: reason.numbers["count"] for name, reason in measured.items()},
        {reason.code: "capped" if "capped" in reason.numbers else reason.level for reason in reasons},
        criteria,
        incident_periods=incident_periods,
        households=(1, criteria.minimum_households - 1) if small else (criteria.minimum_households, None),
    )
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
