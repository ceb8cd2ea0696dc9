"""Pages of devices: who has which, a new phone by QR code, an app by its address, revoked at once."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from geo import qr
from geo.uploads import by_readers
from patrol import devices, rescue, units
from patrol.device_forms import HELP, AppForm, PhoneForm
from patrol.devices import DeviceRefused
from patrol.models import Door


def _readers_only(request: HttpRequest) -> None:
    if not request.user.reads_business_data:
        raise PermissionDenied


@require_GET
def device_list(request: HttpRequest) -> HttpResponse:
    _readers_only(request)
    return _page(request, PhoneForm(by=request.user), AppForm(by=request.user), status=200)


def _page(request: HttpRequest, phone: PhoneForm, app: AppForm, *, status: int) -> HttpResponse:
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    found = devices.named_like(devices.seen_by(request.user), asked)
    listed = units.page(found.order_by(F("revoked_at").desc(nulls_first=True), "user__username", "-pk"), request.GET.get("page"))
    context = {"page": listed, "asked": asked, "phone": phone, "app": app, "may_invite_others": devices.may_invite_others(request.user)}
    return render(request, "patrol/devices.html", context, status=status)


@never_cache
@require_POST
def device_invite(request: HttpRequest) -> HttpResponse:
    """The code is shown in this answer and never again."""
    _readers_only(request)
    form = PhoneForm(request.POST, by=request.user)
    if not form.is_valid():
        return _page(request, form, AppForm(by=request.user), status=422)
    made = devices.invite(user=form.cleaned_data["user"], by=request.user, now=timezone.now())
    address = f"{request.build_absolute_uri(reverse('phone'))}#code={made.code}"
    return render(request, "patrol/device_invite.html", {"made": made, "address": address, "qr": qr.svg(address)})


@never_cache
@require_POST
def device_app(request: HttpRequest) -> HttpResponse:
    """The token is shown in this answer and never again."""
    _readers_only(request)
    form = AppForm(request.POST, by=request.user)
    try:
        if not form.is_valid():
            return _page(request, PhoneForm(by=request.user), form, status=422)
        device, token = devices.make(by=request.user, now=timezone.now(), **form.cleaned_data)
    except DeviceRefused as refused:
        form.add_error(None, str(refused))
        return _page(request, PhoneForm(by=request.user), form, status=422)
    address = app_address(request, device.door, token)
    context = {"device": device, "token": token, "address": address, "qr": qr.svg(address), "help": HELP[Door(device.door)]}
    return render(request, "patrol/device_app.html", context | {"with_password": device.door == Door.OWNTRACKS})


def app_address(request: HttpRequest, door: str, token: str) -> str:
    if door == Door.OWNTRACKS:
        return request.build_absolute_uri(reverse("ingest_owntracks_basic"))
    if door == Door.TRACCAR:
        return request.build_absolute_uri(reverse("ingest_traccar", args=[token]))
    template = "?lat={0}&lon={1}&timestamp={2}&hdop={3}&altitude={4}&speed={5}&bearing={6}"
    return request.build_absolute_uri(reverse("ingest_osmand", args=[token])) + template


@require_POST
def device_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    device = get_object_or_404(devices.seen_by(request.user), pk=pk)
    devices.revoke(device, by=request.user, now=timezone.now())
    messages.success(request, _("已停用“%(name)s”，它的下一次请求就会被拒绝。") % {"name": device.name})
    return redirect("devices")


@require_POST
def device_rename(request: HttpRequest, pk: int) -> HttpResponse:
    device = get_object_or_404(devices.seen_by(request.user), pk=pk)
    try:
        devices.rename(device, name=request.POST.get("name", ""), by=request.user)
        messages.success(request, _("已改名。"))
    except DeviceRefused as refused:
        messages.error(request, str(refused))
    return redirect("devices")


@by_readers
@require_http_methods(["GET", "POST"])
def device_rescue(request: HttpRequest) -> HttpResponse:
    """A file that a phone saved because it could not send."""
    _readers_only(request)
    if request.method == "GET":
        return render(request, "patrol/device_rescue.html")
    try:
        told = rescue.take(request.FILES.get("file"), by=request.user, now=timezone.now())
    except rescue.RescueRefused as refused:
        return render(request, "patrol/device_rescue.html", {"refused": str(refused)}, status=422)
    return render(request, "patrol/device_rescue.html", {"told": told}, status=201)
