"""Parts and licences: for everybody, since everybody's browser gets some of them. Versions are for those who sign in."""
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from geo import components
from geo.access import public


@public
@require_safe
def component_list(request: HttpRequest) -> HttpResponse:
    return render(request, "geo/components.html", {"groups": components.groups(), "versions": request.user.is_authenticated})
