"""Search as its users know it, and as a plain reading of its rules has it."""
import pytest

from geo.search import search
from tests import cast

pytestmark = pytest.mark.django_db

NAMES = ("振兴小区", "振兴小区二期", "新振兴家园", "振华苑", "长滩小区", "Ａ座（东区）公寓", "12号院")


@pytest.fixture
def town():
    cast.territory()
    for number, name in enumerate(NAMES):
        cast.compound(name, 105.61 + number * 0.004, 37.48, cast.WEST_SOUTH, source_key=f"NX-{number:04d}")
    return cast.county_officer()


def names(user, text: str, **options) -> list[str]:
    return [hit.found.name for hit in search(user, text, limit=20, **options)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("振兴小区", ["振兴小区", "振兴小区二期"]),
        ("振兴", ["振兴小区", "振兴小区二期", "新振兴家园"]),
        ("兴家", ["新振兴家园"]),
        ("zxxq", ["振兴小区", "振兴小区二期"]),
        ("zhenxingxiaoqu", ["振兴小区", "振兴小区二期"]),
        ("zhenxingxiaoqi", ["振兴小区"]),
        ("振心小区", ["振兴小区"]),
        ("振小区", ["振兴小区"]),
        ("NX-0003", ["振华苑"]),
        ("nx0003", ["振华苑"]),
        ("a座东区", ["Ａ座（东区）公寓"]),
        ("12号", ["12号院"]),
        ("西南社区", ["西南社区"]),
        (cast.WEST, ["西镇", "西南社区", "西北村"]),
        ("没有这样的地方", []),
    ],
)
def test_officer_finds(town, text, found):
    assert names(town, text) == found
