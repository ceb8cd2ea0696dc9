"""Published rows as plain JSON, for programs. Field names are those of the downloads; every count is what the public may read."""
from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.core.paginator import EmptyPage, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from zones import published
from zones.models import Publication, PublishedBulletin, PublishedGrade, PublishedTitle
from zones.public_pages import shown
from zones.publication import POINT_DECIMALS


def publication(found: Publication) -> dict:
    return {
        "period": found.period,
        "starts_on": found.starts_on.isoformat(),
        "last_day": found.last_day.isoformat(),
        "window_starts_on": found.window_starts_on.isoformat(),
        "number": found.number,
        "is_current": found.is_current,
        "correction_reason": found.correction_reason,
        "published_at": found.published_at.isoformat(timespec="seconds"),
        "published_by_unit": found.published_by_unit,
        "withdrawn_at": found.withdrawn_at.isoformat(timespec="seconds") if found.withdrawn_at else None,
        "withdrawn_reason": found.withdrawn_reason,
        "scheme_version": found.scheme_version,
        "is_own_assumption": found.is_own_assumption,
        "is_invented": found.is_invented,
        "sha256": found.sha256,
    }


def periods() -> list[dict]:
    """The current publication of every period; a period that was taken back says so."""
    found: dict[str, dict] = {}
    for each in published.publications():
        known = found.setdefault(each.period, {"period": each.period, "is_withdrawn": True, "publication": None})
        if each.is_current:
            known |= {"is_withdrawn": False, "publication": publication(each)}
    return list(found.values())


def compounds(of: Publication, grades: Iterable[PublishedGrade]) -> list[dict]:
    return [properties(grade) | {"point": _coordinates(grade)} for grade in shown(of, grades)]


def properties(grade: PublishedGrade) -> dict:
    """`grade` comes out of public_pages.shown."""
    beside = grade.standing
    return {
        "public_id": str(grade.public_id),
        "name": grade.name,
        "kind": grade.kind,
        "size_class": grade.size_class,
        "town_code": grade.town_code,
        "town_name": grade.town_name,
        "village_name": grade.village_name,
        "colour": grade.colour,
        "is_pending": grade.shown != grade.colour,
        "computed_colour": grade.computed_colour or grade.colour,
        "decision_text": grade.decision_text,
        "appeal": beside.state if beside else "",
        "appeal_answer": beside.outcome_text if beside else "",
        "manager_reply": beside.reply_text if beside else "",
        "four_free": grade.title_outcome,
        "four_free_periods": grade.title_streak_count,
        "reasons": grade.reasons,
        "fixes": grade.fixes,
    }


def compound(public_id: UUID) -> dict | None:
    history = list(published.history(public_id))
    if not history:
        return None
    told = [{"publication": publication(each.publication), **compounds(each.publication, [each])[0]} for each in history]
    before = [
        {"period": each.publication.period, "number": each.publication.number, "colour": each.colour}
        for each in published.corrections(public_id)
    ]
    return {**told[0], "history": told[1:], "corrected": before}


def titles(of: Publication, found: Iterable[PublishedTitle]) -> list[dict]:
    return [
        {
            "public_id": str(each.public_id), "name": each.name, "compound_public_id": str(each.compound_public_id or ""),
            "compound_name": each.compound_name, "town_code": each.town_code, "town_name": each.town_name,
            "four_free": each.outcome, "four_free_periods": each.streak_count,
        }
        for each in found
    ]  # fmt: skip


def criteria() -> list[dict]:
    found: dict[str, dict] = {}
    for each in published.publications():
        found.setdefault(
            each.scheme_version,
            {
                "version": each.scheme_version, "title": each.scheme_title, "is_own_assumption": each.is_own_assumption,
                "criteria": each.criteria,
            },
        )  # fmt: skip
    return list(found.values())


def changes(since: datetime | None) -> list[dict]:
    return [{**vars(change), "at": change.at.isoformat()} for change in published.changes(since)]


def bulletin(found: PublishedBulletin) -> dict:
    return {
        "public_id": str(found.public_id), "number": found.number, "title": found.title, "issuer": found.issuer,
        "unit_name": found.unit_name, "kind": found.kind, "period": found.period, "starts_on": found.starts_on.isoformat(),
        "ends_on": found.ends_on.isoformat(), "published_at": found.published_at.isoformat(timespec="seconds"),
        "corrects": str(found.corrects.public_id) if found.corrects else None, "correction_reason": found.correction_reason,
        "is_invented": found.is_invented,
    }  # fmt: skip


def page_of(request: HttpRequest, of: Publication, found: QuerySet, number: int, size: int, write: Callable) -> dict:
    """One page, with the address of the next; beyond the last one there is nothing."""
    try:
        page = Paginator(found, size).page(number)
    except EmptyPage:
        raise Http404 from None
    query = request.GET.copy()
    query["page"] = number + 1
    return {
        "publication": publication(of),
        "count": page.paginator.count,
        "page": number,
        "pages": page.paginator.num_pages,
        "next": f"{request.path}?{query.urlencode()}" if page.has_next() else None,
        "items": write(of, page.object_list),
    }


def _coordinates(grade: PublishedGrade) -> list[float]:
    return [round(x, POINT_DECIMALS) for x in grade.point.coords]
