from django.http import JsonResponse


def private(response: JsonResponse) -> JsonResponse:
    """Another account on the same browser must never be shown this one's data."""
    response.headers["Cache-Control"] = "private, no-store"
    return response
