"""What each publication changed against the one before: for a feed that a newspaper or a neighbour can follow."""
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, OuterRef, Q, Subquery

from zones.models import Publication, PublishedGrade

PUBLIC = "public"


@dataclass(frozen=True)
class GradeChange:
    """`before` is empty for a compound that was added, `after` for one that is gone."""

    public_id: UUID
    name: str
    town_name: str
    before: str
    after: str


@dataclass(frozen=True)
class PublicationChange:
    """`against` is None for the first publication of all."""

    publication: Publication
    against: Publication | None
    changes: tuple[GradeChange, ...]


def feed(*, using: str = PUBLIC, limit: int = 20) -> Iterator[PublicationChange]:
    """The newest publications first, each with what it changed."""
    told = Publication.objects.using(using).filter(published_at__isnull=False).order_by("-published_at", "-pk")
    for publication in told[:limit]:
        against = former(publication, using=using)
        yield PublicationChange(publication, against, changes(publication, against, using=using))


def former(publication: Publication, *, using: str = PUBLIC) -> Publication | None:
    """A correction is compared with what it corrects, a period's first publication with the period before as it was read then."""
    earlier = Publication.objects.using(using).filter(published_at__lt=publication.published_at).exclude(pk=publication.pk)
    same = earlier.filter(period=publication.period).order_by("-number").first()
    if same is not None:
        return same
    standing = Q(withdrawn_at=None) | Q(withdrawn_at__gt=publication.published_at)
    before = earlier.filter(standing, ends_on__lte=publication.starts_on)
    return before.order_by("-ends_on", "-number").first()


def changes(publication: Publication, against: Publication | None, *, using: str = PUBLIC) -> tuple[GradeChange, ...]:
    if against is None:
        return ()
    now, before = (PublishedGrade.objects.using(using).filter(publication=each) for each in (publication, against))
    was = before.filter(public_id=OuterRef("public_id")).values("colour")[:1]
    moved = now.annotate(was=Subquery(was)).filter(Q(was=None) | ~Q(was=F("colour")))
    gone = before.exclude(public_id__in=now.values("public_id"))
    found = [GradeChange(each.public_id, each.name, each.town_name, each.was or "", each.colour) for each in moved]
    found += [GradeChange(each.public_id, each.name, each.town_name, each.colour, "") for each in gone]
    return tuple(sorted(found, key=lambda change: (change.town_name, change.name, str(change.public_id))))
