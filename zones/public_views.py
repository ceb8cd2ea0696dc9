"""The public's own door: no account, no session, only what was published."""
import hashlib

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from geo.access import public
from zones import downloads, published
from zones.criteria import parse_criteria
from zones.criteria_words import rows
from zones.layers import grade_marks
from zones.models import Grade, Publication
from zones.publication import colour_counts

PAGE_SIZE = 50


@public
@require_safe
@gzip_page
def home(request: HttpRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "").replace("\x00", "")[:40].strip() for name in ("period", "number", "town", "grade", "q")}
    publication = published.find(asked["period"], asked["number"]) if asked["period"] else published.newest()
    if publication is None:
        if asked["period"]:
            raise Http404
        return render(request, "zones/nothing_published.html", status=200)
    found = published.grades(publication, town=asked["town"], colour=asked["grade"], text=asked["q"])
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    for grade in page:
        grade.deciding = published.deciding(grade)
    context = {
        "publication": publication,
        "versions": published.publications().filter(period=publication.period),
        "periods": published.publications().filter(is_current=True),
        "counts": _counts(publication),
        "towns": published.towns(publication),
        "colours": Grade.Colour.choices,
        "asked": asked,
        "page": page,
        "map": _map_words(publication, asked["town"]),
    }
    return render(request, "zones/home.html", context)


def _counts(publication: Publication) -> list[dict]:
    found = colour_counts(published.grades(publication))
    total = sum(found.values())
    return [
        {"colour": colour, "label": label, "count": found[colour], "share": found[colour] / total if total else 0}
        for colour, label in Grade.Colour.choices
    ]


def _map_words(publication: Publication, town: str) -> dict:
    """What the map's script reads: addresses, marks and words."""
    return {
        "points": f"{reverse('public_points', args=[publication.period])}?number={publication.number}",
        "outlines": reverse("public_outlines"),
        "marks": grade_marks(),
        "town": town,
        "words": {
            "why": _("为什么"),
            "failed": _("地图没有取到数据。下面的列表不受影响。"),
            "unsupported": _("这个浏览器不能显示地图。下面的列表不受影响。"),
            "empty": _("本期没有可显示的小区。"),
            "title": _("小区等级示意图"),
            "zoomIn": _("放大"),
            "zoomOut": _("缩小"),
            "close": _("关闭"),
            "others": _("此处还有{n}个小区，放大后可分开。"),
            "twoFingers": _("用两个手指移动地图"),
            "ctrlScroll": _("按住 Ctrl 滚动，缩放地图"),
        },
    }


@public
@require_safe
@gzip_page
def public_compound(request: HttpRequest, public_id) -> HttpResponse:
    history = list(published.history(public_id))
    if not history:
        raise Http404
    for grade in history:
        grade.lines = published.lines(grade)
    newest = history[0]
    context = {"grade": newest, "publication": newest.publication, "history": history, "corrections": published.corrections(public_id)}
    return render(request, "zones/public_compound.html", context)


@public
@require_safe
@gzip_page
def public_criteria(request: HttpRequest, version: str) -> HttpResponse:
    used = [publication for publication in published.publications().filter(is_current=True) if publication.scheme_version == version]
    publication = used[0] if used else published.publications().filter(scheme_version=version).first()
    if publication is None:
        raise Http404
    criteria = parse_criteria(publication.criteria)
    context = {"publication": publication, "criteria": criteria, "rows": rows(criteria), "used": used}
    return render(request, "zones/public_criteria.html", context)


def _published_or_404(request: HttpRequest, period: str) -> Publication:
    publication = published.find(period, request.GET.get("number", ""))
    if publication is None:
        raise Http404
    return publication


@public
@require_safe
@gzip_page
def public_data(request: HttpRequest, period: str, form: str) -> HttpResponse:
    publication = _published_or_404(request, period)
    return downloads.answer(request, publication, form)


@public
@require_safe
@gzip_page
def public_map_file(request: HttpRequest, period: str) -> HttpResponse:
    """A file to keep, print and open without a network. Its scripts are its own: never let them run as ours."""
    publication = _published_or_404(request, period)
    response = downloads.answer(request, publication, "html")
    response.headers["Content-Disposition"] = f'attachment; filename="siwu-{publication.period}-{publication.number}.html"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@public
@require_safe
@gzip_page
def public_points(request: HttpRequest, period: str) -> HttpResponse:
    return downloads.answer(request, _published_or_404(request, period), "points")


@public
@require_safe
@gzip_page
def public_outlines(request: HttpRequest) -> HttpResponse:
    body = downloads.outlines(timezone.localdate())
    return downloads.conditional(request, f"outlines-{hashlib.sha256(body).hexdigest()[:16]}", lambda: body, "application/geo+json")
