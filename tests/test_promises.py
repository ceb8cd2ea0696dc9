"""docs/promises.md: each promise once, with tests that there are, and a reason for what is missing."""
import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def rows() -> list[tuple[int, str, list[str], str]]:
    lines = [line.strip("|").split("|") for line in (ROOT / "docs/promises.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line] for line in lines if line[0].strip().isdecimal()]
    return [(int(number), promise, [each for each in tests.split(", ") if each], missing) for number, promise, tests, missing in cells]


def test_every_promise_stands_in_the_table_once():
    assert [number for number, *_rest in rows()] == list(range(1, 36))


def test_every_named_test_is_there():
    for _number, _promise, tests, _missing in rows():
        for path, name in (each.split("::") for each in tests):
            tree = ast.parse((ROOT / path).read_text("utf-8"))
            assert name in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, f"{path}::{name}"


def test_what_has_no_test_says_why():
    assert [number for number, _promise, tests, missing in rows() if not tests and len(missing) < 20] == []
