"""What the product is made of, and under which licences: from the locks and from what the installed packages say of themselves."""
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata

from django.conf import settings
from django.utils.translation import gettext_lazy as _

UNKNOWN = "-"
_CLASSIFIER = "License :: "
# What set-up takes from Debian; their own words lie in /usr/share/doc/<package>/copyright.
SYSTEM = (
    ("PostgreSQL", "PostgreSQL"), ("PostGIS", "GPL-2.0-or-later"), ("Redis", "BSD-3-Clause"), ("Python", "PSF-2.0"),
    ("Pango, HarfBuzz", "LGPL-2.0-or-later, MIT"), ("Noto CJK", "OFL-1.1"), ("pgBackRest", "MIT"),
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    name: str
    version: str
    licence: str


@dataclass(frozen=True)
class Group:
    title: str
    told: str
    parts: tuple[Part, ...]


@lru_cache(maxsize=1)
def groups() -> tuple[Group, ...]:
    """Read once for each process: packages do not change under it."""
    return (
        Group(_("浏览器组件"), _("随页面送到浏览器。"), browser_parts()),
        Group(_("服务器组件"), _("在服务器上运行的 Python 软件包。"), python_parts()),
        Group(_("系统组件"), _("由操作系统提供，版本以服务器为准。"), tuple(Part(name, "", licence) for name, licence in SYSTEM)),
    )


def browser_parts() -> tuple[Part, ...]:
    lock = json.loads((settings.BASE_DIR / "script/package-lock.json").read_text("utf-8"))["packages"]
    named = ((path.rpartition("node_modules/")[2], facts) for path, facts in lock.items() if path)
    return tuple(sorted((Part(name, facts["version"], facts.get("license", UNKNOWN)) for name, facts in named), key=lambda part: part.name))


def python_parts() -> tuple[Part, ...]:
    lock = (settings.BASE_DIR / "script/requirements.txt").read_text("utf-8")
    names = re.findall(r"^([a-z0-9][a-z0-9.\-]*)(?:\[[^\]]*\])?==", lock, re.M)
    return tuple(part for name in names if (part := _installed(name)))


def _installed(name: str) -> Part | None:
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:  # for another kind of machine
        return None
    return Part(about["Name"], about["Version"], licence_of(about))


def licence_of(about: metadata.PackageMetadata) -> str:
    """The newest way of saying it first: an SPDX expression, then classifiers, then the first line of a free text."""
    if told := about.get("License-Expression"):
        return told
    classified = [each.rpartition(" :: ")[2] for each in about.get_all("Classifier", []) if each.startswith(_CLASSIFIER)]
    if named := [each for each in classified if each != "OSI Approved"]:
        return ", ".join(named)
    lines = (about.get("License") or "").strip().splitlines()
    return lines[0][:80] if lines else UNKNOWN
