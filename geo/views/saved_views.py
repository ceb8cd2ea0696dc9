"""Lists that people keep under a name."""
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from geo.lists import saving
from geo.lists.listing import Listing
from geo.models import SavedView
from geo.views.lists import layer_or_404


@require_POST
def save_view(request: HttpRequest, name: str) -> HttpResponse:
    listing = Listing(layer_or_404(request, name), request.user, request.GET)
    address = listing.address
    try:
        view = saving.save(listing, request.POST.get("name", ""), shared=bool(request.POST.get("shared")), by=request.user)
    except ValidationError as problem:
        for text in problem.messages:
            messages.error(request, text)
    else:
        address = view.address
        messages.success(request, _("已保存为“%(name)s”。") % {"name": view.name})
    return HttpResponseRedirect(f"{reverse('object_list', args=[name])}?{address}")


@require_POST
def delete_view(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """Only the owner's own; a shared one stays with whoever made it."""
    view = SavedView.objects.filter(pk=pk, owner=request.user, layer=layer_or_404(request, name).name).first()
    if view is None:
        raise Http404
    view.delete()
    messages.success(request, _("已删除“%(name)s”。") % {"name": view.name})
    return HttpResponseRedirect(reverse("object_list", args=[name]))
