"""The page of notices, and where a person's daily mail goes."""
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from zones import digests
from zones import notices as verbs
from zones.models import NoticeSetting

PAGE_SIZE = 50


class MailForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("工作邮箱"), required=False, help_text=gettext_lazy("只发条数，不含编号、地点和内容。留空即不发。")
    )


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    page = Paginator(verbs.of_reader(request.user), PAGE_SIZE).get_page(request.GET.get("page"))
    setting = NoticeSetting.objects.filter(user=request.user).first()
    form = MailForm(initial={"email": setting.email if setting else ""}) if digests.is_set_up() else None
    newest = max((each.pk for each in page), default=0)
    return render(request, "zones/notices.html", {"page": page, "form": form, "newest": newest, "mail_hour": digests.FROM_HOUR})


@require_POST
def notices_read(request: HttpRequest) -> HttpResponse:
    """All up to the newest that the page showed: one that came since stays unread."""
    if not request.user.reads_business_data:
        raise PermissionDenied
    last = request.POST.get("last", "")
    verbs.read(request.user, now=timezone.now(), last=int(last) if last.isascii() and last.isdecimal() and len(last) < 19 else 0)
    return redirect("notices")


@require_POST
def notices_mail(request: HttpRequest) -> HttpResponse:
    if not request.user.reads_business_data:
        raise PermissionDenied
    form = MailForm(request.POST)
    if form.is_valid():
        NoticeSetting.objects.update_or_create(user=request.user, defaults={"email": form.cleaned_data["email"]})
        messages.success(request, _("已保存。"))
    else:
        messages.error(request, " ".join(form.errors["email"]))
    return redirect("notices")
