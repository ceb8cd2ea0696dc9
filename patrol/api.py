"""`/api/field/v1`: the door for phones (docs/field-api.md). Wiring only: what an answer means is decided in intake and photos."""

import base64
import hashlib
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema, Status
from ninja.security import HttpBearer
from pydantic import Field

from patrol import devices, duty, envelope, intake, photos
from patrol.devices import DeviceRefused
from patrol.envelope import NotJson, Unacceptable
from patrol.models import Photo, Submission


class DeviceToken(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str):
        return devices.holder(token, now=timezone.now())


api = NinjaAPI(
    title="Siwu field API", version="1", urls_namespace="field", auth=DeviceToken(), docs_url=None, openapi_url="openapi.json",
    description="Doors for phones. A device hands in; it reads nothing back but receipts and its own coming duty.",
)  # fmt: skip


class Refusal(Schema):
    detail: str | list[dict[str, str]]


class ConflictTold(Schema):
    detail: str
    stored_sha256: str


class ReceiptTold(Schema):
    receipt_no: int
    submission_id: UUID
    content_sha256: str
    received_at: datetime
    missing_attachments: list[UUID]
    flags: list[str]
    points: dict[str, int] | None


class ReceiptsAsked(Schema):
    ids: list[UUID] = Field(max_length=500)


class ReceiptsTold(Schema):
    receipts: list[ReceiptTold]


class SignIn(Schema):
    code: str = Field(min_length=1, max_length=100)
    name: str = Field("", max_length=60)


class SignedIn(Schema):
    device_id: int
    token: str
    username: str
    unit: str
    server_time: datetime


# What every door may answer besides: a token that is none, a body that is no JSON or the wrong one, a database or a disk that is away.
REFUSALS = {400: Refusal, 401: Refusal, 422: Refusal, 503: Refusal, 507: Refusal}


def told(receipt: intake.Receipt) -> dict:
    return {
        "receipt_no": receipt.receipt_no, "submission_id": receipt.submission_id, "content_sha256": receipt.content_sha256,
        "received_at": receipt.received_at, "missing_attachments": receipt.missing_attachments, "flags": receipt.flags,
        "points": receipt.points,
    }  # fmt: skip


@api.post(
    "devices", auth=None, response={201: SignedIn, 404: Refusal, **REFUSALS}, summary="Sign a device in, once, by an invitation's code"
)
def sign_in(request: HttpRequest, given: SignIn):
    now = timezone.now()
    try:
        found = devices.sign_in(code=given.code, name=given.name, now=now)
    except DeviceRefused as refused:
        return Status(422, {"detail": [{"field": "name", "message": str(refused)}]})
    if found is None:
        return Status(404, {"detail": _("二维码无效、已用过或已过期，请重新生成。")})
    device, token = found
    user = device.user
    made = {"device_id": device.pk, "token": token, "username": user.username, "unit": user.division.name, "server_time": now}
    return Status(201, made)


@api.post("duty", response={200: dict, **REFUSALS}, summary="The holder's own coming duty")
def own_duty(request: HttpRequest):
    return duty.of(request.auth.user, now=timezone.now())


@api.post(
    "submissions",
    response={201: ReceiptTold, 200: ReceiptTold, 409: ConflictTold, 413: Refusal, **REFUSALS},
    summary="Hand in one submission",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": envelope.Envelope.model_json_schema(ref_template="#/components/schemas/{model}")}},
        }
    },
)
def submissions(request: HttpRequest):
    if declared_bytes(request) > envelope.BYTES_AT_MOST:
        return Status(413, {"detail": _("一次最多 256 KiB，请分段发送。")})
    raw, now = request.body, timezone.now()
    if not digest_fits(request, raw):
        return Status(400, {"detail": _("内容在传送中损坏，请再发一次。")})
    try:
        receipt = intake.receive(device=request.auth, raw=raw, now=now, clock_ms=clock_ms(request))
    except NotJson:
        return Status(400, {"detail": _("不是 JSON。")})
    except intake.Conflict as conflict:
        return Status(409, {"detail": _("这个提交编号已有不同内容。"), "stored_sha256": conflict.stored_sha256})
    return Status(201 if receipt.is_new else 200, told(receipt))


def declared_bytes(request: HttpRequest) -> int:
    """How long the body says it is; what is no number is left to the reading of it."""
    declared = request.headers.get("Content-Length", "")
    return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 19 else 0


def digest_fits(request: HttpRequest, raw: bytes) -> bool:
    """RFC 9530, where the phone sends it."""
    header = request.headers.get("Content-Digest", "")
    return not header or f"sha-256=:{base64.b64encode(hashlib.sha256(raw).digest()).decode()}:" in header


def clock_ms(request: HttpRequest) -> int | None:
    """`Client-Time`: what the phone's clock showed (ms) when it sent this; not when it noted what is in it."""
    shown = request.headers.get("Client-Time", "")
    return int(shown) if shown.isascii() and shown.isdigit() and len(shown) <= 15 else None


@api.post("receipts", response={200: ReceiptsTold, **REFUSALS}, summary="Receipts of what this device has handed in before")
def receipts(request: HttpRequest, asked: ReceiptsAsked):
    known = Submission.objects.select_related("device").filter(device__user=request.auth.user_id, submission_id__in=asked.ids)
    return {"receipts": [told(intake.receipt_of(one)) for one in known]}


@api.post("uploads", response={201: None, 200: None, **REFUSALS}, summary="Begin a photo (tus creation)")
def begin_photo(request: HttpRequest):
    length = request.headers.get("Upload-Length", "")
    photo, is_new = photos.begin(
        photos.read_metadata(request.headers.get("Upload-Metadata", ""), length), device=request.auth, now=timezone.now()
    )
    return _at(photo, 201 if is_new else 200)


@api.api_operation(
    ["HEAD"], "uploads/{uuid:pk}", response={200: None, 404: None, **REFUSALS}, summary="How much of a photo is here"
)
def photo_offset(request: HttpRequest, pk: UUID):
    photo = Photo.objects.filter(pk=pk, device__user=request.auth.user_id).first()
    return HttpResponse(status=404) if photo is None else _at(photo, 200)


@api.patch(
    "uploads/{uuid:pk}", summary="A piece of a photo (tus)",
    response={204: None, 404: None, 409: None, 413: None, 460: None, **REFUSALS, 400: None},
)  # fmt: skip
def photo_piece(request: HttpRequest, pk: UUID):
    if declared_bytes(request) > photos.PIECE_AT_MOST:
        return HttpResponse(status=413)
    kind, _space, value = request.headers.get("Upload-Checksum", "").partition(" ")
    offset = request.headers.get("Upload-Offset", "")
    try:
        checksum = base64.b64decode(value, validate=True) if kind == "sha256" else None
        photo = photos.add(pk, request.body, offset=int(offset), checksum=checksum, device=request.auth, now=timezone.now())
    except photos.WrongOffset as wrong:
        return HttpResponse(status=409, headers={"Upload-Offset": str(wrong.offset)})
    except photos.WrongChecksum:
        return HttpResponse(status=460)
    except Photo.DoesNotExist:
        return HttpResponse(status=404)
    except ValueError as wrong:
        if isinstance(wrong, Unacceptable):
            raise
        return HttpResponse(status=400)
    return _at(photo, 204)


def _at(photo: Photo, status: int) -> HttpResponse:
    headers = {
        "Upload-Offset": str(photo.offset),
        "Upload-Length": str(photo.byte_count),
        "Tus-Resumable": "1.0.0",
        "Cache-Control": "no-store",
    }
    if status == 201:
        headers["Location"] = f"/api/field/v1/uploads/{photo.pk}"
    return HttpResponse(status=status, headers=headers)


def nothing_to_read(request: HttpRequest):
    """A device's token writes. Whoever found the phone reads nothing with it (promise 23)."""
    return api.create_response(request, {"detail": _("终端令牌只能提交，不能读取。")}, status=403)


def no_photo_to_read(request: HttpRequest, pk: UUID):
    return nothing_to_read(request)


for number, path in enumerate(("devices", "duty", "submissions", "receipts", "uploads")):
    api.api_operation(["GET", "PUT", "PATCH", "DELETE"], path, include_in_schema=False, operation_id=f"no_{number}")(nothing_to_read)
api.api_operation(["GET", "PUT", "POST", "DELETE"], "uploads/{uuid:pk}", include_in_schema=False, operation_id="no_photo")(no_photo_to_read)


@api.exception_handler(Unacceptable)
def refused(request: HttpRequest, fault: Unacceptable) -> HttpResponse:
    return api.create_response(request, {"detail": fault.detail}, status=422)
