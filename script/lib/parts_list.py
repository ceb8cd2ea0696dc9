"""The parts list (SBOM, CycloneDX 1.6 JSON) from the lock files and what set-up installs from Debian; checked against the format's schema.

    parts_list.py FILE
"""
import base64
import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

ROOT = Path(__file__).resolve().parents[2]
# What set-up may install (script/lib/packages.sh) for running the product; of the tests' own programs there is none here.
DEBIAN = ("python3", "postgresql-15", "postgresql-15-postgis-3", "redis-tools", "gettext", "fonts-noto-cjk", "libpango-1.0-0",
          "libpangoft2-1.0-0", "libharfbuzz-subset0", "ca-certificates", "pgbackrest")  # fmt: skip
PINNED = re.compile(r"^([a-z0-9][a-z0-9.\-]*)(?:\[[^\]]*\])?==([^\s;\\]+)((?:[^\n]*\\\n)*[^\n]*)", re.M)


def python_parts(lock: str) -> list[Component]:
    found = []
    for name, version, rest in PINNED.findall(lock):
        hashes = [HashType(alg=HashAlgorithm.SHA_256, content=each) for each in re.findall(r"--hash=sha256:([0-9a-f]{64})", rest)]
        # One hash for each wheel of each machine: a part has one content, so that these are properties.
        known = [Property(name="siwu:sha256-of-a-file", value=each.content) for each in hashes]
        found.append(_part(name, version, PackageURL("pypi", name=name, version=version), hashes=hashes if len(hashes) == 1 else [],
                           properties=known if len(hashes) > 1 else []))  # fmt: skip
    return found


def browser_parts(lock: str) -> list[Component]:
    found = []
    for path, facts in json.loads(lock)["packages"].items():
        if path:
            name = path.rpartition("node_modules/")[2]
            space, _slash, short = name.rpartition("/")
            kind, _dash, digest = facts["integrity"].partition("-")
            assert kind == "sha512", name
            content = base64.b64decode(digest).hex()
            found.append(_part(name, facts["version"], PackageURL("npm", namespace=space or None, name=short, version=facts["version"]),
                               hashes=[HashType(alg=HashAlgorithm.SHA_512, content=content)]))  # fmt: skip
    return found


def debian_parts() -> list[Component]:
    """As installed here; what is not installed has no version to tell."""
    asked = ["dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\\n", *DEBIAN]
    lines = [line.split() for line in subprocess.run(asked, capture_output=True, text=True).stdout.splitlines()]
    known = {line[0]: line[1] for line in lines if line[-1] == "installed"}
    return [_part(name, known.get(name), PackageURL("deb", "debian", name, known.get(name), {"distro": "debian-12"})) for name in DEBIAN]


def _part(name: str, version: str | None, purl: PackageURL, **more) -> Component:
    return Component(name=name, version=version, type=ComponentType.LIBRARY, scope=ComponentScope.REQUIRED, purl=purl,
                     bom_ref=purl.to_string(), **more)  # fmt: skip


def parts_list(now: datetime) -> str:
    product = Component(name="siwu", version="0.1.0", type=ComponentType.APPLICATION, bom_ref="siwu")
    bom = Bom()
    bom.metadata.component, bom.metadata.timestamp = product, now
    parts = python_parts((ROOT / "script/requirements.txt").read_text()) + browser_parts((ROOT / "script/package-lock.json").read_text())
    parts += debian_parts()
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(product, parts)
    written = JsonV1Dot6(bom).output_as_string(indent=1)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(written):
        raise SystemExit(f"not a valid parts list: {wrong}")
    return written


def main() -> None:
    path = Path(sys.argv[1])
    written = parts_list(datetime.now(UTC))
    path.write_text(written, "utf-8")
    kinds = [part["purl"].split(":")[1].split("/")[0] for part in json.loads(written)["components"]]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("pypi", "npm", "deb"))
    print(f"{path}: {len(kinds)} parts ({counts}), valid CycloneDX 1.6")


if __name__ == "__main__":
    main()
