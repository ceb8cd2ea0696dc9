"""Who is let in when more come than can be served (promise 11), and what is taken while a disk runs short (promise 10).

Each lane has places of its own in each web process, so that none starves another: a flood of readers costs phones nothing. Who finds
no free place waits in order, for a moment; where too many wait already, the answer is 503 at once, before anything is asked of the
database. The web server needs more threads than there are places and waiting ones together (script/Procfile), to say no with.
A streamed answer gives its place back when it begins.
"""
import threading
from collections import deque
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from geo.away import Reason, answer
from geo.headroom import Headroom

PHONES, PUBLIC, DOORS, STAFF = "phones", "public", "doors", "staff"
PHONE_DOORS = ("/api/field/", "/ingest/")
# Reading by POST, and signing in and out: they go on with a short disk, in what the floor leaves.
RECEIPTS = "/receipts/"
TAKEN_ALWAYS = ("/account/", "/api/field/v1/receipts", "/api/field/v1/duty", RECEIPTS)
TILES = ("/tiles/", "/public-tiles/")
READING = {"GET", "HEAD", "OPTIONS"}
SECONDS_WHEN_BUSY = 5


class Lane:
    """`places` at a time; `waiting` more in order of arrival."""

    def __init__(self, places: int, waiting: int):
        self.free, self.waiting = places, waiting
        self.queue: deque[threading.Event] = deque()
        self.lock = threading.Lock()

    def enter(self, patience_s: float) -> bool:
        """Whether a place became free within so many seconds."""
        with self.lock:
            if self.free and not self.queue:
                self.free -= 1
                return True
            if len(self.queue) >= self.waiting:
                return False
            turn = threading.Event()
            self.queue.append(turn)
        if turn.wait(patience_s):
            return True
        with self.lock:
            if turn.is_set():  # in the last moment
                return True
            self.queue.remove(turn)
            return False

    def leave(self) -> None:
        with self.lock:
            if self.queue:
                self.queue.popleft().set()
            else:
                self.free += 1


class AdmissionMiddleware:
    """Outermost: what is refused here has cost nothing yet."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response
        self.lanes = {name: Lane(places, 5 * places) for name, places in settings.PLACES.items()}
        self.headroom = Headroom.of_this_site()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path == "/health/":
            return self.get_response(request)
        if request.method not in READING and not path.startswith(TAKEN_ALWAYS) and not self.headroom.is_there():
            return refused(request, Reason.FULL)
        name = lane_of(request)
        lane = self.lanes[name]
        if not lane.enter(settings.PATIENCE_S["tiles" if path.startswith(TILES) else name]):
            return refused(request, Reason.BUSY, seconds=SECONDS_WHEN_BUSY)
        try:
            return self.get_response(request)
        finally:
            lane.leave()


def refused(request: HttpRequest, why: Reason, **named) -> HttpResponse:
    with translation.override(settings.LANGUAGE_CODE):
        response = answer(request, why, **named)
    response._has_been_logged = True  # a line for each of a flood would help nobody
    return response


def lane_of(request: HttpRequest) -> str:
    """By what stands in the request alone. Who forges a cookie to leave the public's lane still takes nothing from phones."""
    if request.path_info.startswith(PHONE_DOORS):
        return PHONES
    is_known = settings.SESSION_COOKIE_NAME in request.COOKIES or "HTTP_AUTHORIZATION" in request.META
    if is_known or request.path_info.startswith("/account/"):
        return STAFF
    # What the public sends has a lane of its own, so that a flood of posts holds up no reader, nor who asks what became of a receipt.
    return PUBLIC if request.method in READING or request.path_info == RECEIPTS else DOORS
