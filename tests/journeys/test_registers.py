"""An officer narrows a register, keeps the list, corrects what is missing in one go, and takes a file that comes back unchanged."""
import pytest

from tests.browser.visits import PATIENCE_MS

pytestmark = pytest.mark.browser

UNMANAGED = "SELECT count(*) FROM geo_compound WHERE kind = 'open_yard' AND manager_unit = ''"
UNDO = 'from geo.models import Compound; Compound.objects.everywhere("test").filter(manager_unit="旅程物业").update(manager_unit="")'


@pytest.fixture
def as_before(demo_server):
    yield
    demo_server.manage("shell", "-c", UNDO)


def test_officer_narrows_keeps_corrects_and_exports_a_register(visit, ask, demo_server, as_before, tmp_path):
    [(count,)] = ask(UNMANAGED)
    page = visit("/objects/", account="county")
    page.get_by_role("link", name="居民小区").click()
    page.get_by_text("更多条件").click()
    page.get_by_label("开放院落").check()
    page.get_by_role("group", name="缺少任一项").get_by_label("管理单位").check()
    page.get_by_role("button", name="查询").click()
    page.wait_for_selector(".told")
    assert f"{count} 条" in page.inner_text(".list-head") and page.locator(".told li").count() == 2

    page.get_by_text("保存为常用列表").click()
    page.fill("#view-name", "没有管理单位的院落")
    page.get_by_role("button", name="保存", exact=True).click()
    page.goto("/objects/compounds/")
    page.get_by_role("link", name="没有管理单位的院落").click()
    assert f"{count} 条" in page.inner_text(".list-head")

    page.get_by_role("button", name=f"批量修改符合条件的全部 {count} 条").click()
    page.locator("[name=change][value=manager_unit]").check()
    page.get_by_label("管理单位的新值").fill("旅程物业")
    page.get_by_role("button", name="看改动").click()
    page.wait_for_selector("table.changes")
    assert page.inner_text("table.changes tbody").split() == ["管理单位", "空", "旅程物业", str(count)]
    page.get_by_role("button", name="写入").click()
    assert f"已修改{count}个对象" in page.inner_text(".messages")
    assert ask(UNMANAGED) == [(0,)]

    page.goto("/objects/compounds/?manager_unit=旅程物业")
    page.get_by_label("导出", exact=True).select_option("gpkg")
    with page.expect_download(timeout=PATIENCE_MS) as download:
        page.get_by_role("button", name="导出文件").click()
    file = tmp_path / "compounds.gpkg"
    download.value.save_as(file)
    assert download.value.suggested_filename.startswith("居民小区-")
    told = demo_server.manage("import_layer", "compounds", str(file), "--datum", "wgs84")
    assert f"读到{count}个要素：新增0，变更0，未变{count}，退回0" in told
