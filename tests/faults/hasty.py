"""A receiver that breaks promise 1 on purpose: it answers first and writes a moment later. The harness must notice it."""

import hashlib
import threading
import uuid
from contextvars import copy_context

from django.db import connection

from config.wsgi import application
from patrol import envelope, intake

receive_whole = intake.receive


def write(**named):
    try:
        receive_whole(**named)
    finally:
        connection.close()


def receive(*, device, raw, now, clock_ms=None):
    given = envelope.read(raw)
    # Behind the same wall as the answer: without it nothing would be written at all, which is easier to notice.
    later = threading.Timer(0.25, copy_context().run, [write], {"device": device, "raw": raw, "now": now})
    later.daemon = True
    later.start()
    missing = [one.id for one in given.attachments]
    number = uuid.uuid4().int % 2**31
    return intake.Receipt(number, given.submission_id, hashlib.sha256(raw).hexdigest(), now, True, missing, [], None)


intake.receive = receive
__all__ = ["application"]
