"""Archives: what may be in one, a zipped Shapefile's parts under names of our own, and an archive that holds several files."""
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from geo.readers.errors import ReadError
from geo.readers.kinds import ENDINGS, kind_of

MEMBERS = 100
INFLATED_BYTES = 200 * 1024 * 1024
REQUIRED, WANTED = (".shp", ".shx", ".dbf"), (".prj", ".cpg")
_CHUNK = 1 << 20


def check_sizes(archive: zipfile.ZipFile) -> None:
    """By the archive's own table; `inflate` counts again, since the table can lie."""
    members = archive.infolist()
    if len(members) > MEMBERS:
        raise ReadError("zip_many", count=len(members), limit=MEMBERS)
    if sum(member.file_size for member in members) > INFLATED_BYTES:
        raise ReadError("zip_big", limit_mb=INFLATED_BYTES >> 20)


def check_names(archive: zipfile.ZipFile) -> None:
    for member in archive.infolist():
        name = member.filename.replace("\\", "/")
        drive = len(name) > 1 and name[1] == ":"
        if name.startswith("/") or drive or ".." in PurePosixPath(name).parts or stat.S_ISLNK(member.external_attr >> 16):
            raise ReadError("zip_names", name=member.filename[:80])
        if member.flag_bits & 1:
            raise ReadError("zip_encrypted")


def _stems(archive: zipfile.ZipFile) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """Members by path without ending, then by ending; what is not a part of a Shapefile is never unpacked."""
    stems: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        path = PurePosixPath(own_name(member))
        if not member.is_dir() and "__MACOSX" not in path.parts:
            stems.setdefault(str(path.with_suffix("")), {})[path.suffix.lower()] = member
    return stems


def own_name(member: zipfile.ZipInfo) -> str:
    """Windows packs Chinese names in its own code page; the archive then lacks the UTF-8 flag and Python reads cp437."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def unpack_shapefile(path: Path, folder: Path, wanted: str | None) -> tuple[str, Path]:
    """The layer's name and the path of its .shp in `folder`. `wanted` chooses among several."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_sizes(archive)
            check_names(archive)
            stem, parts = _choose(_stems(archive), wanted)
            missing = [ending for ending in (*REQUIRED, ".prj") if ending not in parts]
            if any(ending in REQUIRED for ending in missing):
                raise ReadError("zip_parts", missing=" ".join(missing))
            left = INFLATED_BYTES
            for ending in (*REQUIRED, *WANTED):
                if ending in parts:
                    left -= inflate(archive, parts[ending], folder / f"layer{ending}", left)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error):
        raise ReadError("broken", kind="ZIP") from None
    return PurePosixPath(stem).name, folder / "layer.shp"


def _choose(stems: dict[str, dict], wanted: str | None) -> tuple[str, dict]:
    shapes = {stem: parts for stem, parts in stems.items() if ".shp" in parts}
    if not shapes:
        partial = next((parts for parts in stems.values() if ".dbf" in parts or ".shx" in parts), {})
        raise ReadError("zip_parts", missing=" ".join(ending for ending in (*REQUIRED, ".prj") if ending not in partial))
    names = {PurePosixPath(stem).name: stem for stem in shapes}
    if wanted is not None:
        if wanted not in names:
            raise ReadError("unknown_layer", name=wanted[:80], names="、".join(sorted(names)))
        return names[wanted], shapes[names[wanted]]
    if len(shapes) > 1:
        raise ReadError("which_layer", names="、".join(sorted(names)), parts=sorted(names))
    return next(iter(shapes.items()))


def inflate(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, limit: int = INFLATED_BYTES) -> int:
    written = 0
    with archive.open(member) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            written += len(chunk)
            if written > limit:
                raise ReadError("zip_big", limit_mb=INFLATED_BYTES >> 20)
            file.write(chunk)
    return written


@dataclass(frozen=True)
class Member:
    """One file of an archive that holds several: its name, and the entries it is made of (a Shapefile has several)."""

    name: str
    entries: tuple[str, ...]

    @property
    def is_shapefile(self) -> bool:
        return self.name.endswith(".zip")


def members_of(path: Path) -> list[Member]:
    """The importable files of an archive; nothing where the archive is one file itself: a Shapefile, a workbook, a KMZ."""
    if kind_of(path) != "shapefile":
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            check_sizes(archive)
            check_names(archive)
            found = list(_members(_stems(archive)))
    except (zipfile.BadZipFile, NotImplementedError):
        raise ReadError("broken", kind="ZIP") from None
    return [] if len(found) == 1 and found[0].is_shapefile else found


def _members(stems: dict[str, dict[str, zipfile.ZipInfo]]) -> Iterator[Member]:
    for stem, parts in sorted(stems.items()):
        name = PurePosixPath(stem).name
        if ".shp" in parts:
            yield Member(f"{name}.zip", tuple(parts[ending].filename for ending in (*REQUIRED, *WANTED) if ending in parts))
        for ending, member in parts.items():
            if ending in ENDINGS and ending != ".zip":
                yield Member(name + ending, (member.filename,))


def unpack_member(path: Path, member: Member, folder: Path) -> Path:
    """The member as a file in `folder`: its bytes, or a Shapefile's parts in an archive of their own."""
    try:
        with zipfile.ZipFile(path) as archive:
            if not member.is_shapefile:
                target = folder / f"member{PurePosixPath(member.name).suffix}"
                inflate(archive, archive.getinfo(member.entries[0]), target)
                return target
            target = folder / "member.zip"
            with zipfile.ZipFile(target, "w") as made:
                for entry in member.entries:
                    part = folder / "part"
                    inflate(archive, archive.getinfo(entry), part)
                    made.write(part, f"layer{PurePosixPath(entry).suffix.lower()}")
                    part.unlink()
            return target
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error):
        raise ReadError("broken", kind="ZIP") from None
