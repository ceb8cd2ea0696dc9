"""What zones adds to the phone page: inspections by checklist, without a signal, through the same queue."""
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from geo.models import User
from patrol.phone_parts import PhonePart, parts
from zones import checklists, inspection_places, inspections
from zones.models import Checklist, Inspection
from zones.periods import day_of
from zones.register_rights import registers
from zones.register_rules import rules_at


def bundle(user: User, now: datetime) -> dict | None:
    """The checklists in force and the places of the own territory; None for whom no inspections are."""
    if not registers(user):
        return None
    places, is_cut = inspection_places.told(user)
    rules = rules_at(now).figures
    return {
        "checklists": [_told(each) for each in inspections.in_force(user, on=day_of(now)).values()], "places": places, "is_cut": is_cut,
        "within_m": rules.verify_within_m, "accuracy_at_most_m": rules.verify_accuracy_at_most_m,
        "obstacles": [{"value": value, "label": str(label)} for value, label in Inspection.Obstacle.choices],
    }  # fmt: skip


def _told(checklist: Checklist) -> dict:
    is_english = (get_language() or "").startswith("en")
    return {
        "id": checklist.pk, "title": str(checklist), "layer": checklist.layer, "kinds": checklist.place_kinds,
        "is_own_assumption": checklist.is_own_assumption,
        "items": [_item(each, is_english) for each in checklists.parse(checklist.items)],
    }  # fmt: skip


def _item(item: checklists.Item, is_english: bool) -> dict:
    [facts] = checklists.stored([item])
    facts["text"] = item.text_en if is_english and item.text_en else item.text
    if item.options:
        facts["options"] = [
            {"value": each.value, "text": each.text_en if is_english and each.text_en else each.text, "share": each.share}
            for each in item.options
        ]
    return facts


def words() -> dict[str, str]:
    return {
        "insp_title": _("排查"), "insp_yes": _("是"), "insp_no": _("否"), "insp_required": _("必答"), "insp_photo": _("拍照"),
        "insp_register": _("挂号（列为问题）"), "insp_failed": _("不合格"), "insp_score": _("得分"), "insp_nothing": _("未发现问题"),
        "insp_findings": _("发现问题"), "insp_missing": _("还有必答项没有回答："), "insp_reason": _("请选择未能进入的原因。"),
        "insp_unknown": _("没有定位"),
        "insp_draft": _("有一份没有做完的排查："), "insp_none": _("辖区内没有可排查的地点。"),
        "insp_cut": _("地点太多，只列出一部分，请输入名称查找。"),
        "insp_no_list": _("这类地点没有检查表。"), "insp_wait": _("还没有取到检查表。有信号时点“更新排班”。"),
        "insp_not_accessible": _("未能进入"), "insp_default": _("检查表为本系统默认，非官方标准。"),
        "insp_drop": _("确定放弃这份排查？已填的内容和照片会删除。"),
        "insp_photos_most": _("一份排查最多9张照片。"), "insp_choose": _("请选择"),
        "insp_count": _("项"), "insp_saved": _("排查已保存在手机里"),
        **{f"flag_{name}": said() for name, said in inspection_places.FLAG_WORDS.items()},
    }  # fmt: skip


parts.register(
    PhonePart(
        kind=inspections.KIND, take=inspections.take, bundle=bundle, words=words, template="zones/_phone_inspection.html",
        script="zones/phone/inspection.js", styles=("zones/phone/inspection.css",),
        modules=("zones/phone/checklist.js", "zones/phone/inspection_form.js"),
    )
)  # fmt: skip
