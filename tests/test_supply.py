"""T24: what the product is made of is locked, listed and said; nothing is fetched from elsewhere while it runs."""
import json
import re
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command

from geo import components
from tests import cast
from tests.supplying import program

ROOT = Path(__file__).resolve().parents[1]


def locked() -> dict[str, str]:
    text = (ROOT / "script/requirements.txt").read_text()
    return dict(re.findall(r"^([a-z0-9][a-z0-9.\-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", text, re.M))


def test_t24_every_package_of_the_product_is_pinned_with_a_hash_and_installed_by_it():
    entries = re.split(r"\n(?=[a-z0-9])", (ROOT / "script/requirements.txt").read_text())
    pinned = [entry for entry in entries if "==" in entry.splitlines()[0]]
    assert len(pinned) > 90 and all("--hash=sha256:" in entry for entry in pinned)
    for path in ("script/lib/packages.sh", "deploy/Containerfile", "script/supply"):
        installs = [line for line in (ROOT / path).read_text().splitlines() if "pip install" in line]
        assert installs and all("--require-hashes" in line and "--only-binary :all:" in line for line in installs), path
    assert "npm ci --ignore-scripts" in (ROOT / "script/lib/packages.sh").read_text()


def test_t24_what_is_installed_is_what_is_locked():
    installed = {re.sub(r"[-_.]+", "-", part.name).lower(): part.version for part in components.python_parts()}
    assert installed.items() <= locked().items()
    assert len(installed) >= 0.9 * len(locked())


def test_every_part_says_its_licence():
    silent = [part.name for group in components.groups() for part in group.parts if part.licence == components.UNKNOWN]
    assert silent == []


@pytest.mark.django_db
def test_the_licences_page_names_both_kinds_and_versions_only_to_staff(client):
    page = client.get("/components/").content.decode()
    versions = {part.version for group in components.groups()[:2] for part in group.parts}
    assert "maplibre-gl" in page and "Django" in page and "BSD-3-Clause" in page and "版本号登录后可见" in page
    assert not any(f"<code>{version}</code>" in page for version in versions)
    cast.territory()
    client.force_login(cast.county_officer())
    page = client.get("/components/").content.decode()
    assert all(f"<code>{version}</code>" in page for version in versions)


@pytest.mark.django_db
def test_t24_pages_commands_and_checks_open_no_connection_to_the_outside(client, monkeypatch):
    """Sockets of the database and the queue only: a name that is looked up or a foreign address raises."""
    real, tried = socket.socket.connect, []

    def connect(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(("127.", "::1", "localhost")):
            tried.append(address)
            raise OSError("egress")
        return real(self, address)

    def look_up(host, *named, **options):
        tried.append(host)
        raise OSError("egress")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(OSError, match="egress"):  # the guard sees what it should
        socket.create_connection(("example.invalid", 80))
    with pytest.raises(OSError, match="egress"):
        socket.socket().connect(("192.0.2.1", 80))
    tried.clear()
    cast.territory()
    client.force_login(cast.county_officer())
    for path in ("/", "/map/", "/objects/stations/", "/coverage/", "/components/", "/health/", "/open-data/", "/ogc/"):
        assert client.get(path).status_code in (200, 302), path
    call_command("check")
    assert tried == []


@pytest.fixture
def parts_list(monkeypatch):
    return program("parts_list", monkeypatch)


def test_t24_the_parts_list_has_every_locked_package_of_both_kinds(parts_list):
    told = json.loads(parts_list.parts_list(datetime(2026, 11, 29, tzinfo=UTC)))
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    addresses = {part["purl"] for part in told["components"]}
    assert {f"pkg:pypi/{name}@{version}" for name, version in locked().items()} <= addresses
    browser = json.loads((ROOT / "script/package-lock.json").read_text())["packages"]
    assert len([each for each in addresses if each.startswith("pkg:npm/")]) == len({path for path in browser if path})
    assert any(each.startswith("pkg:deb/debian/postgresql-15") for each in addresses)
    assert {each["dependsOn"].__len__() for each in told["dependencies"] if each["ref"] == "siwu"} == {len(addresses)}
