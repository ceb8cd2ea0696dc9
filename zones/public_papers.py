"""Papers that the public prints: a poster for the compound's door, a certificate of a held title, a bulletin. Drawn once a version."""
import hashlib

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from geo import qr
from patrol import paper
from zones import published
from zones.models import Publication
from zones.public_cache import refusal

KEPT_SECONDS = 7 * 24 * 3600
TEMPLATES = {name: f"zones/public_{name}_file.html" for name in ("poster", "certificate", "bulletin")}


def answer(request: HttpRequest, kind: str, publication: Publication | None, key: object, context: dict) -> HttpResponse:
    """The PDF, kept under the version of what is published: a paper never outlives a correction or an appeal."""
    refused = refusal(request, "papers")
    if refused is not None:
        return refused
    what = f"{kind}/{key}/{published.version()}/{translation.get_language()}/{context.get('address', '')}"
    kept = f"paper/{hashlib.sha256(what.encode()).hexdigest()}"
    body = cache.get(kept)
    if body is None:
        picture = qr.svg(context["address"]) if "address" in context else ""
        body = paper.make_pdf(TEMPLATES[kind], {**context, "publication": publication, "qr": picture}, request)
        cache.set(kept, body, KEPT_SECONDS)
    response = HttpResponse(body, content_type="application/pdf")
    names = {"poster": _("小区等级海报"), "certificate": _("四无证书"), "bulletin": _("通报")}
    response.headers["Content-Disposition"] = content_disposition_header(False, f"{names[kind]}.pdf")
    response.headers["Cache-Control"] = "no-cache"
    return response
