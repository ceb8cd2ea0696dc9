"""A form's step or change as the verb that does it: what is read from the request, and nothing decided here."""
from collections.abc import Callable
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from geo.models import Decision
from zones import register, register_changes
from zones import register_forms as forms
from zones.models import Issue, IssueLink
from zones.register_rules import rules_at
from zones.register_words import RegisterRefused

S = Issue.State


def _why(request: HttpRequest) -> str:
    return request.POST.get("why", "")


def _assign(issue: Issue, request: HttpRequest, *, now: datetime) -> Decision:
    unit = forms.chosen_unit(forms.units_for(request.user, issue), request.POST.get("unit", ""))
    due_on = forms.day(request.POST.get("due_on", ""))
    return register.assign(issue, unit=unit, due_on=due_on, why=_why(request), by=request.user, now=now)


def _report_fixed(issue: Issue, request: HttpRequest, *, now: datetime) -> Decision:
    return register.report_fixed(issue, why=_why(request), photos=forms.photos_of(request), by=request.user, now=now)


def _close(issue: Issue, request: HttpRequest, *, now: datetime) -> Decision:
    looked = {"position": forms.position_of(request.POST), "photos": forms.photos_of(request)}
    return register.close(issue, **looked, why=_why(request), by=request.user, now=now)


def _reopen(issue: Issue, request: HttpRequest, *, now: datetime) -> Decision:
    return register.reopen(issue, due_on=forms.day(request.POST.get("due_on", "")), why=_why(request), by=request.user, now=now)


def _plain(to: str) -> Callable:
    return lambda issue, request, *, now: register.move(issue, to, why=_why(request), by=request.user, now=now)


STEPS: dict[tuple[str, str], Callable[..., Decision]] = {
    (S.REGISTERED, S.ASSIGNED): _assign,
    (S.REGISTERED, S.WITHDRAWN): _plain(S.WITHDRAWN),
    (S.ASSIGNED, S.RECTIFYING): _plain(S.RECTIFYING),
    (S.ASSIGNED, S.REGISTERED): _plain(S.REGISTERED),
    (S.ASSIGNED, S.WITHDRAWN): _plain(S.WITHDRAWN),
    (S.RECTIFYING, S.REPORTED_FIXED): _report_fixed,
    (S.REPORTED_FIXED, S.CLOSED): _close,
    (S.REPORTED_FIXED, S.RECTIFYING): _plain(S.RECTIFYING),
    (S.CLOSED, S.ASSIGNED): _reopen,
}


def _comment(issue: Issue, request: HttpRequest, *, now: datetime) -> str:
    register_changes.comment(issue, request.POST.get("text", ""), by=request.user, now=now)
    return _("已留言。")


def _photos(issue: Issue, request: HttpRequest, *, now: datetime) -> str:
    stage = request.POST.get("stage", "")
    count = register_changes.add_photos(issue, stage, forms.photos_of(request), by=request.user, now=now)
    return _("已上传%(count)d张照片。") % {"count": count}


def _files(issue: Issue, request: HttpRequest, *, now: datetime) -> str:
    count = register_changes.attach(issue, request.FILES.getlist("files"), by=request.user, now=now)
    return _("已上传%(count)d个附件。") % {"count": count}


def _deadline(issue: Issue, request: HttpRequest, *, now: datetime) -> str:
    due_on = forms.day(request.POST.get("due_on", ""))
    register_changes.set_deadline(issue, due_on, why=_why(request), by=request.user, now=now)
    return _("期限改为%(day)s。") % {"day": due_on}


def _unit(issue: Issue, request: HttpRequest, *, now: datetime) -> str:
    unit = forms.chosen_unit(forms.units_for(request.user, issue), request.POST.get("unit", ""))
    register_changes.set_unit(issue, unit, why=_why(request), by=request.user, now=now)
    return _("责任单位改为%(unit)s。") % {"unit": unit.name}


def _category(issue: Issue, request: HttpRequest, *, now: datetime) -> str:
    found = rules_at(now).categories.filter(code=request.POST.get("category", "")[:40].replace("\x00", "")).first()
    if found is None:
        raise RegisterRefused(_("请选择类别。"))
    register_changes.set_category(issue, found, by=request.user, now=now)
    return _("类别改为%(name)s。") % {"name": found}


def _share(issue: Issue, request: HttpRequest, *, now: datetime) -> str:
    unit = forms.chosen_unit(forms.neighbours_for(issue), request.POST.get("unit", ""))
    register_changes.share(issue, unit, by=request.user, now=now)
    return _("已增加协办单位%(unit)s。") % {"unit": unit.name}


def _link(issue: Issue, request: HttpRequest, *, now: datetime) -> str:
    number = request.POST.get("number", "")[:60].replace("\x00", "").strip()
    other = Issue.objects.visible_to(request.user).filter(number=number).order_by("pk").first() if number else None
    if other is None:
        raise RegisterRefused(_("没有这个编号，或不在您的辖区内。"))
    kind = request.POST.get("kind", "")
    register_changes.link(issue, other, kind if kind in IssueLink.Kind.values else IssueLink.Kind.RELATED, by=request.user, now=now)
    return _("已关联%(number)s。") % {"number": other.number}


def _recheck(issue: Issue, request: HttpRequest, *, now: datetime) -> str:
    looked = {"position": forms.position_of(request.POST), "photos": forms.photos_of(request)}
    register_changes.recheck(issue, **looked, by=request.user, now=now)
    return _("回查已记录：没有复发。")


CHANGES: dict[str, Callable[..., str]] = {
    "comment": _comment, "photos": _photos, "deadline": _deadline, "unit": _unit, "category": _category, "share": _share, "link": _link,
    "recheck": _recheck, "files": _files,
}  # fmt: skip
