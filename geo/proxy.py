"""Who asks, where the county's own proxy stands in front (SIWU_BEHIND_PROXY): without it the header is anybody's word and is not read."""
import ipaddress
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class ProxyMiddleware:
    """The last address of X-Forwarded-For is the one that our proxy saw and wrote; those before it the sender may have made up."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        told = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        try:
            request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(told))
        except ValueError:  # asked for without the proxy, by the server itself
            pass
        return self.get_response(request)
