"""The public's tiles over HTTP: of one publication, through the public role; what was replaced stays readable under its own number."""
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from geo.access import public
from geo.tiles import TileAddress
from zones import published, tiles


@public
@require_safe
@gzip_page
def public_tile(request: HttpRequest, period: str, number: int, version: int, z: int, x: int, y: int) -> HttpResponse:
    """`version` is in the address so that a browser never mixes tiles from before and after a change."""
    address = TileAddress(z, x, y)
    found = published.find(period, str(number))
    if found is None or not address.exists or z > tiles.MAX_ZOOM:
        raise Http404
    return HttpResponse(tiles.draw(found, address), content_type="application/vnd.mapbox-vector-tile")
