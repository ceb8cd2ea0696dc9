"""R20: the public's doors: feedback, appeal, reply, a request to look again, the status of each. No account, no session, no cookie."""
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from geo.access import public
from zones import door_forms as forms
from zones import door_pages as pages
from zones import doors, spam
from zones.supervision_rules import rules_at


@public
@require_safe
@gzip_page
def supervision(request: HttpRequest) -> HttpResponse:
    """What anybody may do about a grade or a problem, how long it takes, and what has become of it."""
    return render(request, "zones/supervision.html", pages.supervision(now=timezone.now()))


@spam.door
def feedback(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    form = pages.feedback_form(request, now=now)
    return pages.answer(request, form, "zones/door_feedback.html", now=now, grade=form.grade)


@spam.door
def appeal(request: HttpRequest, public_id) -> HttpResponse:
    now, grade = timezone.now(), pages.grade_or_404(public_id)
    form = pages.grade_form(forms.AppealForm, request, grade, now=now)
    closed = doors.may_appeal(grade, form.rules)
    context = pages.beside(grade) | {"closed": closed, "until": form.rules.appeal_until(grade.publication)}
    return pages.answer(request, form, "zones/door_appeal.html", now=now, **context)


@spam.door
def reply(request: HttpRequest, public_id) -> HttpResponse:
    now, grade = timezone.now(), pages.grade_or_404(public_id)
    form = pages.grade_form(forms.ReplyForm, request, grade, now=now)
    return pages.answer(request, form, "zones/door_reply.html", now=now, **pages.beside(grade))


@spam.door
def reinspection(request: HttpRequest, public_id) -> HttpResponse:
    now, grade = timezone.now(), pages.grade_or_404(public_id)
    form = pages.grade_form(forms.ReinspectionForm, request, grade, now=now)
    return pages.answer(request, form, "zones/door_reinspection.html", now=now, **pages.beside(grade))


@spam.look_up
def receipt_status(request: HttpRequest) -> HttpResponse:
    """By number and code, posted: neither stands in an address. A wrong pair is answered like an unknown one."""
    now = timezone.now()
    form = forms.StatusForm(request.POST if request.method == "POST" else None)
    found = form.found()
    if form.is_bound and form.is_valid() and found is None:
        form.add_error(None, _("没有这一对回执号和查询码，请核对后再查。"))
    context = {"form": form, "rules": rules_at(now)} | (pages.status(found, now=now) if found else {})
    return render(request, "zones/receipt_status.html", context, status=200 if found or not form.is_bound else pages.REFUSED)
