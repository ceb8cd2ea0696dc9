"""A file in a browser's import: received, looked at, set up, given up, swept. What it would do and does is in geo.importing.jobs."""
import errno
import hashlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath

import numpy as np
import shapely
from django.conf import settings
from django.db import transaction

from geo import jobs, pii
from geo.importing.columns import coordinates
from geo.importing.errors import ImportRefused
from geo.importing.guesses import kept_back_from, likely_layer, mapping_for
from geo.importing.report import shown
from geo.layers import registry
from geo.models import DivisionOutline, ImportDraft, Job, User
from geo.readers import FAULT, GEOMETRY, ReadError, Source, describe
from geo.readers.archives import Member, members_of, unpack_member
from geo.readers.kinds import ENDINGS

INSPECT, CHECK, APPLY = (f"geo.importing.jobs.{name}" for name in ("inspect", "check", "apply_draft"))
SAMPLE_VALUES, SAMPLE_POSITIONS = 3, 300
_SHAPES = {"Point": "point", "MultiPoint": "point", "Polygon": "area", "MultiPolygon": "area"}


def root() -> Path:
    return Path(settings.MEDIA_ROOT, "imports")


def source_path(draft: ImportDraft) -> Path:
    """Under a name of our own; only the ending is the sender's, because it says what the file claims to be."""
    return root() / draft.folder / f"source{PurePosixPath(draft.file_name).suffix.lower()}"


def receive(*, name: str, chunks: Iterable[bytes], by: User, archive_name: str = "") -> ImportDraft:
    """Keep an uploaded file and have it looked at. Raises ImportRefused; then nothing is kept."""
    name = PurePosixPath(name.replace("\\", "/")).name[-255:]
    if pii.find(name):
        raise ImportRefused("personal_name")
    draft = ImportDraft(owner=by, division_id=by.division_id, file_name=name, archive_name=archive_name, folder=uuid.uuid4().hex)
    target = source_path(draft)
    digest, size = hashlib.sha256(), 0
    try:
        target.parent.mkdir(parents=True)
        with target.open("xb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        draft.sha256, draft.size_bytes = digest.hexdigest(), size
        with transaction.atomic():
            draft.save()
            _submit(draft, INSPECT, by=by)
    except OSError as problem:
        _remove(draft)
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ImportRefused("disk_full", name=name) from problem
        raise
    except BaseException:
        _remove(draft)
        raise
    return draft


def _submit(draft: ImportDraft, task: str, *, by: User) -> None:
    draft.job = jobs.submit(task, by=by, draft=draft.pk)
    draft.save(update_fields=["job"])


def inspect(draft: ImportDraft) -> list[ImportDraft]:
    """Read the beginning of the file and note what it seems to be; an archive of several files becomes a draft for each of them.

    What is wrong with the file as a whole becomes the draft's `problem`.
    """
    path = source_path(draft)
    try:
        members = members_of(path) if path.suffix == ".zip" else []
        if members:
            return _unpack(draft, members)
        _look(draft, path)
    except ReadError as error:
        draft.problem, draft.parts = describe(error), error.params.get("parts", draft.parts)
        draft.meta = draft.meta or {"kind": ENDINGS.get(path.suffix, ""), "columns": [], "geometry_columns": []}
    draft.save()
    return [draft]


def _unpack(draft: ImportDraft, members: list[Member]) -> list[ImportDraft]:
    made = []
    with tempfile.TemporaryDirectory(prefix="siwu-read-") as folder:
        for member in members:
            unpacked = unpack_member(source_path(draft), member, Path(folder))
            with unpacked.open("rb") as file:
                chunks = iter(lambda file=file: file.read(1 << 20), b"")
                made.append(receive(name=member.name, chunks=chunks, by=draft.owner, archive_name=draft.file_name))
            unpacked.unlink()
    draft.delete()
    _remove(draft)
    return made


def _look(draft: ImportDraft, path: Path) -> None:
    """A choice of coordinate columns, made by a person now or for the same header before, decides which positions are shown."""
    draft.problem = ""
    _read_beginning(draft, path)
    known = {"columns": draft.meta["columns"], "geometry_columns": draft.meta["geometry_columns"], "samples": draft.samples}
    draft.layer = draft.layer or likely_layer(**known, shape=draft.shape, file_name=draft.file_name)
    if not draft.mapping.keys() >= set(draft.meta["columns"]):
        draft.mapping, _remembered = mapping_for(draft, registry[draft.layer])
    if coordinates(draft.mapping) not in (None, draft.meta["geometry_columns"]):
        _read_beginning(draft, path)


def _read_beginning(draft: ImportDraft, path: Path) -> None:
    chosen = coordinates(draft.mapping)
    with Source(path, layer=draft.part or None, encoding=draft.encoding or None, coordinates=chosen) as source:
        batch = next(iter(source), None)
        draft.meta = source.meta.as_dict()
        draft.parts, draft.part = source.meta.parts or draft.parts, draft.part or source.meta.layer
        draft.samples = {name: _samples(batch, name) for name in source.meta.columns} if batch is not None else {}
        draft.shape, draft.positions = _places(batch) if batch is not None else ("", [])


def _samples(batch, name: str) -> list[str]:
    """The first values, in one line, cut, and no number of a person in them."""
    found = []
    for value in batch.column(name)[:200]:
        text = shown(value.as_py())
        if text and text not in found:
            found.append(text)
        if len(found) == SAMPLE_VALUES:
            break
    return found


def _places(batch) -> tuple[str, list[list[float]]]:
    """(shape of the first geometry, [x, y] of rows spread evenly over the batch: a point itself, of others the middle of the box)."""
    good = np.flatnonzero(batch.column(FAULT).to_numpy() == 0)
    chosen = good[np.linspace(0, len(good) - 1, min(len(good), SAMPLE_POSITIONS)).astype(int)] if len(good) else good
    wkb = [batch.column(GEOMETRY)[int(row)].as_py() for row in chosen]
    geometries = shapely.from_wkb(np.array(wkb, dtype=object), on_invalid="ignore")
    geometries = geometries[~shapely.is_missing(geometries) & ~shapely.is_empty(geometries)] if len(wkb) else geometries
    if not len(geometries):
        return "", []
    west, south, east, north = shapely.bounds(geometries).T
    middle = np.column_stack([(west + east) / 2, (south + north) / 2])
    return _SHAPES.get(geometries[0].geom_type, "line"), middle[np.isfinite(middle).all(axis=1)].tolist()


def territory(draft: ImportDraft, *, on: date) -> shapely.Geometry | None:
    """The outline of the owner's division, to judge sample positions by."""
    outlines = DivisionOutline.objects.in_force(on)
    for chosen in (outlines.filter(division_id=draft.division_id), outlines.in_division(draft.division_id)):
        if found := chosen.outline():
            return shapely.from_wkb(bytes(found.wkb))
    return None


def configure(draft: ImportDraft, *, layer: str, part: str, encoding: str, by: User) -> bool:
    """Another layer, part or encoding. True where the file is read anew for it. Raises ImportRefused."""
    _refuse_closed(draft)
    if layer not in {one.name for one in registry if one.importable}:
        raise ImportRefused("unknown_layer", name=layer, names="、".join(one.name for one in registry if one.importable))
    again = (part, encoding) != (draft.part, draft.encoding) or bool(draft.problem)
    if layer != draft.layer:
        draft.mapping = {}
    draft.layer, draft.part, draft.encoding, draft.state, draft.checked_at = layer, part, encoding, ImportDraft.State.UPLOADED, None
    if draft.meta.get("columns") and not draft.mapping:
        draft.mapping, _remembered = mapping_for(draft, registry[layer])
    if again:
        draft.mapping = {}
    with transaction.atomic():
        draft.save()
        if again:
            _submit(draft, INSPECT, by=by)
    return again


def submit_preview(draft: ImportDraft, *, mapping: dict[str, str], by: User) -> None:
    """Read the beginning anew with these coordinate columns, so that the readings can be compared. Raises ImportRefused."""
    _refuse_closed(draft)
    draft.mapping, draft.state, draft.checked_at = mapping, ImportDraft.State.UPLOADED, None
    _refuse_bad_mapping(draft)
    with transaction.atomic():
        draft.save()
        _submit(draft, INSPECT, by=by)


def submit_check(draft: ImportDraft, *, mapping: dict[str, str], datum: str, by: User) -> None:
    """Try the import out with these columns and this system. Raises ImportRefused for what can be seen at once."""
    _refuse_closed(draft)
    draft.mapping = mapping
    draft.state, draft.checked_at = ImportDraft.State.UPLOADED, None
    if not datum:
        draft.save()
        raise ImportRefused("choose_datum")
    draft.datum = datum[:20]
    _refuse_bad_mapping(draft)
    with transaction.atomic():
        draft.save()
        _submit(draft, CHECK, by=by)


def _refuse_bad_mapping(draft: ImportDraft) -> None:
    """One role for one column, so that the person hears of it before the file is read."""
    draft.save()
    roles = [role for role in draft.mapping.values() if role.startswith("#")]
    if len(roles) != len(set(roles)) or ("#wkt" in roles and len(roles) > 1) or ("#x" in roles) != ("#y" in roles):
        raise ImportRefused("coordinate_roles")
    if draft.layer and (kept_back := kept_back_from(draft.owner, registry[draft.layer]).intersection(draft.mapping.values())):
        named = "、".join(str(registry[draft.layer].model._meta.get_field(name).verbose_name) for name in sorted(kept_back))
        raise ImportRefused("decided_fields", names=named)


def submit_apply(draft: ImportDraft, *, by: User) -> None:
    _refuse_closed(draft)
    if draft.state != ImportDraft.State.CHECKED:
        raise ImportRefused("not_checked")
    with transaction.atomic():
        _submit(draft, APPLY, by=by)


def _refuse_closed(draft: ImportDraft) -> None:
    if not draft.is_open:
        raise ImportRefused("draft_closed", name=draft.file_name, state=draft.get_state_display())
    if draft.is_busy:
        raise ImportRefused("draft_busy", name=draft.file_name)


def discard(draft: ImportDraft, *, now: datetime) -> None:
    _refuse_closed(draft)
    open_ones = ImportDraft.objects.everywhere("the draft was fetched through the caller's rights").open()
    if open_ones.filter(pk=draft.pk).update(state=ImportDraft.State.DISCARDED, ended_at=now):
        _remove(draft)


def _remove(draft: ImportDraft) -> None:
    shutil.rmtree(root() / draft.folder, ignore_errors=True)


def sweep(*, now: datetime) -> int:
    """Give up drafts that nobody went on with, and remove every file that no open draft needs; gives how many folders went.

    A worker that was killed leaves a folder of the reader behind; none is in use longer than a reader may run.
    """
    everyone = ImportDraft.objects.everywhere("sweeping serves the whole system")
    last = now - timedelta(days=settings.IMPORT_DRAFT_DAYS)
    busy = Job.objects.filter(state__in=(Job.State.WAITING, Job.State.RUNNING))
    stale = everyone.open().filter(uploaded_at__lt=last).exclude(job__in=busy)
    stale.update(state=ImportDraft.State.DISCARDED, ended_at=now)
    # A report stays readable as long as a draft does; the file itself goes as soon as it is in a layer.
    kept = set(everyone.filter(uploaded_at__gte=last).exclude(state=ImportDraft.State.DISCARDED).values_list("folder", flat=True))
    kept |= set(everyone.filter(job__in=busy).values_list("folder", flat=True))
    hour_ago = (now - timedelta(hours=1)).timestamp()
    left = [path for path in root().glob("*") if path.name not in kept and path.stat().st_mtime < hour_ago]
    left += [path for path in Path(tempfile.gettempdir()).glob("siwu-read-*") if _ours(path, hour_ago)]
    for path in left:
        shutil.rmtree(path, ignore_errors=True)
    return len(left)


def _ours(path: Path, before: float) -> bool:
    try:
        found = path.stat()
    except OSError:  # its owner removed it meanwhile
        return False
    return found.st_mtime < before and found.st_uid == os.getuid()
