"""What a flood meets: budgets of networks that are forgotten the next day, and nothing public changes."""
from datetime import timedelta

import pytest
from django.test import RequestFactory

from tests.zones import rounding
from tests.zones.supervising import Citizen, receipt_of, text
from zones import spam
from zones.models import Feedback, Issue, Notice, Publication, Standing


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.0/24"), ("10.1.2.250", "10.1.2.0/24"), ("::ffff:10.1.2.3", "10.1.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"), ("2001:db8:1:ffff::9", "2001:db8:1::/48"), ("", "unknown"), ("unix:", "unknown"),
    ],
)  # fmt: skip
def test_an_address_counts_as_its_network(address, network):
    assert spam.prefix_of(address) == network


def test_a_network_is_known_for_one_day_only(clock):
    request = RequestFactory().get("/", REMOTE_ADDR="10.9.8.7")
    today = spam.sender_of(request, now=clock.now)
    assert today == spam.sender_of(request, now=clock.now + timedelta(hours=1)) and "10.9" not in today
    assert today != spam.sender_of(request, now=clock.now + timedelta(days=1))


def test_the_puzzle_belongs_to_its_token():
    token = spam.token_for("feedback", now=rounding.NOW)
    solved = next(str(n) for n in range(10**6) if spam.work_is_done(token, str(n), 10))
    assert not spam.work_is_done(token, "", 10)
    assert spam.read(token, "feedback") and not spam.read(token, "appeal")
    other = [spam.token_for("feedback", now=rounding.NOW) for _ in range(20)]
    assert sum(spam.work_is_done(each, solved, 10) for each in other) < 3


def test_a_flood_changes_nothing_that_is_public_and_is_held_to_the_budget(rated, clock):
    rounding.publish()
    reader = Citizen(clock)
    before = text(reader.client.get("/")), reader.client.get("/data/2026Q3.csv").content
    notices = Notice.objects.count()
    codes = []
    for network in range(20):
        spammer = Citizen(clock)
        token = spammer.token("/feedback/")
        codes += [spammer.feedback(token=token, seconds=0 if number else 5, text=f"垃圾{network}").status_code for number in range(4)]
        codes += [spammer.feedback(seconds=4, text=f"垃圾{network} {number}").status_code for number in range(6)]
    assert codes.count(200) > 60 and codes.count(429) > 40
    assert Feedback.objects.everywhere("a test").count() <= 60
    assert (text(reader.client.get("/")), reader.client.get("/data/2026Q3.csv").content) == before
    assert not Issue.objects.everywhere("a test").exists() and not Standing.objects.exists() and Publication.objects.count() == 1
    assert Notice.objects.filter(kind="feedback").count() <= 3 and Notice.objects.count() - notices <= 3


def test_in_a_flood_only_browsers_that_did_the_puzzle_come_in(rated, clock):
    rounding.publish()
    people = [Citizen(clock, works=True), Citizen(clock)]
    tokens = [each.token("/feedback/") for each in people]
    clock.wait(seconds=10)
    codes = [Citizen(clock).client.post("/feedback/", {"text": f"垃圾{number}", "token": "x"}).status_code for number in range(250)]
    assert codes == [422] * 240 + [429] * 10
    there, elsewhere = (each.feedback(token=token, seconds=0) for each, token in zip(people, tokens, strict=True))
    assert there.status_code == 200 and elsewhere.status_code == 429
    assert "填写的内容还在；过几分钟再交" in text(elsewhere) and elsewhere["Retry-After"] == "60"
    clock.wait(minutes=2)
    assert people[1].feedback().status_code == 200


def test_a_receipt_is_looked_up_in_the_middle_of_a_flood_and_the_look_up_has_a_budget_of_its_own(rated, clock):
    reader = Citizen(clock)
    receipt = receipt_of(reader.feedback())
    codes = {Citizen(clock).client.post("/feedback/", {"text": "垃圾", "token": "x"}).status_code for _number in range(250)}
    assert codes == {422, 429} and receipt[0] in reader.asks(receipt) and "待审核" in reader.asks(receipt)
    assert reader.client.post("/feedback/", {"text": "垃圾", "token": "x"}).status_code == 429
    typed = {"number": receipt[0], "code": "AAAAA-AAAAA"}
    assert {reader.client.post("/receipts/", typed).status_code for _number in range(130)} == {422, 429}
