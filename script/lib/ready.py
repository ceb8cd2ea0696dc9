"""Waits until the page answers: ready.py URL BEGAN RUNNER.

BEGAN is the epoch second at which everything started, RUNNER the process that is ended when the page does not answer.
"""
import os
import signal
import sys
import time
import urllib.error
import urllib.request


def status(url: str) -> int | None:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def wait(url: str, runner: int, *, limit_s: float) -> int | None:
    """The first answer's status; None when there was none in time; 0 when the runner ended."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if not os.path.exists(f"/proc/{runner}"):
            return 0
        found = status(url)
        if found is not None:
            return found
        time.sleep(0.1)
    return None


def main(url: str, began: str, runner: str) -> int:
    found = wait(url, int(runner), limit_s=120)
    if found == 200:
        print(f"\n就绪 ready in {time.time() - float(began):.1f} s: {url}  (Ctrl-C 结束 ends it)\n", flush=True)
        return 0
    if found is None:
        print(f"错误：{url} 两分钟没有应答。 Error: {url} did not answer within two minutes.", flush=True)
    elif found:
        print(f"错误：{url} 返回 {found}。 Error: {url} answers {found}.", flush=True)
    if found != 0:
        os.kill(int(runner), signal.SIGTERM)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
