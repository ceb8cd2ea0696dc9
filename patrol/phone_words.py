"""What the phone page says from its scripts."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    return {
        "waiting": _("未发送"), "refused": _("被拒绝"), "sent": _("已发送"), "none_waiting": _("全部已发送"),
        "event_started": _("开始巡逻"), "event_paused": _("暂停"), "event_resumed": _("继续"), "event_ended": _("结束巡逻"),
        "event_hidden": _("熄屏或离开页面"), "event_shown": _("回到页面"), "track": _("轨迹"), "points": _("个点"),
        "log_visit": _("走访"), "log_hazard": _("隐患"), "log_help": _("救助"), "log_facility": _("设施损坏"),
        "photo": _("张照片"), "receipt": _("回执"), "dismiss": _("知道了，删除"), "retry_soon": _("等待重试"),
        "why_unreached": _("连不上服务器，内容都在手机里，有信号时自动发送。"), "why_busy": _("服务器忙，稍后自动重试。"),
        "why_photo": _("照片还没有传完，会接着传。"), "why_sign_in": _("登记已失效，请扫新的二维码重新登记。内容都还在手机里。"),
        "on": _("巡逻中"), "paused": _("已暂停"), "off": _("未开始"), "no_shift": _("现在没有安排班次，开始后记为计划外巡逻。"),
        "no_duty": _("还没有取到排班。有信号时点“更新排班”。"), "until": _("至"), "next": _("下一班"), "duty_at": _("排班更新于"),
        "position_none": _("正在等待定位…"), "position_denied": _("没有定位权限：请在浏览器设置里允许本页使用位置。"),
        "position_unavailable": _("收不到定位信号，请到开阔处。"), "position_timeout": _("定位超时，继续等待。"),
        "position_unsupported": _("这个浏览器不能定位。"), "position_storage": _("手机存储已满或不可用，请导出后清理。"),
        "accuracy": _("精度"), "metre": _("米"), "recorded": _("已记录"), "wake_on": _("屏幕保持常亮"),
        "wake_off": _("屏幕可能熄灭"), "wake_refused": _("不能保持屏幕常亮（省电模式？）"), "wake_unsupported": _("浏览器不支持屏幕常亮"),
        "kept": _("浏览器承诺保留本页数据"), "not_kept": _("浏览器可能清理本页数据，请把本页添加到主屏幕"),
        "place_other": _("其他位置"), "place_guess": _("最近"), "no_position": _("没有定位，按单位记录"),
        "pii": _("像是个人号码，不能填写，请删去："), "photo_bad": _("这个文件不是能读的照片。"), "saved": _("已保存在手机里"),
        "nothing": _("没有内容"), "signed_in": _("登记成功"), "code_bad": _("二维码无效、已用过或已过期，请重新生成。"),
        "unreached": _("连不上服务器，请到有信号的地方再试。"), "end_sure": _("确定结束这次巡逻？"),
        "out_sure": _("还有未发送的内容。退出后它们仍保留在手机里，等这个账号重新登记后发送。确定退出？"),
        "out_plain": _("确定退出登记？"), "night": _("夜间"), "day": _("日间"), "unreadable": _("条内容无法读取，已保留"),
        "flag_outside_shift": _("班次外的点已丢弃"), "flag_clock_suspect": _("手机时间可疑"), "flag_mock": _("含模拟定位"),
        "flag_expired": _("时间太久，未保存"), "flag_outside_territory": _("位置在辖区外"), "flag_unknown_shift": _("班次不符"),
        "flag_unknown_place": _("地点不存在"), "flag_speed_suspect": _("速度异常"),
        "other_tab": _("本页已在另一个标签页打开，请到那里操作，或先关掉它再刷新。"),
        "sketch": _("巡区示意图"), "here": _("当前位置"),
    }  # fmt: skip
