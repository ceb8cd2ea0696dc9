"""The account's own GIS access keys."""
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from geo import access_keys
from geo.proofs import gives_out


@never_cache
@gives_out
@require_http_methods(["GET", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    """Lists the keys; a new one is shown in the answer to its own request and never again."""
    user, now = request.user, timezone.now()
    if not access_keys.may_hold_keys(user):
        raise PermissionDenied
    context = {"lifetimes": access_keys.LIFETIMES, "asked": {"label": "", "days": 90}}
    if request.method == "POST":
        days = request.POST.get("days", "")
        context["asked"] = {"label": request.POST.get("label", ""), "days": int(days) if days.isdecimal() else 0}
        try:
            context["made"], context["text"] = access_keys.make(by=user, now=now, **context["asked"])
        except access_keys.KeyRefused as refused:
            context["error"] = str(refused)
    context["keys"] = access_keys.listed(user, now=now)
    return render(request, "geo/access_keys.html", context, status=422 if "error" in context else 200)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    key = get_object_or_404(request.user.access_keys, pk=pk)
    access_keys.revoke(key, by=request.user, now=timezone.now())
    messages.success(request, _("密钥“%(label)s”已撤销，立即失效。") % {"label": key.label})
    return redirect("access_keys")
