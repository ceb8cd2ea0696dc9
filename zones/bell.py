"""The bell in the bar: how many unread notices a person has. For templates."""
from django.http import HttpRequest

from zones import notices


def bell(request: HttpRequest) -> dict:
    user = getattr(request, "user", None)
    if not (user and user.is_authenticated and not user.must_change_password and user.reads_business_data):
        return {"bell": None}
    return {"bell": {"count": notices.unread_count(user)}}
