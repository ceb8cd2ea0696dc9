"""The process that parses. It gets one file, writes Arrow to standard output and a verdict to the pipe it is given.

Run by geo.sandbox as `geo.readers.child NETWORK STATUS_FD`, with the request as JSON on standard input.
"""
import json
import os
import signal
import sys
from pathlib import Path

import pyarrow as pa

from geo.readers import geojson, markup, sheets, text, vector
from geo.readers.errors import ReadError
from geo.sandbox import only_drivers

# All that GDAL can open while a file of this kind is read.
DRIVERS = {"gpkg": "GPKG", "shapefile": "ESRI Shapefile", "flatgeobuf": "FlatGeobuf", "kml": "LIBKML", "kmz": "LIBKML", "gml": "GML"}
READERS = {
    "geojson": geojson.read,
    "gpkg": vector.read_gpkg,
    "shapefile": vector.read_shapefile,
    "flatgeobuf": vector.read_flatgeobuf,
    "kml": markup.read_kml,
    "kmz": markup.read_kmz,
    "gml": markup.read_gml,
    "csv": text.read,
    "xlsx": sheets.read,
}


def _verdict(request: dict, network: str) -> dict:
    options = {name: request[name] for name in ("layer", "encoding", "coordinates")} | {"folder": Path(request["folder"])}
    try:
        stream = READERS[request["kind"]](Path(request["path"]), **options)
        stream.meta.network = network
        schema = stream.schema.with_metadata({"meta": json.dumps(stream.meta.as_dict())})
        with os.fdopen(1, "wb", buffering=0, closefd=False) as pipe, pa.ipc.new_stream(pipe, schema) as writer:
            for batch in stream.batches:
                writer.write_batch(batch.replace_schema_metadata(schema.metadata))
        return {"warnings": stream.meta.warnings}
    except ReadError as error:
        return {"code": error.code, "params": error.params}
    except (MemoryError, pa.ArrowMemoryError):
        return {"code": "too_much_memory", "params": {}}
    except RecursionError:
        return {"code": "too_deep", "params": {}}
    except BrokenPipeError:
        return {"code": "stopped", "params": {"how": "pipe"}}
    except Exception as error:  # whatever a parser throws at a file is the file's fault, never ours to show
        return {"code": "stopped", "params": {"how": type(error).__name__}}


def main() -> None:
    network, status = sys.argv[1], int(sys.argv[2])
    request = json.load(sys.stdin)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    only_drivers({DRIVERS[request["kind"]]} if request["kind"] in DRIVERS else set())
    answer = _verdict(request, network)
    os.write(status, json.dumps(answer).encode())
    # Destructors of half-read sources are of no use to anybody.
    os._exit(0)


if __name__ == "__main__":
    main()
