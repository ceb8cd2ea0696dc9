"""docs/columns.tsv: every column there is, and what kind of thing it may hold."""
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docs/columns.tsv"
# Texts that somebody writes and somebody reads: guarded, and the places of canaries.
GUARDED = {"name", "text", "document"}
TOLD = {"name", "text"}


def classes() -> dict[tuple[str, str], tuple[str, str]]:
    """Class and guard by model and column."""
    lines = [line.split("\t") for line in FILE.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return {(model, column): (kind, guard) for model, column, kind, guard in lines}
