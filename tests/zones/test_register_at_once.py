"""Several people at the same moment, on connections of their own: no number twice or left out, one closing, one issue an entry."""
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import close_old_connections, connections

from geo import workflow
from tests import cast
from tests.patrol import patrolling as p
from tests.zones import registering as r
from zones import hazards
from zones.models import Issue

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def at_once(count: int, do) -> list:
    """What `do(number)` gave or raised, for all of them begun together."""
    gate = Barrier(count)

    def one(number: int):
        close_old_connections()
        gate.wait(20)
        try:
            return do(number)
        except Exception as problem:
            return problem
        finally:
            for each in connections.all():
                each.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def issues():
    return Issue.objects.everywhere("a test").order_by("number_seq")


def test_promise_1_numbers_run_without_gap_or_repeat_when_many_register_at_once():
    people = r.people()
    made = at_once(6, lambda number: r.issue(people["cadre"], text=f"第{number}处"))
    assert all(isinstance(each, Issue) for each in made), made
    assert [each.number_seq for each in issues()] == [1, 2, 3, 4, 5, 6]


def test_promise_2_one_form_sent_many_times_at_once_is_one_issue():
    people = r.people()
    made = at_once(4, lambda number: r.issue(people["cadre"], key="one-form"))
    assert len({each.pk for each in made}) == 1 and [each.number_seq for each in issues()] == [1]


def test_two_who_close_at_the_same_moment_are_one_who_did_and_one_who_is_told():
    people = r.people()
    made = r.reported(r.assigned(r.issue(people["cadre"]), people["west"]), people["cadre"])
    pages = [Issue.objects.everywhere("a test").get(pk=made.pk) for _ in range(2)]
    who = (people["west"], people["second"])
    done = at_once(2, lambda number: r.closed(pages[number], who[number]))
    refused = [each for each in done if isinstance(each, workflow.MoveRefused)]
    assert [str(each) for each in refused] == ["别人刚刚办理过，请刷新页面。"]
    assert issues().get().state == "closed" and made.checks.count() == 1
    assert workflow.history(made).filter(to_state="closed").count() == 1


def test_signal_and_sweep_at_once_make_one_issue():
    cast.territory()
    walker = p.member()
    own = p.device(walker)
    entry = p.entry(p.patrol(walker, own), own)
    made = at_once(3, lambda number: hazards.register(entry.pk, now=p.NOW) if number else hazards.sweep(now=p.NOW))
    assert issues().count() == 1 and not any(isinstance(each, Exception) for each in made), made
