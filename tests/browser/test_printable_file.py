"""The map of a period as one file: saved, carried to a computer without a network, opened, printed."""

import pytest

from tests.browser.visits import DESK, PHONE, scrolls_sideways

pytestmark = pytest.mark.browser

PUBLISHED = """
    SELECT count(*) FROM zones_publishedgrade g JOIN zones_publication p ON p.id = publication_id
    WHERE p.period = '2026Q3' AND p.is_current"""


@pytest.fixture
def saved(visit, tmp_path):
    answer = visit().context.request.get("/data/2026Q3.html")
    assert "attachment" in answer.headers["content-disposition"]
    file = tmp_path / "map.html"
    file.write_bytes(answer.body())
    return file


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["1440", "390"])
def test_the_file_opens_offline_and_asks_for_nothing(browser, saved, ask, size):
    context = browser.new_context(viewport=size, offline=True)
    requests, faults = [], []
    context.on("request", lambda request: requests.append(request.url))
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    try:
        page = context.new_page()
        page.goto(saved.as_uri())
        page.wait_for_selector("body[data-drawn]")
        [(published,)] = ask(PUBLISHED)
        marks = page.locator(".leaflet-marker-icon.grade")
        assert marks.count() == published == int(page.get_attribute("body", "data-drawn"))
        assert "2026Q3" in page.inner_text("h1") and "演示数据（虚构）" in page.inner_text(".labels")
        assert not scrolls_sideways(page)
        marks.last.dispatch_event("click")
        page.wait_for_selector(".leaflet-popup-content strong")
        assert requests == [saved.as_uri()]
        assert faults == []
    finally:
        context.close()


def test_it_prints_on_one_sheet_and_a_table(browser, saved):
    page = browser.new_page()
    try:
        page.goto(saved.as_uri())
        page.wait_for_selector("body[data-drawn]")
        paper = page.pdf(prefer_css_page_size=True)
        assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") == 2
    finally:
        page.close()
