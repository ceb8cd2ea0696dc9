"""What a parser may not do: reach a network, outlive its time, outgrow its memory, open anything but the formats we read.

`python -m geo.sandbox MODULE LIMITS [arguments]` confines itself and then runs the module, which is told as its first argument
how the network was taken away. In this order, because a process may leave for namespaces of its own only while it has one
thread, and importing pyarrow starts a second one.
"""
import ctypes
import importlib.util
import json
import os
import resource
import runpy
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_PARENT_DEATH_SIGNAL = 1

ENVIRONMENT = {
    "CPL_CURL_ENABLE_VSIMEM": "NO",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{noext}",
    "CPL_VSIL_USE_TEMP_FILE_FOR_RANDOM_WRITE": "NO",
    "GDAL_DISABLE_READDIR_ON_OPEN": "YES",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_PROXY": "127.0.0.1:9",
    "GDAL_HTTP_TIMEOUT": "1",
    "GDAL_PAM_ENABLED": "NO",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "PROJ_NETWORK": "OFF",
    # One thread each: a pool of workers reserves gigabytes of addresses and wins nothing here.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "GDAL_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "PYTHONUTF8": "1",
}


@dataclass(frozen=True)
class Limits:
    cpu_seconds: int = 300
    wall_seconds: int = 900
    address_space_bytes: int = 2 << 30
    written_file_bytes: int = 200 << 20
    open_files: int = 64


def confine(limits: Limits) -> str:
    """Confine this process for good. Returns how the network was taken away: "namespace" or "python"."""
    how = _without_network()
    # After leaving for the namespace, which would forget it: a reader does not outlive the process that asked for it.
    ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    for what, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_AS, limits.address_space_bytes),
        (resource.RLIMIT_FSIZE, limits.written_file_bytes),
        (resource.RLIMIT_NOFILE, limits.open_files),
    ):
        resource.setrlimit(what, (value, value))
    return how


def _without_network() -> str:
    """A network namespace of its own has no interface at all. Where the kernel forbids it, Python's sockets are closed off
    and GDAL keeps only its settings and the one driver of the file's kind, which opens no connection."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NET) == 0 or libc.unshare(_NEW_USER | _NEW_NET) == 0:
        return "namespace"

    def refuse(*_arguments, **_named):
        raise PermissionError("no network here")

    socket.socket = socket.create_connection = socket.getaddrinfo = refuse
    return "python"


def only_drivers(allowed: set[str]) -> None:
    """Take every other driver out of GDAL: a list of what is allowed, so that a new GDAL brings nothing in."""
    found = importlib.util.find_spec("pyogrio")
    (library,) = (Path(found.origin).parent.parent / "pyogrio.libs").glob("libgdal-*.so*")
    gdal = ctypes.CDLL(str(library))
    gdal.GDALGetDriver.restype = gdal.GDALGetDriverByName.restype = ctypes.c_void_p
    gdal.GDALGetDriverShortName.argtypes = gdal.GDALDeregisterDriver.argtypes = [ctypes.c_void_p]
    gdal.GDALGetDriverShortName.restype = ctypes.c_char_p
    for number in reversed(range(gdal.GDALGetDriverCount())):
        driver = gdal.GDALGetDriver(number)
        if gdal.GDALGetDriverShortName(driver).decode() not in allowed:
            gdal.GDALDeregisterDriver(driver)
    left = {gdal.GDALGetDriverShortName(gdal.GDALGetDriver(number)).decode() for number in range(gdal.GDALGetDriverCount())}
    if left != allowed:
        raise RuntimeError(f"GDAL still opens {sorted(left)}")


def clean_environment(root: Path) -> dict[str, str]:
    """For the child: no proxy, no password, no database address; only what Python and the parsers need."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return {**kept, **ENVIRONMENT, "PYTHONPATH": str(root)}


class _WithoutPandas:
    """pyogrio loads pandas wherever it is installed, which no reader uses: a third of the time that a child takes to start."""

    @staticmethod
    def find_spec(name: str, _path=None, _target=None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError("not in here", name=name)


if __name__ == "__main__":
    _python, module, limits, *arguments = sys.argv
    sys.meta_path.insert(0, _WithoutPandas)
    sys.argv = [module, confine(Limits(**json.loads(limits))), *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
