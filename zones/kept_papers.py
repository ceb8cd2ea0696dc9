"""Files of a paper in a folder of its own under the digest of what they show: written whole or not at all, older ones taken away."""
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import mkdtemp


def write_whole(target: Path, make: Callable[[Path], dict[str, bytes]], *, needed: Iterable[str], older: str) -> Path:
    """`make` gets a fresh folder and gives contents by file name; `older` is the pattern of the paper's folders beside the target."""
    if all((target / name).is_file() for name in needed):
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(mkdtemp(prefix="new-", dir=target.parent))
    try:
        for name, content in make(fresh).items():
            (fresh / name).write_bytes(content)
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    target.chmod(0o750)
    for each in target.parent.glob(older):
        if each != target:
            shutil.rmtree(each, ignore_errors=True)
    return target
