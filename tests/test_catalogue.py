"""The English catalogue: complete, nothing of it in Chinese, every placeholder kept, and no wording of the code left out."""
import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "locale/en/LC_MESSAGES/django.po"
SOURCES = ("config", "geo", "patrol", "zones", "templates")
PLACEHOLDER = re.compile(r"%\(\w+\)[-+0-9.]*[a-z]|%[sd]|\{\w*\}")
CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
# English wordings that may hold Chinese characters or punctuation, by msgid.
MAY_HOLD_CHINESE: set[str] = set()


@dataclass(frozen=True)
class Entry:
    """`wordings` are the translations, one for each plural form."""

    msgid: str
    wordings: tuple[str, ...]
    flags: frozenset[str]


def entries(path: Path) -> list[Entry]:
    """The entries of a .po file without its header."""
    found = [parsed(block) for block in re.split(r"\n{2,}", path.read_text(encoding="utf-8"))]
    return [entry for entry in found if entry.msgid]


def parsed(block: str) -> Entry:
    texts: dict[str, str] = {}
    flags: set[str] = set()
    name = ""
    for line in block.splitlines():
        if line.startswith("#,"):
            flags |= {flag.strip() for flag in line[2:].split(",")}
        elif match := re.match(r'(msg\w+(?:\[\d\])?)\s+(".*")$', line):
            name = match[1]
            texts[name] = ast.literal_eval(match[2])
        elif line.startswith('"'):
            texts[name] += ast.literal_eval(line)
    wordings = tuple(text for key, text in sorted(texts.items()) if key.startswith("msgstr"))
    return Entry(texts.get("msgid", ""), wordings, frozenset(flags))


ENTRIES = entries(CATALOGUE)


def test_the_catalogue_is_read_whole():
    assert len(ENTRIES) == CATALOGUE.read_text(encoding="utf-8").count("\nmsgid ") > 600


def test_every_msgid_is_translated():
    assert not [entry.msgid for entry in ENTRIES if not entry.wordings or not all(map(str.strip, entry.wordings))]


def test_nothing_is_fuzzy_or_obsolete():
    assert not [entry.msgid for entry in ENTRIES if "fuzzy" in entry.flags]
    assert "\n#~" not in CATALOGUE.read_text(encoding="utf-8")


def test_placeholders_are_those_of_the_msgid():
    wrong = [
        (entry.msgid, wording)
        for entry in ENTRIES
        for wording in entry.wordings
        if sorted(set(PLACEHOLDER.findall(wording))) != sorted(set(PLACEHOLDER.findall(entry.msgid)))
    ]
    assert not wrong


def test_no_chinese_is_left():
    assert not [entry.msgid for entry in ENTRIES if entry.msgid not in MAY_HOLD_CHINESE and CHINESE.search("".join(entry.wordings))]


def test_the_catalogue_names_no_person():
    header = CATALOGUE.read_text(encoding="utf-8").split("\n\n")[0]
    assert "Project-Id-Version: siwu" in header and "Language: en" in header
    assert "@" not in header and "FIRST AUTHOR" not in header and "Translator" not in header


@pytest.mark.skipif(not shutil.which("xgettext"), reason="xgettext (Debian package gettext) is not installed")
def test_no_wording_of_the_code_is_missing(tmp_path: Path):
    """Collects the wordings of a copy of the tree, so that the work tree is never written to."""
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "vendor", "node_modules"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    (tmp_path / "locale").mkdir()
    command = [sys.executable, "manage.py", "makemessages", "-l", "en", "--no-location", "--no-wrap"]
    environment = os.environ | {"SIWU_ANY_PYTHON": "1", "DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    wanted = {entry.msgid for entry in entries(tmp_path / "locale/en/LC_MESSAGES/django.po")}
    assert len(wanted) > 600
    assert sorted(wanted - {entry.msgid for entry in ENTRIES}) == []
