"""The page's own copy for places without a signal: kept whole, and never a captive portal's."""

import pytest

from tests.browser.visits import PHONE

pytestmark = pytest.mark.browser
KEPT = "async () => { const [name] = await caches.keys(); return name ? (await (await caches.open(name)).keys()).length : 0; }"
ACTIVE = """navigator.serviceWorker.ready.then((found) => new Promise((go) => {
  setInterval(() => found.active && go(true), 50);
}))"""
# Runs the worker's own text on answers made up here: a portal says what it likes to some paths; gives what would be kept.
# Only for this is a text run as a script: the test's context lets it.
BEHIND_A_PORTAL = """async (portal) => {
  const text = await (await fetch("/phone/sw.js")).text();
  const heard = {}, kept = [];
  const self = { location, addEventListener: (name, act) => { heard[name] = act; }, skipWaiting: () => {}, clients: { claim: () => {} } };
  const store = { put: async (url) => kept.push(url), addAll: async (all) => kept.push(...all), match: async () => undefined };
  const answered = async (request) => (portal.includes(new URL(request.url).pathname)
    ? new Response("<h1>Wi-Fi</h1>", { headers: { "Content-Type": "text/html" } }) : fetch(request));
  const caches = { open: async () => store, keys: async () => [], delete: async () => true };
  new Function("self", "caches", "fetch", text)(self, caches, answered);
  let work;
  heard.install({ waitUntil: (promise) => { work = promise; } });
  return work.then(() => kept, (error) => error.message);
}"""


def test_the_page_opens_without_a_network_after_the_first_visit(visit):
    page = visit("/phone/", viewport=PHONE)
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate(ACTIVE)
    assert page.evaluate(KEPT) > 15
    visit.expect_trouble(page)
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.locator("#sign-in-form").is_visible()


def test_a_captive_portals_answer_is_not_kept_as_the_page_or_one_of_its_files(visit):
    page = visit("/phone/", viewport=PHONE, bypass_csp=True)
    script = page.evaluate("new URL(document.querySelector('script[type=module]').src).pathname")
    assert len(page.evaluate(BEHIND_A_PORTAL, [])) > 15
    for path in ("/phone/", script):
        assert "not ours" in page.evaluate(BEHIND_A_PORTAL, [path])
