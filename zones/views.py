"""The staff's rating pages: drafts with exact numbers, within the reader's territory."""
from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from geo import jobs
from geo.access import get_for
from geo.models import Compound, Division, Job, User
from zones.coverage import ReportRefused, coverage, report_zero
from zones.criteria import CATEGORIES
from zones.jobs import RATE_PERIOD
from zones.models import FourFreeTitle, Grade, PublishedGrade, RatingRound
from zones.periods import parse_period, start_of
from zones.publication import colour_counts, current
from zones.rounds import RoundReader, is_stale
from zones.sentences import deciding_of, lines_of

PAGE_SIZE = 50
INCIDENTS_SHOWN = 200
FETCHED = "the compound was fetched through the reader's rights"


@require_GET
def ratings(request: HttpRequest) -> HttpResponse:
    """Draft grades of a round, beside what is published."""
    if not request.user.reads_business_data:
        raise PermissionDenied
    rating_round = _round(request.GET.get("period", ""))
    if rating_round is None:
        return render(request, "zones/ratings_none.html", {"may_rate": _may_rate(request.user), "suggested": _suggested_period()})
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:40].strip() for name in ("town", "grade", "q", "different")}
    publication = current(rating_round.period)
    mine = Grade.objects.visible_to(request.user).filter(round=rating_round)
    page = Paginator(_filtered(mine.with_published(publication), asked), PAGE_SIZE).get_page(request.GET.get("page"))
    _explain(page, rating_round)
    context = {
        "round": rating_round,
        "rounds": RatingRound.objects.computed(),
        "publication": publication,
        "different_count": mine.with_published(publication).different().count() if publication else 0,
        "counts": _counts(mine),
        "colours": Grade.Colour.choices,
        "towns": Division.objects.at_level(Division.Level.TOWN).in_division(request.user.division_id),
        "asked": asked,
        "page": page,
        "coverage": coverage(rating_round, request.user),
        "stale": not rating_round.is_frozen and is_stale(rating_round),
        "may_rate": _may_rate(request.user) and not rating_round.is_frozen,
        "may_propose": rating_round.state == RatingRound.State.TOWN_REVIEW and request.user.role == User.Role.TOWN_OFFICER,
        "may_invite": rating_round.state == RatingRound.State.OBJECTION and request.user.writes_business_data,
        "has_ended": rating_round.ends_on <= timezone.localdate(),
        "job": _last_job(request.user, rating_round.period),
    }
    return render(request, "zones/ratings.html", context)


def _round(period: str) -> RatingRound | None:
    """The round asked for, or the newest computed one; an unknown period is a 404."""
    computed = RatingRound.objects.computed().select_related("scheme")
    if not period:
        return computed.first()
    found = computed.filter(period=period).first()
    if found is None:
        raise Http404
    return found


def _suggested_period() -> str:
    """The quarter that ended last."""
    today = timezone.localdate()
    quarter = (today.month - 1) // 3
    return f"{today.year}Q{quarter}" if quarter else f"{today.year - 1}Q4"


def _filtered(grades, asked: dict):
    if asked["town"].isdecimal():
        grades = grades.filter(compound__division__code__startswith=asked["town"])
    if asked["grade"] in Grade.Colour.values:
        grades = grades.filter(final_colour=asked["grade"])
    if asked["q"]:
        grades = grades.filter(compound__name__icontains=asked["q"])
    if asked["different"]:
        grades = grades.different()
    return grades.select_related("compound__division").order_by("compound__division_id", "compound__name", "pk")


def _explain(grades, rating_round: RatingRound) -> None:
    reader = RoundReader(rating_round)
    for grade in grades:
        grade.deciding = deciding_of(grade.colour, reader.reasons(grade))
        grade.final_label = Grade.Colour(grade.final_colour).label
        grade.published_label = Grade.Colour(grade.published).label if grade.published else ""


def _counts(grades) -> list[dict]:
    found = colour_counts(grades.with_final(), "final_colour")
    return [{"colour": colour, "label": label, "count": found[colour]} for colour, label in Grade.Colour.choices]


def _may_rate(user: User) -> bool:
    return user.role == User.Role.COUNTY_OFFICER


def _last_job(user: User, period: str) -> Job | None:
    return Job.objects.filter(task=RATE_PERIOD, created_by=user, arguments__period=period).first()


@require_GET
def compound_grade(request: HttpRequest, pk: int) -> HttpResponse:
    compound = get_for(request.user, Compound, pk)
    grades = Grade.objects.everywhere(FETCHED).filter(compound=compound).select_related("round__scheme").with_final()
    history = list(grades.order_by("-round__starts_on"))
    told = PublishedGrade.objects.filter(public_id=compound.public_id, publication__is_current=True).select_related("publication")
    published = {each.publication.period: each for each in told}
    for grade in history:
        grade.published = published.get(grade.round.period)
        grade.final_label = Grade.Colour(grade.final_colour).label
    context = {"compound": compound, "history": history, "newest": history[0] if history else None}
    if history:
        context |= _evidence(compound, history[0])
    return render(request, "zones/compound_grade.html", context)


def _evidence(compound: Compound, newest: Grade) -> dict:
    rating_round = newest.round
    window = (start_of(rating_round.window_starts_on), start_of(rating_round.ends_on))
    counted = compound.incidents.everywhere(FETCHED).filter(occurred_at__gte=window[0], occurred_at__lt=window[1])
    titles = FourFreeTitle.objects.everywhere(FETCHED).filter(round=rating_round, courtyard__compound=compound)
    return {
        "serious": sum(getattr(newest, f"{name}_serious_count") for name in CATEGORIES),
        "minor": sum(getattr(newest, f"{name}_minor_count") for name in CATEGORIES),
        "all_count": sum(getattr(newest, f"{name}_count") for name in CATEGORIES),
        "lines": lines_of(RoundReader(rating_round).reasons(newest)),
        "incidents": counted[:INCIDENTS_SHOWN],
        "courtyards": titles.select_related("courtyard").order_by("courtyard__name"),
        "stale": not rating_round.is_frozen and is_stale(rating_round),
    }


@require_POST
def rate_again(request: HttpRequest) -> HttpResponse:
    if not _may_rate(request.user):
        raise PermissionDenied
    period = request.POST.get("period", "")[:10]
    try:
        parse_period(period)
    except ValueError as wrong:
        messages.error(request, str(wrong))
        return redirect("ratings")
    with transaction.atomic():
        job = jobs.submit(RATE_PERIOD, by=request.user, period=period)
    return redirect("rating_job", pk=job.pk)


@require_GET
def rating_job(request: HttpRequest, pk: int) -> HttpResponse:
    job = Job.objects.filter(pk=pk, task=RATE_PERIOD, created_by=request.user).first()
    if job is None:
        raise Http404
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"state": job.state, "share": job.done_share, "message": job.message}, headers={"Cache-Control": "no-store"})
    if job.state == Job.State.DONE:
        return redirect(f"{reverse('ratings')}?period={job.arguments['period']}")
    return render(request, "zones/rating_job.html", {"job": job})


@require_POST
def zero_report(request: HttpRequest) -> HttpResponse:
    try:
        month = date.fromisoformat(request.POST.get("month", ""))
        report_zero(town=request.POST.get("town", ""), month=month, by=request.user)
        messages.success(request, _("已记零报告；重新评定后生效。"))
    except ReportRefused as refused:
        messages.error(request, str(refused))
    except ValueError:
        messages.error(request, _("月份写法不对。"))
    return redirect("ratings")
