"""A file of unknown origin as a stream of Arrow record batches, parsed in a child process that can do nothing else."""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from geo.readers.batches import FAULT, GEOMETRY, LINE, Meta
from geo.readers.errors import ReadError, describe, describe_warning
from geo.readers.kinds import kind_of
from geo.sandbox import Limits, clean_environment

__all__ = ["FAULT", "GEOMETRY", "LINE", "Limits", "Meta", "ReadError", "Source", "describe", "describe_warning"]

_ROOT = Path(__file__).resolve().parents[2]


class Source:
    """`with Source(path) as source: source.meta; for batch in source: …`

    Batches hold `GEOMETRY` (WKB, in the file's own coordinates), `LINE` (the number a person finds the row by), `FAULT`
    (see geo.faults) and the file's columns. `layer` names a layer or sheet, `encoding` overrides what the file says, `coordinates`
    names the columns of a table that hold them.
    Raises ReadError on opening, or while iterating when the trouble lies further down; nothing read before it may be used.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        layer: str | None = None,
        encoding: str | None = None,
        coordinates: list[str] | None = None,
        limits: Limits | None = None,
    ):
        self.path, self.layer, self.encoding, self.limits = Path(path), layer, encoding, limits or Limits()
        self.coordinates = coordinates
        self.kind = kind_of(self.path)
        self.meta = Meta(self.kind)

    def __enter__(self) -> "Source":
        self._folder = tempfile.TemporaryDirectory(prefix="siwu-read-")
        try:
            self._start()
            self._reader = self._open_stream()
        except BaseException:
            self.close()
            raise
        self.meta = Meta(**json.loads(self._reader.schema.metadata[b"meta"]))
        return self

    def __exit__(self, *_problem) -> None:
        self.close()

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        try:
            yield from self._reader
        except (pa.ArrowInvalid, OSError):
            pass  # the verdict says why the stream was cut
        for code, params in self._verdict()["warnings"]:
            self.meta.warn(code, **params)

    def close(self) -> None:
        if process := getattr(self, "_process", None):
            self._timer.cancel()
            if process.poll() is None:
                process.kill()
            process.wait()
            process.stdout.close()
            if self._status is not None:
                os.close(self._status)
                self._status = None
        self._folder.cleanup()

    def _start(self) -> None:
        self._status, theirs = os.pipe()
        self._timed_out = False
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-s", "-m", "geo.sandbox", "geo.readers.child", json.dumps(asdict(self.limits)), str(theirs)],
                cwd=_ROOT,
                env=clean_environment(_ROOT),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs,),
                start_new_session=True,
            )
        finally:
            os.close(theirs)
        self._timer = threading.Timer(self.limits.wall_seconds, self._time_out)
        self._timer.daemon = True
        self._timer.start()
        request = {
            "path": str(self.path.resolve()),
            "kind": self.kind,
            "layer": self.layer,
            "encoding": self.encoding,
            "coordinates": self.coordinates,
            "folder": self._folder.name,
        }
        try:
            self._process.stdin.write(json.dumps(request).encode())
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # it died at once; the verdict tells

    def _time_out(self) -> None:
        self._timed_out = True
        self._process.kill()

    def _open_stream(self) -> pa.ipc.RecordBatchStreamReader:
        try:
            return pa.ipc.open_stream(self._process.stdout)
        except (pa.ArrowInvalid, OSError):
            self._verdict()
            raise ReadError("stopped", how="stream") from None

    def _verdict(self) -> dict:
        """What the child said at its end; ReadError unless it finished."""
        said = b""
        while chunk := os.read(self._status, 65536):
            said += chunk
        code = self._process.wait()
        if said:
            verdict = json.loads(said)
            if "code" in verdict:
                raise ReadError(verdict["code"], **verdict["params"])
            return verdict
        if self._timed_out or code == -signal.SIGXCPU:
            seconds = self.limits.wall_seconds if self._timed_out else self.limits.cpu_seconds
            raise ReadError("too_slow", seconds=seconds)
        if code == -signal.SIGKILL:
            # A hard CPU limit kills without a word; so does the kernel when memory runs out.
            raise ReadError("too_slow", seconds=self.limits.cpu_seconds)
        if code == -signal.SIGABRT:
            raise ReadError("too_much_memory")
        raise ReadError("stopped", how=str(code))
