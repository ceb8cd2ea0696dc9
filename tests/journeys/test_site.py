"""The site as it is served: a process of its own, its own database, the demo county."""
import urllib.request

import pytest


def test_the_public_page_answers_with_the_demo_county(demo_server):
    with urllib.request.urlopen(demo_server.base_url + "/", timeout=10) as answer:
        page = answer.read().decode("utf-8")
    assert answer.status == 200
    assert "2026" in page
    assert set(demo_server.passwords) >= {"county", "town_ningan", "auditor"}


@pytest.mark.parametrize("path", ["/static/geo/site.css", "/static/geo/map.js"])
def test_static_files_are_served_from_here(demo_server, path):
    with urllib.request.urlopen(demo_server.base_url + path, timeout=10) as answer:
        assert answer.status == 200


def test_commands_work_on_the_same_database(demo_server):
    assert "未载入" in demo_server.manage("load_demo", "--if-empty")
