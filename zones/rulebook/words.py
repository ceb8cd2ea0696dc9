"""What the values of a standard are called: those of JSON documents here, columns by their own names."""
from django.utils.translation import gettext_lazy as _

WORDS = {
    "figures": _("数值"), "items": _("条目"), "kinds": _("各类设施的默认值"), "document": _("指标设定"), "indicators": _("指标"),
    "categories": _("问题类别"), "rules": _("定期任务"), "cost": _("费用"), "name": _("名称"), "name_en": _("英文名称"),
    "text": _("内容"), "text_en": _("英文内容"), "unit": _("单位"), "unit_en": _("英文单位"), "source": _("来源"),
    "source_en": _("英文来源"), "part": _("部分"), "stage": _("用于"), "line": _("界线"), "low": _("参照下限"), "high": _("参照上限"),
    "points": _("默认分值"), "least_known": _("指标至少齐全的比例"),
    # patrols
    "accuracy_at_most_m": _("定位误差至多（米）"), "speed_at_most_kmh": _("速度至多（公里/时）"), "gap_after_s": _("超过多少秒算中断"),
    "gap_after_m": _("超过多少米算中断"), "reach_kmh": _("推算可达的速度（公里/时）"), "motor": _("机动"), "foot": _("徒步"),
    "stop_radius_m": _("停留半径（米）"), "stop_after_s": _("多少秒算停留"), "visit_after_s": _("多少秒算到访"),
    "visit_speed_at_most_kmh": _("到访时速度至多（公里/时）"), "visit_speed_after_s": _("慢行多少秒算到访"),
    "visit_joins_within_s": _("间隔多少秒内并为一次"), "present_hour_s": _("一小时内多少秒算在岗"),
    "compound_surroundings_m": _("小区周边（米）"), "street_corridor_m": _("街道两侧（米）"),
    "shift_grace_minutes": _("班次前后宽限（分钟）"),
    "rest_hours": _("两班之间休息（小时）"), "week_hours_at_most": _("每周至多（小时）"),
    "patrol_closes_after_hours": _("未结束的巡逻多少小时后关闭"),
    "quiet_after_minutes": _("多少分钟无消息提示"), "due_ahead_minutes": _("提前显示班次（分钟）"), "clock_off_s": _("时钟相差多少秒存疑"),
    "clock_ahead_s": _("时钟超前多少秒存疑"), "tracks_kept_days": _("原始轨迹保留（天）"), "photo_kept_days": _("未传完的照片保留（天）"),
    # register
    "verify_within_m": _("现场核查距离（米）"), "verify_accuracy_at_most_m": _("现场定位误差至多（米）"),
    "recheck_after_weeks": _("销号后几周回查"), "due_soon_days": _("提前几天提醒"), "escalate_overdue_days": _("逾期几天上报"),
    "village": _("村（社区）"), "town": _("乡镇"), "duplicate_within_m": _("多少米内提示重复"), "sweep_days": _("补登几天内的巡逻隐患"),
    # public doors
    "appeal_window_days": _("申诉期（天）"), "answer_working_days": _("答复期限（工作日）"), "feedback": _("意见"), "appeal": _("申诉"),
    "reply": _("管理单位说明"), "reinspection": _("复查申请"), "photos_at_most": _("照片至多（张）"), "photo_mb": _("每张照片至多（MB）"),
    "form_seconds_at_least": _("填表至少（秒）"), "form_hours_at_most": _("表单有效（小时）"), "work_bits": _("防刷计算难度（位）"),
    "tries_an_hour": _("每个网络每小时尝试（次）"), "tries_a_minute_by_all": _("全部网络每分钟尝试（次）"),
    "sent_an_hour": _("每个网络每小时提交（件）"), "sent_an_hour_by_all": _("全部网络每小时提交（件）"), "with_work": _("完成防刷计算的"),
    "without_work": _("未做防刷计算的"), "same_text_days": _("相同内容不再收（天）"), "manager_code_days": _("管理单位验证码有效（天）"),
    # assessments, siting
    "notice_days": _("公示（天）"), "meetings_at_least": _("会议至少（次）"), "police_room": _("警务室"), "kiosk": _("治安岗亭"),
    "checkpoint": _("卡点"), "camera": _("监控点"), "reach_m": _("服务距离（米）"),
    "site_count": _("新建个数"), "cost_new": _("新建费用（万元）"),
    "cost_inside": _("借用场所费用（万元）"), "view_angle_deg": _("视角（度）"),
}  # fmt: skip
# What the code goes by: shown with its word where it has one, never changed.
FIXED = {
    "listing": _("挂牌"), "acceptance": _("验收"), "delisting": _("摘牌"), "legality": _("合法性"), "reasonableness": _("合理性"),
    "feasibility": _("可行性"), "controllability": _("可控性"),
}  # fmt: skip
SHOWN_ONLY = {"part", "stage", "year"}
# Lists of kinds of places, told by their titles; which there are is the page of kinds.
PLACE_KINDS = {"place_kinds", "public_kinds", "forbidden_kinds", "crowded_kinds", "key_unit_kinds"}
HIDDEN = {
    "key", "code", "measure", "compare", "direction", "demand", "method", "rules", "presence_layers", "log_categories", "issue_categories",
}  # fmt: skip
# Smallest and largest value where a figure has limits of its own; tracks are never kept without an end.
BOUNDS = {"tracks_kept_days": (1, 365), "photo_kept_days": (1, 90), "work_bits": (8, 22), "photos_at_most": (0, 10), "photo_mb": (1, 40)}
LARGEST = 1_000_000
