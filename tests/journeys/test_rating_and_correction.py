"""A changed incident changes the grade, the staff page says why, and the public reads it only as a signed correction."""
import re

import pytest

pytestmark = pytest.mark.browser

PERIOD = "2026Q3"
QUIET = """
    SELECT c.id, c.public_id::text, c.name, g.household_count FROM zones_gradedcompound g JOIN geo_compound c USING (id)
    WHERE g.colour = 'green' AND g.household_count BETWEEN 20 AND 60
      AND NOT EXISTS (SELECT FROM geo_incident i WHERE i.compound_id = c.id)
    ORDER BY c.id LIMIT 1"""
ADD = """
from datetime import datetime, timezone
from geo.models import Compound, Incident
place = Compound.objects.everywhere("test").get(pk={key})
same = dict(category="theft", geom=place.geom.point_on_surface, division=place.division, compound=place)
for number in range({count}):
    moment = datetime(2026, 8, 15, number, tzinfo=timezone.utc)
    Incident.objects.create(source_key=f"journey-{{number}}", occurred_at=moment, **same)
"""
# A week for the towns and a week for objections have passed since.
THROUGH = """
from datetime import timedelta
from django.utils import timezone
from geo.models import User
from zones import round_life as life
first, second = (User.objects.get(username=name) for name in ("county", "county_second"))
now, days = timezone.now(), timedelta(days=1)
found = life.freeze(period="2026Q3", by=first, now=now - 17 * days).round
life.ask_towns(found, by=first, now=now - 17 * days)
life.approve(found, by=second, now=now - 10 * days)
life.open_objections(found, by=first, now=now - 10 * days)
life.publish(period="2026Q3", by=second, now=now)
"""
REOPEN = """
from django.utils import timezone
from geo.models import User
from zones import round_life as life
from zones.models import RatingRound
by, found = User.objects.get(username="county"), RatingRound.objects.get(period="2026Q3")
life.send_back(found, by=by, now=timezone.now(), why="测试结束，恢复原数据")
life.unfreeze(found, by=by, now=timezone.now(), why="测试结束，恢复原数据")
"""
REMOVE = 'from geo.models import Incident; Incident.objects.everywhere("test").filter(source_key__startswith="journey-").delete()'


@pytest.fixture
def thefts(demo_server, ask):
    """Three thefts in a quiet small compound; afterwards the public reads again what it read before."""
    key, public_id, name, households = ask(QUIET)[0]
    demo_server.manage("shell", "-c", ADD.format(key=key, count=3))
    yield key, public_id, name, 3 / households * 100
    demo_server.manage("shell", "-c", REMOVE)
    [(state,)] = ask("SELECT state FROM zones_ratinground WHERE period = %s", PERIOD)
    demo_server.manage("shell", "-c", (REOPEN if state == "published" else "") + THROUGH)


def test_an_incident_changes_the_grade_and_the_public_reads_it_as_a_correction(visit, ask, demo_server, thefts):
    key, public_id, name, rate = thefts
    [(before,)] = ask("SELECT max(number) FROM zones_publication WHERE period = %s", PERIOD)
    staff = visit(f"/ratings/{key}/", account="county")
    assert staff.locator(".verdict .grade").all_inner_texts() == ["绿", "绿"]
    assert "重新评定后才会反映" not in staff.inner_text("main"), "the round is frozen"

    staff.goto(f"/rounds/{PERIOD}/")
    for button in ("重新评定以更正", "解除冻结"):
        again = staff.locator("details", has=staff.get_by_text(button, exact=True)).last
        again.locator("summary").click()
        again.get_by_role("button", name=button).click()
        assert again.locator("textarea:invalid").count() == 1
        again.locator("textarea").fill("漏登三起警情，补登")
        again.get_by_role("button", name=button).click()
        staff.wait_for_load_state()
    told = demo_server.manage("rate", "--period", PERIOD)
    assert f"{name}：绿 → 红" in told and "与现行公布不同：1 个" in told

    staff.goto(f"/ratings/{key}/")
    assert staff.locator(".verdict .grade").all_inner_texts() == ["红", "绿"]
    assert re.search(rf"盗窃：12个月3起，每百户{rate:.1f}\d*起，超过红线2\.0。", staff.inner_text(".reasons"))
    assert "计算结果与公布不同" in staff.inner_text("main")
    assert staff.inner_text("main").count("journey-") == 3

    citizen = visit(f"/compounds/{public_id}/")
    assert citizen.locator(".verdict .grade").inner_text() == "绿"

    staff.goto("/ratings/")
    staff.get_by_role("link", name="与现行公布不同：1个").click()
    assert staff.locator("table.stack tbody tr").count() == 1 and name in staff.inner_text("table.stack")

    demo_server.manage("shell", "-c", THROUGH)
    staff.goto(f"/ratings/?period={PERIOD}")
    assert "等级与现行公布相同" in staff.inner_text(".actions")
    assert ask("SELECT max(number) FROM zones_publication WHERE period = %s", PERIOD) == [(before + 1,)]

    citizen.reload()
    assert citizen.locator(".verdict .grade").inner_text() == "红"
    text = citizen.inner_text("main")
    assert "是更正" in text and "漏登三起警情，补登" in text
    assert "盗窃 12个月不足5起" in text and "journey-" not in text and "3起" not in text
    citizen.get_by_role("link", name=f"{PERIOD} 第{before}次公布").click()
    assert "这是已被更正取代的旧版本" in citizen.inner_text("main")
    citizen.goto("/")
    assert "漏登三起警情，补登" in citizen.inner_text("main")


def test_a_town_officer_reads_the_ratings_but_neither_rates_nor_publishes(visit, ask):
    page = visit("/ratings/", account="town_shikong")
    assert page.get_by_role("button", name="重新评定").count() == page.get_by_role("button", name="公布").count() == 0
    [(own,)] = ask("SELECT count(*) FROM zones_gradedcompound WHERE starts_with(division_id, '640521102')")
    assert f"共{own}个小区" in page.inner_text("main")
    assert page.locator(".months tbody tr").count() == 1


def test_rating_again_from_the_page_shows_its_progress_and_comes_back(visit, ask, demo_server):
    page = visit("/rounds/", account="county")
    page.select_option("#r-period", "2025Q3")
    with page.expect_navigation(url="**/ratings/jobs/*/") as moved:
        page.get_by_role("button", name="计算草稿").click()
    job = moved.value.url.split("/")[-2]
    assert 'role="status"' in moved.value.text()
    # Where no other test has a worker running, this is the worker's turn.
    demo_server.manage("shell", "-c", f"from zones.jobs import rate_period; rate_period(job={job}, period='2025Q3')")
    page.wait_for_url("**/ratings/?period=2025Q3")
    assert ask("SELECT state FROM geo_job WHERE id = %s", int(job)) == [("done",)]
