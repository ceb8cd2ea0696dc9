"""The shape of a submission (docs/field-api.md): what is not named here is refused."""

from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StringConstraints, ValidationError

from geo import pii
from patrol.phone_parts import parts
from patrol.points import AT_MOST, COLUMNS, LATEST_MS

BYTES_AT_MOST = 256 * 1024
PHOTOS_AT_MOST = 9
Number = StrictInt | StrictFloat
# Strict takes whole numbers for real ones too, and neither text nor truth values; five times faster than the pair above.
PointValue = Annotated[float, Field(strict=True)] | None
Moment = Annotated[StrictInt, Field(ge=0, le=LATEST_MS)]
# No NUL: neither PostgreSQL's text nor its jsonb can hold one.
Text = Annotated[str, StringConstraints(strict=True, pattern=r"^[^\x00]*$")]
ShortText = Annotated[Text, StringConstraints(max_length=80)]
Digest = Annotated[str, StringConstraints(strict=True, pattern=r"^[0-9a-f]{64}$")]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class PatrolNamed(Part):
    """The patrol that a submission belongs to; the first one that names it makes it."""

    id: UUID
    started_at: Moment
    shift_id: Annotated[StrictInt, Field(ge=1, le=2**63 - 1)] | None = None
    chunk_no: Annotated[StrictInt, Field(ge=1, le=1_000_000)] | None = None


class Event(Part):
    what: Literal["started", "paused", "resumed", "hidden", "shown", "ended"]
    at: Moment
    chunk_count: Annotated[StrictInt, Field(ge=0, le=1_000_000)] | None = None


class Position(Part):
    lon: Annotated[Number, Field(ge=-180, le=180)]
    lat: Annotated[Number, Field(ge=-90, le=90)]
    accuracy_m: Annotated[Number, Field(ge=0, le=1e7)] | None = None


class PlaceNamed(Part):
    layer: ShortText
    id: Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]


class Log(Part):
    kind: Literal["visit", "hazard", "help", "facility"]
    text: Annotated[Text, StringConstraints(max_length=1000)] = ""
    happened_at: Moment
    position: Position | None = None
    place: PlaceNamed | None = None


class Attachment(Part):
    id: UUID
    name: Annotated[Text, StringConstraints(max_length=255)] = ""
    sha256: Digest
    bytes: Annotated[StrictInt, Field(ge=1, le=20 * 1024 * 1024)]


class Envelope(Part):
    """`schema` is the version of this shape. `kind` is one of ours, or one that another module declares: that one brings `content`."""

    schema_: Annotated[Literal[1], Field(alias="schema")]
    submission_id: UUID
    kind: Annotated[Text, StringConstraints(max_length=20)]
    device_id: ShortText = ""
    seq: Annotated[StrictInt, Field(ge=0, le=2**63 - 1)] | None = None
    client_time: Moment | None = None
    elapsed_ms: Annotated[StrictInt, Field(ge=0, le=2**53)] | None = None
    tz: ShortText = ""
    app_version: ShortText = ""
    crs: Literal["wgs84", "gcj02"] = "wgs84"
    provider: ShortText = ""
    patrol: PatrolNamed | None = None
    points: Annotated[list[Annotated[list[PointValue], Field(min_length=3, max_length=len(COLUMNS))]], Field(
        min_length=1, max_length=AT_MOST)] | None = None  # fmt: skip
    event: Event | None = None
    log: Log | None = None
    content: dict[str, Any] | None = None
    attachments: Annotated[list[Attachment], Field(max_length=PHOTOS_AT_MOST)] = []


class NotJson(ValueError):
    """The bytes are no JSON object: damaged on their way, or not from a phone at all. Sending them again may help."""


class Unacceptable(ValueError):
    """Never acceptable, however often it is sent. `detail`: [{"field", "message"}], in the reader's language."""

    def __init__(self, detail: list[dict[str, str]]):
        self.detail = detail
        super().__init__("; ".join(f"{one['field']}: {one['message']}" for one in detail))


def refuse(field: str, message: str) -> Unacceptable:
    return Unacceptable([{"field": field, "message": message}])


def read(raw: bytes) -> Envelope:
    """Raises NotJson and Unacceptable."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as fault:
        if b"\\ud" in raw.lower():  # half a surrogate pair: every sending of it would fail alike
            raise refuse("", _("内容里有不完整的字符，请删去后重新填写。")) from fault
        raise NotJson from fault
    if not isinstance(document, dict):
        raise NotJson
    try:
        envelope = Envelope.model_validate(document)
    except ValidationError as faults:
        raise Unacceptable(
            [told_fault(one) for one in faults.errors(include_url=False, include_input=False, include_context=False)][:20]
        ) from None
    _whole(envelope)
    return envelope


def told_fault(fault: dict, *, under: str = "") -> dict[str, str]:
    """A fault of pydantic as it is answered; `under` is the part that was read by itself."""
    words = {
        "extra_forbidden": _("不认识的字段，请去掉。"),
        "missing": _("缺少这一项。"),
        "uuid_parsing": _("应为 UUID。"),
        "string_too_long": _("太长了。"),
        "string_pattern_mismatch": _("含有不能保存的字符，或格式不对。"),
        "too_long": _("数量太多。"),
        "literal_error": _("不在可选范围内。"),
    }
    where = [under, *fault["loc"]] if under else fault["loc"]
    return {"field": ".".join(str(part) for part in where), "message": words.get(fault["type"], _("格式或范围不对。"))}


def _whole(envelope: Envelope) -> None:
    """What one field alone does not show."""
    declared = parts.get(envelope.kind)
    part = "content" if declared else {"patrol": "points", "event": "event", "log": "log"}.get(envelope.kind)
    if part is None:
        raise refuse("kind", _("不在可选范围内。"))
    if getattr(envelope, part) is None:
        raise refuse(part, _("缺少这一项。"))
    for other in {"points", "event", "log", "content"} - {part}:
        if getattr(envelope, other) is not None:
            raise refuse(other, _("这一类提交不带这一项。"))
    if envelope.kind == "event" and envelope.patrol is None:
        raise refuse("patrol", _("缺少这一项。"))
    if envelope.attachments and envelope.kind != "log" and not declared:
        raise refuse("attachments", _("这一类提交不带这一项。"))
    if holds_nul(envelope.content):
        raise refuse("content", _("含有不能保存的字符，或格式不对。"))
    texts = {"device_id": envelope.device_id, "provider": envelope.provider}
    texts |= {"log.text": envelope.log.text} if envelope.log else {}
    texts |= {f"attachments.{number}.name": one.name for number, one in enumerate(envelope.attachments)}
    for field, text in texts.items():
        if found := pii.find(text):
            hint = text[found[0].start : found[0].end]
            raise refuse(field, _("“%(text)s”像是个人号码，不能填写，请删去。") % {"text": hint})


def holds_nul(value: Any) -> bool:
    """Whether any text in it, however deep, holds what a database cannot."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and "\x00" in one:
            return True
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return False
