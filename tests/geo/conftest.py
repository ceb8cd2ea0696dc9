import socket
import threading

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


@pytest.fixture(scope="module")
def listener():
    """A door on the address that the samples name; it counts who knocks."""
    knocks, server = [], socket.create_server(("127.0.0.1", 18999), reuse_port=True)

    def listen():
        while True:
            try:
                connection, address = server.accept()
            except OSError:
                return
            knocks.append(address)
            connection.close()

    threading.Thread(target=listen, daemon=True).start()
    yield knocks
    server.close()


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
