"""The public door of objections before publication: the code of a printed notice is all that it asks for."""
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from zones import objections, spam
from zones.campaigns import CampaignRefused
from zones.models import Grade
from zones.register_words import RegisterRefused
from zones.rounds import RatingRefused, RoundReader
from zones.sentences import lines_of

PAGE = "zones/objections.html"
REFUSALS = (RatingRefused, RegisterRefused, CampaignRefused)


@spam.door  # the code in the body is the only right here
def objections_door(request: HttpRequest) -> HttpResponse:
    """Without a code the question for it; with one its compound, and the form or the answer."""
    code = request.POST.get("code", "")[:40]
    if not code.strip():
        return _page(request, {})
    try:
        found = objections.find(code, address=request.META.get("REMOTE_ADDR", ""))
    except objections.TooManyWrong:
        return _page(request, {"error": _("错误的通知码太多，请15分钟后再试。")}, status=429, retry=objections.PAUSE_SECONDS)
    if found is None:
        return _page(request, {"error": _("通知码不对，或已失效。请按通知书上的12位码输入。"), "code": code}, status=422)
    if "text" not in request.POST:
        return _page(request, _about(found, code))
    try:
        objections.file(found, text=request.POST["text"], uploads=request.FILES.getlist("files"), now=timezone.now())
    except REFUSALS as refused:
        return _page(request, _about(found, code) | {"error": str(refused), "text": request.POST["text"]}, status=422)
    return _page(request, _about(found, code) | {"filed": True})


def _about(found, code: str) -> dict:
    grade = objections.grade_of(found)
    return {
        "objection": found, "code": code, "round": found.round, "compound": found.compound, "grade": grade,
        "label": Grade.Colour(grade.final_colour).label, "lines": lines_of(RoundReader(found.round).reasons(grade)),
        "is_open": objections.is_open(found, timezone.now()), "files_at_most": objections.FILES_AT_MOST,
    }  # fmt: skip


def _page(request: HttpRequest, context: dict, *, status: int = 200, retry: int = 0) -> HttpResponse:
    response = render(request, PAGE, context, status=status)
    if retry:
        response.headers["Retry-After"] = str(retry)
    return response
