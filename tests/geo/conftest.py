import contextlib
import fcntl
import socket
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import shapely

from geo.faults import Fault
from geo.readers import FAULT, GEOMETRY, ReadError, Source, describe
from geo.readers.child import READERS
from geo.readers.kinds import kind_of


@pytest.fixture
def write(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


class Knocks:
    """How often somebody knocked, at whichever process of this run the kernel gave it to."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.file.touch()

    def add(self) -> None:
        with self.file.open("a", encoding="utf-8") as lines:
            lines.write("knock\n")

    @property
    def count(self) -> int:
        return self.file.read_text(encoding="utf-8").count("knock")


@contextlib.contextmanager
def door(port: int, file: Path):
    knocks, server = Knocks(file), socket.create_server(("127.0.0.1", port), reuse_port=True)

    def listen():
        while True:
            try:
                connection, _address = server.accept()
            except OSError:
                return
            knocks.add()
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    yield knocks
    server.close()


@pytest.fixture(scope="module")
def listener(common_folder):
    """A door on the address that the samples name; it counts who knocks."""
    with door(18999, common_folder / "knocks") as knocks:
        yield knocks


@pytest.fixture(scope="session")
def canary():
    """The file that the samples try to read, for as long as any process of the tests needs it."""
    file = Path("/var/tmp/siwu-canary/secret.txt")
    file.parent.mkdir(exist_ok=True)
    with (file.parent / "in-use").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        file.write_text("CANARY-7f3a the text that must appear nowhere", encoding="utf-8")
        yield file
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.unlink()


class Reading:
    """`read` goes through the child process, `parse` through the same reader in this one, which is quicker."""

    @staticmethod
    def read(path, **options):
        with Source(path, **options) as source:
            table = pa.Table.from_batches(list(source))
        return source.meta, table

    @staticmethod
    def parse(path, **options):
        stream = READERS[kind_of(path)](path, **options)
        return stream.meta, pa.Table.from_batches(list(stream.batches), schema=stream.schema)

    @staticmethod
    def refusal(path, how=None, **options):
        with pytest.raises(ReadError) as refused:
            (how or Reading.read)(path, **options)
        sentence = describe(refused.value)
        assert sentence and "%(" not in sentence
        return refused.value

    @staticmethod
    def faults(table):
        return [Fault(code).name for code in table[FAULT].to_pylist()]

    @staticmethod
    def points(table):
        found = shapely.from_wkb(np.array(table[GEOMETRY].to_pylist(), dtype=object))
        return [None if one is None else (one.x, one.y) for one in found]


@pytest.fixture
def reading():
    return Reading
