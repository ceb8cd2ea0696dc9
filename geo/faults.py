"""Why a row of a file is not taken, and what was mended in one that is. Codes for arrays, sentences for people."""
from enum import IntEnum, IntFlag

from django.utils.translation import gettext_lazy as _


class Fault(IntEnum):
    """0 is a row without fault. The numbers live inside one import only and are never stored."""

    NONE = 0
    NO_GEOMETRY = 1
    EMPTY_GEOMETRY = 2
    BROKEN_GEOMETRY = 3
    NOT_A_NUMBER = 4
    NOT_FINITE = 5
    OUT_OF_RANGE = 6
    NULL_ISLAND = 7
    SWAPPED = 8
    WRONG_SHAPE = 9
    TOO_FEW_POINTS = 10
    UNCLOSED_RING = 11
    COLLAPSED = 12
    TOO_MANY_VERTICES = 13
    OUTSIDE = 14
    EXTRA_CELLS = 20
    BAD_TEXT = 21
    MISSING_VALUE = 22
    BAD_NUMBER = 23
    BAD_INTEGER = 24
    BAD_DATE = 25
    BAD_MOMENT = 26
    BAD_YES_NO = 27
    BAD_CHOICE = 28
    TOO_LONG = 29
    PERSONAL = 30
    DUPLICATE_KEY = 31
    TOO_SMALL = 32
    TOO_LARGE = 33
    RULE = 34
    NOT_YOURS = 35
    ADDRESS = 36


class Repair(IntFlag):
    NONE = 0
    FLATTENED = 1
    MADE_VALID = 2
    UNWRAPPED = 4


SENTENCES = {
    Fault.NO_GEOMETRY: _("没有坐标或图形"),
    Fault.EMPTY_GEOMETRY: _("图形是空的"),
    Fault.BROKEN_GEOMETRY: _("图形无法读懂"),
    Fault.NOT_A_NUMBER: _("坐标不是数字"),
    Fault.NOT_FINITE: _("坐标是NaN或无穷大"),
    Fault.OUT_OF_RANGE: _("坐标超出范围：经度应在-180至180之间，纬度应在-90至90之间；投影坐标请选择对应的EPSG坐标系"),
    Fault.NULL_ISLAND: _("坐标为0,0，多半是没有定位"),
    Fault.SWAPPED: _("经度和纬度可能写反了：互换后落在本辖区内"),
    Fault.WRONG_SHAPE: _("图形类型与图层不符：图层需要%(wanted)s"),
    Fault.TOO_FEW_POINTS: _("图形的点太少"),
    Fault.UNCLOSED_RING: _("轮廓没有闭合：首尾两点不同"),
    Fault.COLLAPSED: _("轮廓修复后没有面积"),
    Fault.TOO_MANY_VERTICES: _("顶点太多：%(count)s个，上限%(limit)s个，请先简化"),
    Fault.OUTSIDE: _("不在任何行政区划的轮廓内"),
    Fault.EXTRA_CELLS: _("这一行的列数比表头多，可能少了引号"),
    Fault.BAD_TEXT: _("文字含有无法保存的控制字符或残缺字符"),
    Fault.MISSING_VALUE: _("必填，但没有值"),
    Fault.BAD_NUMBER: _("不是数字"),
    Fault.BAD_INTEGER: _("不是整数"),
    Fault.BAD_DATE: _("不是日期，应如2026-11-23"),
    Fault.BAD_MOMENT: _("不是时间，应如2026-11-23 10:30"),
    Fault.BAD_YES_NO: _("应为“是”或“否”"),
    Fault.BAD_CHOICE: _("不在可选值之内：%(choices)s"),
    Fault.TOO_LONG: _("超过%(limit)s个字"),
    Fault.PERSONAL: _("像是%(kind)s：本系统只记地方不记人，请删去"),
    Fault.ADDRESS: _("像是网络地址或视频流地址：本系统不登记取流地址，请删去"),
    Fault.DUPLICATE_KEY: _("编号与第%(other)s行重复"),
    Fault.TOO_SMALL: _("应不小于%(limit)s"),
    Fault.TOO_LARGE: _("应不大于%(limit)s"),
    Fault.RULE: _("“%(fields)s”的值超出允许范围，或没有同时填写"),
    Fault.NOT_YOURS: _("不在您的辖区内"),
}
REPAIRS = {
    Repair.FLATTENED: _("去掉了高程，只留平面坐标"),
    Repair.MADE_VALID: _("轮廓自相交，已修复"),
    Repair.UNWRAPPED: _("多点中只有一个点，已按单点处理"),
}
# What GEOS says of an outline that crosses itself.
CROSSINGS = {
    "Self-intersection": _("轮廓自相交"),
    "Ring Self-intersection": _("环在一点上自相接"),
    "Hole lies outside shell": _("洞在轮廓之外"),
    "Holes are nested": _("洞中有洞"),
    "Interior is disconnected": _("轮廓被洞分成几块"),
    "Nested shells": _("几块轮廓互相包含"),
    "Duplicate Rings": _("同一个环画了两次"),
}
SHAPES = {"point": _("点"), "line": _("线"), "area": _("面")}
PERSONAL = {"id_card": _("身份证号"), "mobile": _("手机号"), "phone": _("电话号码"), "plate": _("车牌号"), "address": _("网络地址")}


def sentence(fault: Fault, **params) -> str:
    """What is wrong, in the reader's language. `params` are those that the sentence names."""
    return str(SENTENCES[Fault(fault)]) % params


def repair_sentence(repair: Repair) -> str:
    return "；".join(str(REPAIRS[part]) for part in Repair(repair))
