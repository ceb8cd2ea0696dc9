"""The phone page as files: what the service worker keeps, under which version, and the wordings of the scripts."""

import hashlib
import json

from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

MODULES = (
    "app", "bodies", "dom", "duty", "log_screen", "nearby", "outbox", "patrol_screen", "photo_upload", "pictures", "pii", "queue_screen",
    "rescue", "sender", "settings_screen", "sign_in", "sketch", "store", "tracker", "wire",
)  # fmt: skip
ICONS = (("192", "any"), ("512", "any"), ("512-maskable", "maskable"))


def modules() -> list[str]:
    return [static(f"patrol/phone/{name}.js") for name in MODULES]


def files() -> list[str]:
    """What the page is made of, beside its own HTML; the names change with what is in them."""
    icons = [static(f"patrol/phone/icon-{size}.svg") for size, _purpose in ICONS]
    return [static("patrol/phone/phone.css"), static("geo/icon.svg"), reverse("phone_manifest"), *icons, *modules()]


def shell() -> str:
    """The page: nothing in it depends on who asks, only on the language."""
    language = translation.get_language()
    context = {"modules": modules(), "texts": texts(), "language": language, "other_language": "en" if language != "en" else "zh-hans"}
    return render_to_string("patrol/phone.html", context)


def version(html: str) -> str:
    return hashlib.sha256(json.dumps([html, files(), manifest()], default=str).encode()).hexdigest()[:16]


def manifest() -> dict:
    icons = [{"src": static("geo/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}]
    for name, purpose in ICONS:
        size = name.split("-")[0]
        source = static(f"patrol/phone/icon-{name}.svg")
        icons.append({"src": source, "sizes": f"{size}x{size}", "type": "image/svg+xml", "purpose": purpose})
    return {
        "id": "/phone/", "name": _("四无巡逻"), "short_name": _("四无巡逻"), "start_url": "/phone/", "scope": "/phone/", "display": "standalone",
        "lang": translation.get_language(), "background_color": "#12181d", "theme_color": "#1b4f72", "icons": icons,
    }  # fmt: skip


def texts() -> dict[str, str]:
    """Wordings that the scripts put in; {name} is filled in there."""
    return {
        "unsent": _("未发送 {n}"), "all_sent": _("全部已发送"), "refused_count": _("被拒 {n}"),
        "sending": _("正在发送…"), "retry_in": _("连不上服务器，{s}秒后再试。内容都在手机上。"),
        "busy_retry": _("服务器忙，{s}秒后再试。内容都在手机上。"), "offline": _("没有网络。内容都在手机上，有信号后自动发送。"),
        "no_shift": _("现在没有您的班次"), "next_shift": _("下一班：{when} {team}"), "no_next": _("72小时内没有排班。"),
        "no_beat": _("未指定巡区"), "beat": _("巡区：{name}"), "station": _("岗亭：{name}"), "crew": _("当班 {n} 人"),
        "duty_at": _("班次更新于 {when}"), "duty_never": _("还没有取到班次，请在有信号时打开一次。"),
        "state_off": _("未开始"), "state_on": _("巡逻中"), "state_paused": _("已暂停"), "since": _("{when} 开始，已 {h}小时{m}分"),
        "points": _("已记录 {n} 个定位点"), "fix": _("定位误差约 {m} 米，{s} 秒前"), "no_fix": _("正在等待定位…"),
        "geo_denied": _("定位权限被拒绝：现在不记录轨迹。请在浏览器设置中允许本网站定位。"),
        "geo_unavailable": _("手机现在得不到定位，走到空旷处再看。"), "geo_timeout": _("定位超时，仍在尝试。"),
        "geo_unsupported": _("这个浏览器不能定位。"), "geo_storage": _("手机存储写不进去，请清理空间。"),
        "wake_on": _("屏幕保持常亮"), "wake_off": _("屏幕可能自动熄灭：熄屏时不记录，请勿锁屏"),
        "wake_refused": _("手机不允许保持常亮（可能是省电模式）：请勿锁屏"), "wake_unsupported": _("这个浏览器不能保持屏幕常亮：请勿锁屏"),
        "no_shift_ask": _("现在没有您的班次：班次外的轨迹不保存，日志照常。仍要开始吗？"),
        "end_ask": _("结束本次巡逻？结束后不再记录。"), "sketch": _("巡区草图：{name}，上北下南，横向约 {m} 米"), "no_sketch": _("没有巡区图形"),
        "sketch_here": _("您在图中圆点处"), "place_none": _("不关联地点"), "place_row": _("{name}（{m} 米）"),
        "position_wait": _("正在取位置…"), "position_none": _("没有位置，仍可保存"), "position_ok": _("位置误差约 {m} 米"),
        "saved": _("已存在手机上，将自动发送。"), "photos": _("{n} 张照片"), "photo_bad": _("这个文件不是能打开的照片。"),
        "photo_remove": _("去掉第 {n} 张照片"), "photo_most": _("最多 {n} 张照片。"), "photo_alt": _("第 {n} 张照片"),
        "pii_id_card": _("“{text}”像身份证号，服务器不会接收，请删去。"), "pii_mobile": _("“{text}”像手机号，服务器不会接收，请删去。"),
        "pii_plate": _("“{text}”像车牌号，服务器不会接收，请删去。"),
        "kind_visit": _("走访"), "kind_hazard": _("隐患"), "kind_help": _("救助"), "kind_facility": _("设施损坏"),
        "what_started": _("开始巡逻"), "what_paused": _("暂停"), "what_resumed": _("继续"), "what_hidden": _("熄屏或切换"),
        "what_shown": _("回到页面"), "what_ended": _("结束巡逻"), "what_points": _("轨迹第{chunk}段，{n}个点"),
        "item_waiting": _("未发送"), "item_photo": _("日志已收到，照片未传完"), "item_refused": _("被拒"), "item_sent": _("已发送"),
        "item_other": _("属于账号 {name}，用该账号登记后才发送，或导出"), "tried": _("试过 {n} 次"), "receipt": _("回执号 {n}"),
        "dropped": _("{n} 个点在班次外，未保存"), "reason": _("原因：{text}"), "reason_none": _("服务器没有说明原因（{status}）"),
        "dismiss": _("清除"), "dismiss_ask": _("从手机上删除这一条？服务器没有接收它。"), "dismiss_label": _("清除：{what}"),
        "list_none_waiting": _("没有未发送的内容。"), "list_none_sent": _("这七天没有已发送的内容。"), "list_none_refused": _("没有被拒的内容。"),
        "unreadable": _("有 {n} 条内容读不出来（加密钥匙已丢失），仍留在手机上。"), "fixes_open": _("另有 {n} 个定位点，满一分钟或暂停时编成一段。"),
        "persist_yes": _("浏览器已同意长期保存，空间不足时不会自动清除。"),
        "persist_no": _("浏览器没有同意长期保存：空间不足或长期不用时可能清除，请及时发送，并把本页添加到主屏幕。"),
        "persist_unsupported": _("这个浏览器不说明是否长期保存，请及时发送。"),
        "sign_out_ask": _("退出后这台手机不再能发送。"),
        "sign_out_unsent": _("还有 {n} 条没有发送！退出后它们留在手机上，同一账号重新登记才会发送。建议先导出。仍要退出吗？"),
        "sign_out_patrol": _("巡逻还没有结束，请先结束。"), "exported": _("已导出 {n} 条。文件没有加密，只交给本单位民警。"),
        "export_none": _("没有可导出的内容。"), "code_bad": _("二维码无效、已用过或已过期，请重新生成。"),
        "code_none": _("请扫描二维码，或粘贴登记链接。"), "code_net": _("连不上服务器，请在有信号时再试。"),
        "signed_in": _("已登记为 {name}。"), "again": _("登记已失效，请重新扫码登记。没有发送的内容都在，登记后继续发送。"),
        "clock_off": _("手机时间与服务器相差 {m} 分钟，请校准手机时间。"), "updated": _("页面已更新，重新打开后生效。"),
        "device_name": _("手机"), "confirm_yes": _("确定"), "kilobytes": _("{n} KB"),
    }  # fmt: skip
