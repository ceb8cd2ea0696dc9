"""The auditor's pages: what was done, whether the chain is whole, and its heads to print."""
import tempfile

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from geo import jobs, qr
from geo.audit import heads, reading, retention
from geo.audit import jobs as audit_jobs
from geo.audit.notes import note
from geo.audit.sources import Group
from geo.models import AuditEntry, AuditEvent, AuditHead
from geo.workbooks import CONTENT_TYPE, write_workbook

PER_PAGE = 50
ASKED = ("from", "to", "who", "group", "kind")


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "").replace("\x00", "")[:60].strip() for name in ASKED}


@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    asked = _asked(request)
    page = Paginator(reading.entries(request.user, asked), PER_PAGE).get_page(request.GET.get("page"))
    for entry in page:
        reading.described(entry)
    context = {
        "page": page, "asked": asked, "groups": Group.choices, "kinds": reading.kinds(request.user), "pending": audit_jobs.pending(),
        "kept_days": retention.kept_days(timezone.now()), **reading.state(),
    }  # fmt: skip
    return render(request, "geo/audit.html", context)


@require_GET
def audit_file(request: HttpRequest) -> HttpResponse:
    """What the page shows, as XLSX. That it left is an entry of its own."""
    asked, now = _asked(request), timezone.now()
    rows = reading.entries(request.user, asked)
    note(AuditEvent.What.AUDIT_FILE, by=request.user, now=now, kind=AuditEntry._meta.label_lower, text=reading.words_of(asked))
    target = tempfile.TemporaryFile()
    write_workbook(target, [reading.sheet(rows, asked)])
    target.seek(0)
    name = f"{_('审计记录')}{timezone.localdate(now)}.xlsx"
    return FileResponse(target, as_attachment=True, filename=name, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


@require_POST
def audit_verify(request: HttpRequest) -> HttpResponse:
    reading.insist_on_auditor(request.user)
    if not audit_jobs.pending():
        with transaction.atomic():
            jobs.submit(audit_jobs.VERIFY, by=request.user)
    messages.success(request, _("已交后台核验，请稍后刷新本页。"))
    return redirect("audit")


@require_GET
def audit_heads(request: HttpRequest) -> HttpResponse:
    reading.insist_on_auditor(request.user)
    page = Paginator(AuditHead.objects.select_related("purge").order_by("-day"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "geo/audit_heads.html", {"page": page})


@require_GET
def audit_head(request: HttpRequest, name: str) -> HttpResponse:
    """One day's head to print and lock away."""
    reading.insist_on_auditor(request.user)
    day = reading.day_of(name)
    head = AuditHead.objects.select_related("purge").filter(day=day).first() if day else None
    if head is None:
        raise Http404
    line = heads.printed(head)
    return render(request, "geo/audit_head.html", {"head": head, "line": line, "code": qr.svg(line)})
