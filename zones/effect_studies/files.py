"""A study as XLSX: the answer in words, and every figure that it was made from."""
import io

from django.utils.translation import gettext as _

from geo.workbooks import write_workbook
from zones.effect_studies import pages, words
from zones.models import EffectStudy, RectificationZone


def workbook(study: EffectStudy) -> bytes:
    out, frozen, result = io.BytesIO(), study.frozen, study.result
    words_of = [
        pages.verdict(study), words.meaning(result["verdict"]), *words.sentences(result, study.standard.level),
        *(words.reason(each["code"], each["numbers"]) for each in result["reasons"]), *pages.notes(study),
        *words.ring_sentences(result["verdict"], result["ring"]),
    ]  # fmt: skip
    made = {"version": str(study.standard), "seed": study.seed, "until": frozen["until"] or "—"}
    notes = [_("标准：%(version)s；随机种子：%(seed)s；警情数据到%(until)s为止。") % made]
    months = [(each["month"], each["mine"], each["others"], _("后") if each["is_after"] else _("前")) for each in pages.month_rows(study)]
    checks = [(str(each["name"]), each["ok"], str(each["text"]), each["figures"]) for each in pages.checks(result)]
    pairs = [(a["name"], a["before"], a["after"], b["name"], b["before"], b["after"]) for a, b in pages.pairs(study)]
    kinds = dict(RectificationZone.Kind.choices)
    zones = [
        (each["name"], each["town"], str(kinds.get(each["kind"], "")), each["demonstration"], each["households"], each["hectares"],
         *each["counts"]) for each in frozen["zones"]
    ]  # fmt: skip
    lost = [(each["name"], str(words.LEFT_OUT[each["why"]])) for each in frozen["left_out"]]
    before, after = _("确定前每月"), _("确定后每月")
    write_workbook(out, [
        (_("结论"), (_("结论"),), [(each,) for each in words_of], notes),
        (_("每月"), (_("月份"), _("示范区每个平均"), _("对照每个平均"), _("确定前后")), months, []),
        (_("配对"), (_("示范区"), before, after, _("对照区域"), before, after), pairs, []),
        (_("检验"), (_("检验"), _("通过"), _("说明"), _("数字")), checks, []),
        (_("区域"), (_("区域"), _("乡镇"), _("类别"), _("示范区"), _("涉及户数"), _("公顷"), *frozen["months"]), zones, []),
        (_("未计入"), (_("区域"), _("原因")), lost, []),
    ])  # fmt: skip
    return out.getvalue()
