import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import pii

TEXTS = Path(__file__).resolve().parents[3] / "shared/payloads/pii/texts.json"


def kinds(text):
    return [finding.kind for finding in pii.find(text)]


def test_guard_agrees_with_the_shared_texts():
    if not TEXTS.exists():
        pytest.skip("the shared texts are not beside this checkout")
    for row in json.loads(TEXTS.read_text(encoding="utf-8")):
        assert kinds(row["t"]) == row["warn"], row["t"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("11010519491231002X", "id_card"),
        ("１１０１０５１９４９１２３１００２Ｘ", "id_card"),
        ("11010519491231002x", "id_card"),
        ("号码：110105 1949 1231 002X。", "id_card"),
        ("+86 138-0013-8000", "mobile"),
        ("8613800138000", "mobile"),
        ("013800138000x"[1:-1], "mobile"),
        ("（0955）5021234", "phone"),
        ("0955－5021234", "phone"),
        ("宁E12345", "plate"),
        ("宁e·12345", "plate"),
        ("京AD12345", "plate"),
        ("宁E1234警", "plate"),
    ],
)
def test_a_persons_number_is_found(text, kind):
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "110105194912310021",
        "64052110000113800138",
        "61010000001320000001",
        "640521100001",
        "2026-11-23 10:00:00",
        "20261123",
        "宁安镇",
        "宁A小区",
        "宁EABCDE",
        "备案号 NX-2025-000123",
        "1380013800",
        "邮编 755100",
        "105.678901,37.490123",
        "12000000000",
    ],
)
def test_other_numbers_are_left_alone(text):
    assert kinds(text) == []


def test_position_is_that_of_the_text_as_given():
    text = "电话 １３８ ００１３ ８０００ 转"
    (found,) = pii.find(text)
    assert text[found.start : found.end] == "１３８ ００１３ ８０００"


@given(st.lists(st.text(alphabet="0123456789０９Xx -－宁陕EAa()（） 市", max_size=30) | st.none(), max_size=20))
def test_column_and_text_agree(texts):
    rows, found = pii.find_in_column(pa.array(texts, pa.string()))
    assert dict(zip(rows.tolist(), found, strict=True)) == {
        row: kinds(text)[0] for row, text in enumerate(texts) if text and kinds(text)
    }


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:1@10.0.0.8:554/h264", "RTSP：//10.0.0.8", "ｒｔｓｐ：／／10.0.0.8／１", "看 http://nvr.local/1 。", "rtmp://a/b",
        "sip:3402@3402", "192.168.1.64", "地址10.12.0.7", "202.100.5.6:554", "202.100.5.6 : 8000", "172.16.0.1/24", "nvr.example.cn:8000",
        "www.example.cn", "cam.example.com/live", "file:\\\\host\\share", "设备IP：192.168.0.2",
    ],
)  # fmt: skip
def test_a_network_address_is_found_also_in_a_column(text):
    assert kinds(text) == ["address"]
    rows, found = pii.find_in_column(pa.array(["无", text]))
    assert (rows.tolist(), found) == ([1], ["address"])


@pytest.mark.parametrize(
    "text",
    [
        "时间：10:30", "比例1:500", "第3.1.2节", "1.1.2.1", "8.8.8.8", "东经105.67", "文件.xlsx", "34020000001320000001", "V1.2.3",
        "ONVIF：支持", "3.5米/处", "24小时/日", "A.B区", "N:1", "12.5:30",
    ],
)  # fmt: skip
def test_what_only_looks_like_an_address_is_let_through(text):
    assert kinds(text) == []
