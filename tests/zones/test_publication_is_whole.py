"""Promise 5: a reader sees one publication whole or the next one whole, whatever happens to the one who publishes."""
import threading
from collections import Counter

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from geo.models import Compound
from tests import cast
from tests.zones import rounding as r
from tests.zones.conftest import CHECKED, NOW, PERIOD, cover
from zones import publication
from zones import round_life as life
from zones.models import Publication, PublishedGrade

COMPOUNDS = 300
LATER = NOW + 30 * r.DAY
CURRENT = "SELECT id, number FROM zones_publication WHERE period = %s AND is_current"
COLOURS = "SELECT colour, count(*) FROM zones_publishedgrade WHERE publication_id = %s GROUP BY colour"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def published(county, officer):
    """Three hundred green compounds, published; then half of them turn red in the draft."""
    cover(cast.WEST)
    for i in range(COMPOUNDS):
        cast.compound(f"第{i}号小区", 105.61, 37.48, cast.WEST_SOUTH, **CHECKED)
    r.publish()
    half = Compound.objects.everywhere("test").filter(name__lt="第2")
    half.update(open_fire_hazard_count=3)
    r.reopen(why="更正")
    r.brought("objection", now=LATER)
    return half.count()


class Reader(threading.Thread):
    """A citizen who reloads without pause, on the public's own connection; two statements a page, as the pages ask them."""

    def __init__(self):
        super().__init__()
        self.seen, self.enough = Counter(), threading.Event()

    def run(self) -> None:
        role = settings.DATABASES["public"]
        facts = {"host": role["HOST"], "port": role["PORT"], "user": role["USER"], "password": role["PASSWORD"]}
        facts = {key: str(value) for key, value in facts.items() if value}
        with psycopg.connect(**facts, dbname=connection.settings_dict["NAME"], autocommit=True) as door:
            while not self.enough.is_set():
                found = door.execute(CURRENT, [PERIOD]).fetchall()
                assert len(found) == 1
                self.seen[found[0][1], tuple(sorted(door.execute(COLOURS, [found[0][0]]).fetchall()))] += 1


def test_a_reader_sees_one_version_whole_or_the_next(published, officer):
    readers = [Reader(), Reader()]
    for reader in readers:
        reader.start()
    for number in range(2, 6):
        if number > 2:
            r.reopen(why="更正", now=LATER)
            Compound.objects.everywhere("test").filter(name__lt="第2").update(open_fire_hazard_count=3 if number % 2 == 0 else 0)
            r.brought("objection", now=LATER)
        life.publish(period=PERIOD, by=officer, now=LATER + 30 * r.DAY)
    for reader in readers:
        reader.enough.set()
        reader.join()
    green, mixed = (("green", COMPOUNDS),), (("green", COMPOUNDS - published), ("red", published))
    seen = readers[0].seen + readers[1].seen
    assert set(seen) <= {(number, mixed if number % 2 == 0 else green) for number in range(1, 6)}
    assert len(seen) > 1, "the readers never looked at more than one version: nothing was tested"


@pytest.mark.parametrize("dies", ["_copy", "unit_of"])
def test_a_publication_that_dies_halfway_leaves_the_old_one(published, officer, monkeypatch, dies):
    def die(*rows, **options):
        raise ConnectionAbortedError

    monkeypatch.setattr(publication, dies, die)
    with pytest.raises(ConnectionAbortedError):
        life.publish(period=PERIOD, by=officer, now=LATER + 30 * r.DAY)
    assert Publication.objects.get().is_current
    assert set(PublishedGrade.objects.values_list("colour", flat=True)) == {"green"}


def test_of_two_who_publish_at_once_one_is_refused(published, officer):
    """One after the other; the second finds the round published."""
    outcomes = []

    def press() -> None:
        try:
            outcomes.append(life.publish(period=PERIOD, by=officer, now=LATER + 30 * r.DAY).number)
        except ValueError as refused:
            outcomes.append(str(refused))
        finally:
            connection.close()

    both = [threading.Thread(target=press) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert 2 in outcomes
    assert any("不能这样办理" in str(outcome) for outcome in outcomes)
    assert Publication.objects.filter(is_current=True).count() == 1
