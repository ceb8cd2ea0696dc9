import datetime

import pyarrow as pa
import pytest

from geo.faults import Fault
from geo.importing.values import Target, as_text, parse

UTC = datetime.UTC


def parsed(values, kind, arrow=None, **options):
    found = parse(pa.array(values, arrow), Target("f", "字段", kind, **options))
    return list(zip(found.values.to_pylist(), [Fault(code).name for code in found.faults], strict=True))


def one(value, kind, arrow=None, **options):
    return parsed([value], kind, arrow, **options)[0]


@pytest.mark.parametrize(
    ("column", "text"),
    [
        (pa.array(["\u3000甲 ", "", None]), ["甲", None, None]),
        (pa.array([640521100001, None]), ["640521100001", None]),
        (pa.array([640521100001.0, 1.5, None]), ["640521100001", "1.5", None]),
        (pa.array([True, None]), ["true", None]),
    ],
)
def test_any_column_becomes_text_as_people_see_it(column, text):
    assert as_text(column).to_pylist() == text


def test_text_is_trimmed_measured_and_guarded():
    assert parsed([" 甲 ", None, "一二三四", "a\x07"], "text", pa.string(), limit=3) == [
        ("甲", "NONE"), (None, "NONE"), (None, "TOO_LONG"), (None, "BAD_TEXT")
    ]  # fmt: skip
    found = parse(pa.array(["联系电话13800138000", "好"]), Target("f", "字段", "text"))
    assert found.faults.tolist() == [Fault.PERSONAL, 0] and found.personal == {0: "mobile"}


def test_blank_is_what_the_field_means_by_it():
    assert one("", "text", required=True) == (None, "MISSING_VALUE")
    assert one("", "text", blank="") == ("", "NONE")
    assert one(None, "integer", pa.string()) == (None, "NONE")


def test_choices_are_known_by_value_and_by_label():
    choices = {"old": "old", "老旧小区": "old", "gated": "gated"}
    assert parsed(["老旧小区", "OLD", "新", None], "choice", choices=choices, blank="other") == [
        ("old", "NONE"), ("old", "NONE"), (None, "BAD_CHOICE"), ("other", "NONE")
    ]  # fmt: skip


def test_numbers_are_read_from_text_and_numbers():
    assert parsed(["12", " 12.0 ", "12.5", "一", "+3", ""], "integer") == [
        (12, "NONE"), (12, "NONE"), (None, "BAD_INTEGER"), (None, "BAD_INTEGER"), (3, "NONE"), (None, "NONE")
    ]  # fmt: skip
    assert parsed([12.0, 12.5], "integer") == [(12, "NONE"), (None, "BAD_INTEGER")]
    assert parsed([-1, 5, 99999], "integer", minimum=0, maximum=32767) == [(None, "TOO_SMALL"), (5, "NONE"), (None, "TOO_LARGE")]
    assert parsed(["1.5", "1e2", "nan", "inf"], "number") == [(1.5, "NONE"), (100.0, "NONE"), (None, "BAD_NUMBER"), (None, "BAD_NUMBER")]
    assert one(float("nan"), "number") == (None, "BAD_NUMBER")


def test_yes_and_no_are_read_in_chinese_and_english():
    assert parsed(["是", "有", "Y", "1"], "yes_no") == [(True, "NONE")] * 4
    assert parsed(["否", "无", "no", "0"], "yes_no") == [(False, "NONE")] * 4
    assert parsed(["也许", ""], "yes_no") == [(None, "BAD_YES_NO"), (None, "NONE")]
    assert parsed([1, 0], "yes_no") == [(True, "NONE"), (False, "NONE")]


@pytest.mark.parametrize("text", ["2026-11-03", "2026/11/3", "2026.11.03", "20261103", "2026年11月3日", "2026-11-03 10:30:00"])
def test_dates_of_many_makes_are_one_day(text):
    assert one(text, "date") == (datetime.date(2026, 11, 3), "NONE")


@pytest.mark.parametrize("text", ["2026-02-30", "2026-13-01", "202611", "26-11-03", "3/11/2026", "昨天", "0000-00-00", "45000"])
def test_what_is_no_day_is_refused(text):
    assert one(text, "date") == (None, "BAD_DATE")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-03 10:30", (2026, 11, 3, 2, 30)),
        ("2026-11-03T10:30:00", (2026, 11, 3, 2, 30)),
        ("2026/11/3 10:30:00", (2026, 11, 3, 2, 30)),
        ("2026年11月3日10时30分", None),
        ("2026年11月3日 10时30分", (2026, 11, 3, 2, 30)),
        ("2026-11-03T10:30:00Z", (2026, 11, 3, 10, 30)),
        ("2026-11-03 10:30:00+08:00", (2026, 11, 3, 2, 30)),
        ("2026-11-03", (2026, 11, 2, 16, 0)),
        ("2026-11-03 25:00", None),
        ("10:30", None),
    ],
)
def test_moments_without_offset_are_of_shanghai(text, moment):
    wanted = (datetime.datetime(*moment, tzinfo=UTC), "NONE") if moment else (None, "BAD_MOMENT")
    assert one(text, "moment") == wanted


def test_typed_moments_and_days_keep_their_meaning():
    naive = datetime.datetime(2026, 11, 3, 10, 30)
    assert one(naive, "moment")[0] == datetime.datetime(2026, 11, 3, 2, 30, tzinfo=UTC)
    assert one(naive.replace(tzinfo=UTC), "moment")[0] == naive.replace(tzinfo=UTC)
    assert one(naive, "date")[0] == naive.date()
    assert one(naive.date(), "date")[0] == naive.date()
