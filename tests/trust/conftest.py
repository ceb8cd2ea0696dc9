"""One copy of the demo county for all trust tests of a process, with canaries in town B, and what each actor finds in it."""
from collections.abc import Iterator

import pytest

from tests.trust.canaries import Planted, plant
from tests.trust.crawl import Crawl
from tests.trust.site import Site


@pytest.fixture(scope="session")
def whole_site(demo_county, django_db_blocker) -> Iterator[Site]:
    with django_db_blocker.unblock():
        site = Site(demo_county)
        with site.open():
            site.planted = plant(site.name)
            site.sign_in()
            site.look_around()
    yield site
    site.remove()


@pytest.fixture
def site(whole_site, django_db_blocker) -> Iterator[Site]:
    with django_db_blocker.unblock(), whole_site.open():
        yield whole_site


@pytest.fixture(scope="session")
def planted(whole_site) -> Planted:
    return whole_site.planted


class Crawls:
    """What each actor sees, walked through once."""

    def __init__(self, site: Site, blocker):
        self.site, self.blocker, self.done = site, blocker, {}

    def __getitem__(self, actor: str) -> Crawl:
        if actor not in self.done:
            with self.blocker.unblock(), self.site.open():
                self.done[actor] = Crawl(self.site, actor).walk()
        return self.done[actor]


@pytest.fixture(scope="session")
def crawls(whole_site, django_db_blocker) -> Crawls:
    return Crawls(whole_site, django_db_blocker)
