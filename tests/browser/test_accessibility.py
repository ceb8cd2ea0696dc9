"""Every page with axe, in light and dark, on a desk and on a phone; and with the keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.pages import tour
from tests.browser.test_languages import english_on
from tests.browser.visits import DESK, PHONE, drawn, scrolls_sideways

pytestmark = pytest.mark.browser

OWN_ENTRY_IN_SIGHT = """() => {
  const entry = document.querySelector("header.bar nav [aria-current]")?.getBoundingClientRect();
  return !entry || (entry.left >= 0 && entry.right <= innerWidth);
}"""


COLOURS = ["color-contrast", "link-in-text-block"]
DARK = {"runOnly": {"type": "rule", "values": COLOURS}}
# All rules see the light page; of the dark one only its colours differ. A desk shows what a phone has folded away.
LOOKS = ((PHONE, "light", {}), (PHONE, "dark", DARK), (DESK, "light", {}), (DESK, "dark", DARK))


VIOLATIONS = "async (options) => (await axe.run(document, options)).violations"
# A list's rows that are built alike are judged alike, so two of them stay: the same elements with the same attributes, but for
# the attributes that name or place one thing, and text, of which it counts whether there is any.
HIDE_TWINS = """() => {
  const own = new Set(["id", "for", "href", "src", "name", "value", "title", "alt", "datetime", "d", "x", "y", "cx", "cy", "r", "x1", "x2",
    "y1", "y2", "points", "transform", "width", "height", "aria-label", "aria-labelledby", "aria-describedby", "aria-controls"]);
  const told = ({name, value}) => `${name}=${own.has(name) || name.startsWith("data-") ? Boolean(value.trim()) : value}`;
  const built = (each) => [each.tagName, ...[...each.attributes].map(told), Boolean(each.textContent.trim()),
    "(", ...[...each.children].map(built), ")"].join(" ");
  for (const list of document.querySelectorAll("main *")) {
    if (list.children.length < 4) continue;
    const met = new Map();
    for (const each of list.children) {
      const key = built(each);
      met.set(key, (met.get(key) ?? 0) + 1);
      if (met.get(key) > 2) each.style.display = "none";
    }
  }
}"""


def serious(page, rules: dict | None = None) -> list[str]:
    """What axe calls serious or critical. Its script goes into each page once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(VIOLATIONS, {"resultTypes": ["violations"], **(rules or {})})
    return [
        f"{rule['id']}: {node['target']} {node['html'][:160]} {(node.get('any') or [{}])[0].get('message', '')}"
        for rule in found
        for node in rule["nodes"]
        if rule["impact"] in ("serious", "critical")
    ]


def barriers_of(page) -> list[str]:
    """Of a page that is open at a phone's width, in every look; it is left as it was but for the rows that are twins."""
    page.evaluate(HIDE_TWINS)
    found = []
    for size, scheme, rules in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        found += [f"{size['width']}, {scheme}: {each}" for each in serious(page, rules)]
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    return found


@pytest.mark.as_loaded
def test_no_page_has_a_serious_barrier_on_phone_or_desk_in_light_or_dark_or_an_english_word(visit, ask):
    """Each page is opened on a phone and then given a desk's width, so that it is loaded once."""
    barriers, wide, hidden, english = [], [], [], {}
    for one, page in tour(visit, ask, viewport=PHONE):
        if words := english_on(one, page, ask):
            english[one.name] = words
        if not page.evaluate(OWN_ENTRY_IN_SIGHT):
            hidden.append(one.name)
        for size in (DESK, PHONE):
            page.set_viewport_size(size)
            if scrolls_sideways(page):
                wide.append(f"{one.name} {size['width']}")
        barriers += [f"{one.name}, {found}" for found in barriers_of(page)]
    assert not barriers, "\n".join(barriers)
    assert not wide, f"wider than the screen: {wide}"
    assert not hidden, f"the bar hides the page's own entry: {hidden}"
    assert not english, "\n".join(f"{name}: {words}" for name, words in english.items())


@pytest.mark.parametrize(
    ("path", "account", "first"),
    [
        (
            "/", "",
            ["跳到正文", "四无", "English", "工作人员登录", "小区等级", "四无评比", "比一比", "自己算一遍", "公开通报",
             "开放数据", "公布记录", "示范区", "项目公示", "群众监督", "数据与访问公开"],
        ),
        (
            "/ratings/", "county",
            ["跳到正文", "四无", "通知", "English", "账号安全", "退出", "一张图", "数据台账", "警务覆盖", "监控点", "巡逻防控", "重点整治",
             "排查检查", "问题挂号", "定期任务", "通报", "群众监督", "四无评定", "平安创建", "规划", "标准参数", "数据导入",
             "我的数据访问", "公众页面"],
        ),
    ],
)
def test_focus_goes_the_way_the_page_is_read(visit, path, account, first):
    page = visit(path, account=account)
    if path == "/":
        drawn(page)
    assert page.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").count() == 0
    told = []
    for _ in first:
        page.keyboard.press("Tab")
        told.append(page.evaluate("document.activeElement.innerText.trim().split(/\\s/)[0]"))
    assert told == first
    for _ in range(12):
        page.keyboard.press("Tab")
        at = page.locator("main :focus")
        assert at.count() == 1 and at.evaluate("each => getComputedStyle(each).outlineStyle") != "none", told


def test_signing_in_needs_no_mouse_and_a_mistake_is_told_to_a_screen_reader(visit):
    page = visit("/account/login/")
    for text in ("county", "not-the-password"):
        while page.evaluate("!document.activeElement.matches('main input:not([type=hidden])') || document.activeElement.value !== ''"):
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert "密码" in alert.inner_text()
