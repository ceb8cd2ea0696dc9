"""Waits until the page answers: ready.py URL BEGAN, where BEGAN is the epoch second at which everything started."""
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


def main(url: str, began: str) -> int:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        found = status(url)
        if found == 200:
            print(f"\n就绪 ready in {time.time() - float(began):.1f} s: {url}  (Ctrl-C 结束 ends it)\n", flush=True)
            return 0
        if found is not None:
            print(f"错误：{url} 返回 {found}。 Error: {url} answers {found}.", flush=True)
            return 1
        time.sleep(0.1)
    print(f"错误：{url} 两分钟没有应答。 Error: {url} did not answer within two minutes.", flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
