"""What a compound can do about a criterion, in plain words. Pure: takes a published reason, gives a sentence."""
from django.utils.translation import gettext_lazy as _

from zones.rating import Reason

# By criterion; what is not named here is advised in general words.
_BY_CODE = {
    "theft": _("看好门：修好单元门、门禁和围墙缺口，夜间有人值守，车棚加锁加灯。"),
    "drugs": _("锁好空置房、地下室和车库的门，发现异常及时向派出所反映。"),
    "crime": _("补齐公共照明和监控盲区，发生纠纷及早请村（社区）调解。"),
    "fire": _("清理楼道和消防通道，电动自行车不进楼，检查用电用气。"),
    "access_control": _("装好、修好单元门禁。"),
    "lighting": _("修好公共照明。"),
    "fire_lanes": _("打通消防通道，清走占道的车和杂物。"),
    "working_cameras": _("修好公共区域的监控。"),
    "open_issues": _("把挂号的问题整改销号。"),
    "closed_issues": _("把挂号的问题整改销号。"),
    "fire_hazard": _("逐项整改未销号的火灾隐患，整改后申请复查。"),
    "no_fire_check": _("申请一次消防检查；没有检查不评定。"),
    "households_unknown": _("由管理单位向村（社区）报户数；户数不明不评定。"),
    "register_incomplete": _("由乡镇补齐警情登记或零报告；登记不全不评定。"),
}
_IN_GENERAL = _("对照标准把这一项降到黄线以下。")


def advice(reason: Reason) -> str:
    """Empty where there is nothing to do."""
    if reason.level not in ("red", "yellow", "missing") or reason.code == "too_few_households":
        return ""
    return str(_BY_CODE.get(reason.code, _IN_GENERAL))
