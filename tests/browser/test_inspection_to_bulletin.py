"""From a village cadre's inspection without a signal to the line in the county's bulletin; the wrong people are refused on the way."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document

from tests.browser.test_phone import SHOTS, all_sent, picture
from tests.browser.test_phone_inspection import WHO, answer, phone_at

pytestmark = pytest.mark.browser
# Not the compound of the other test of inspections.
COMPOUND = """
    SELECT c.id, c.name, ST_X(ST_PointOnSurface(c.geom)), ST_Y(ST_PointOnSurface(c.geom)) FROM geo_compound c
    WHERE starts_with(c.division_id, '640521100001') ORDER BY c.id DESC LIMIT 1"""
ISSUE = "SELECT id, number, state FROM zones_issue WHERE source = 'inspection' AND place_pk = %s AND NOT is_invented"
CLOSED_THIS_MONTH = """
    SELECT count(*) FROM zones_issue
    WHERE date_trunc('month', closed_at AT TIME ZONE 'Asia/Shanghai') = date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai')"""
# The month is over when its bulletin is drafted: the demo's own drafts ended before.
DRAFT = """
from django.utils import timezone
from geo.models import Division, User
from zones.bulletins import writing
from zones.periods import add_months, day_of
now = timezone.now()
month = day_of(now).replace(day=1)
later = now + (add_months(month, 1) - month) + timezone.timedelta(hours=1)
unit = Division.objects.get(pk="640521")
made = writing.draft(unit, f"{month:%Y-%m}", by=None, now=later)
print("made:" + str(made.pk))
"""
FILES = """
from zones.bulletins import jobs
from zones.models import Bulletin
jobs.write(Bulletin.objects.everywhere("a test").select_related("division").get(pk=PK))
"""


@pytest.fixture
def place(ask):
    [(pk, name, lon, lat)] = ask(COMPOUND)
    return pk, name, {"longitude": lon, "latitude": lat, "accuracy": 7}


def inspect(visit, demo_server, place) -> None:
    page = phone_at(place[2], visit, demo_server)
    page.context.set_offline(True)
    page.click("#insp-start")
    page.fill("#insp-search", place[1])
    page.click("#insp-begin")
    page.wait_for_selector("#insp-run:visible")
    answer(page, "gate", "o1")
    for key in ("doors", "wall", "lamp", "camera", "passage", "hydrant", "wiring"):
        answer(page, key, "yes")  # 有飞线充电 is the one that fails
    page.set_input_files("#insp-photo-wiring", {"name": "p.png", "mimeType": "image/png", "buffer": picture()})
    page.wait_for_selector("fieldset[data-key=wiring] .insp-photos:has-text('1')")
    page.check("fieldset[data-key=wiring] .insp-register input")
    page.click("#insp-run button[type=submit]")
    page.wait_for_selector("#insp-dialog", state="hidden")
    page.context.set_offline(False)
    all_sent(page)


def step(page, label: str):
    return page.locator("form.step", has=page.get_by_role("button", name=label, exact=True))


def test_from_an_inspection_without_signal_to_the_bulletin(visit, demo_server, place, ask):
    before = ask(CLOSED_THIS_MONTH)[0][0]
    inspect(visit, demo_server, place)
    [(pk, number, state)] = ask(ISSUE, place[0])
    assert state == "registered"

    # The village mends it; its own cadre is not offered to close it.
    path = f"/issues/{pk}/"
    cadre = visit(path, account=WHO)
    step(cadre, "交办").locator("button[type=submit]").click()
    step(cadre, "开始整改").locator("button[type=submit]").click()
    report = step(cadre, "报告已整改")
    report.locator("textarea").fill("飞线已拆除，已装充电桩")
    report.locator("input[type=file]").set_input_files({"name": "after.png", "mimeType": "image/png", "buffer": picture()})
    report.locator("button[type=submit]").click()
    cadre.wait_for_selector(".issue-state.reported_fixed")
    assert step(cadre, "核查销号").count() == 0

    # Another town does not know of it, nor does an auditor.
    for account in ("town_shikong", "auditor"):
        stranger = visit(None, account=account)
        visit.expect(stranger, path)
        assert stranger.goto(path).status == 404, account

    # From far away it cannot be closed; on the spot it can.
    move = f"/issues/{pk}/move/"
    far = {**place[2], "latitude": place[2]["latitude"] + 0.02}
    town = visit(path, account="town_ningan", geolocation=far, permissions=["geolocation"])
    visit.expect(town, move)
    close(town)
    assert "您离问题位置约" in town.locator("[role=alert]").inner_text()
    town.context.set_geolocation(place[2])
    close(town)
    town.wait_for_selector(".issue-state.closed")
    assert ask(ISSUE, place[0]) == [(pk, number, "closed")]

    # The month's bulletin counts it: checked by one, signed by another, published with a number.
    bulletin = re.search(r"made:(\d+)", demo_server.manage("shell", "-c", DRAFT))[1]
    page = f"/bulletins/{bulletin}/"
    first, second = visit(page, account="county"), visit(page, account="county_second")
    first.get_by_role("button", name="核稿通过").click()
    first.wait_for_load_state()
    assert first.get_by_role("button", name="签发", exact=True).count() == 0
    assert "核稿的人不能签发" in first.inner_text("main")
    second.reload()
    second.get_by_role("button", name="签发", exact=True).click()
    second.wait_for_load_state()
    second.get_by_role("button", name="编号印发").click()
    second.wait_for_load_state()
    assert "治安通报〔" in second.content()
    demo_server.manage("shell", "-c", FILES.replace("PK", bulletin))
    told = f"销号{before + 1}件"
    word = second.request.get(f"{page}files/docx/").body()
    texts = [each.text for each in Document(BytesIO(word)).paragraphs]
    paper = second.request.get(f"{page}files/pdf/").body()
    keep(word, paper)
    assert any(told in text.replace(" ", "") for text in texts), texts
    assert paper.startswith(b"%PDF-") and len(paper) > 100_000  # its words are in the tests of the papers


def close(page) -> None:
    form = step(page, "核查销号")
    form.locator("[data-locate]").click()
    page.wait_for_function("form => form.elements.lat.value !== ''", arg=form.element_handle())
    form.get_by_role("button", name="核查销号").click()
    page.wait_for_load_state()


def keep(word: bytes, paper: bytes) -> None:
    """For a person's eyes, where SIWU_SHOTS names a folder."""
    if SHOTS:
        Path(SHOTS, "bulletin.docx").write_bytes(word)
        Path(SHOTS, "bulletin.pdf").write_bytes(paper)
