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
        import os, pickle; f = f"/tmp/crawl_dev/{actor}.pkl"  # DEV
        if actor not in self.done and os.environ.get("DEV_TWIN") and os.path.exists(f):  # DEV
            self.done[actor] = c = Crawl(self.site, actor); c.answers, c.forms = pickle.load(open(f, "rb"))  # DEV
        if actor not in self.done:
            with self.blocker.unblock(), self.site.open():
                self.done[actor] = Crawl(self.site, actor).walk()
            for a in self.done[actor].answers.values(): a.problem = repr(a.problem) if a.problem else None  # DEV
            pickle.dump((self.done[actor].answers, self.done[actor].forms), open(f, "wb"))  # DEV
        return self.done[actor]


@pytest.fixture(scope="session")
def crawls(whole_site, django_db_blocker) -> Crawls:
    return Crawls(whole_site, django_db_blocker)


def pytest_runtest_logreport(report):  # DEV
    if report.failed: open("/tmp/crawl_fail.log", "a").write(f"\n=== {report.nodeid} {report.when}\n{str(report.longrepr)[-2500:]}\n")  # DEV
    if report.when == "call": open("/tmp/crawl_fail.log", "a").write(f"{report.outcome} {report.nodeid} {report.duration:.1f}\n")  # DEV
