"""The layers that zones adds to the one map."""
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from geo.layers import NAME, SOURCE_KEY, Column, Layer, LegendClass, register
from zones.models import Candidate, Grade, GradedCompound, InspectedPlace, InspectionRecord, Issue, RatingRound, RectificationZone
from zones.rounds import RoundReader
from zones.sentences import sentence

GRADE_CLASSES = (
    LegendClass("red", _("红色"), "#b3261e", "红", "square"),
    LegendClass("yellow", _("黄色"), "#c98a00", "黄", "triangle"),
    LegendClass("green", _("绿色"), "#2e7d4f", "绿"),
    LegendClass("not_graded", _("不评定"), "#7a7f87", "—", "ring"),
)

ZONE_CLASSES = (
    LegendClass("proposed", _("拟挂牌"), "#7a6a1f", "拟", "ring"),
    LegendClass("refused", _("不予挂牌"), "#7a7f87", "否", "ring"),
    LegendClass("listed", _("挂牌"), "#8c2f6b", "挂"),
    LegendClass("rectifying", _("整治中"), "#b0581f", "治"),
    LegendClass("reported", _("待验收"), "#5b4a9c", "待", "square"),
    LegendClass("accepted", _("已验收"), "#3d6b8c", "验"),
    LegendClass("delisted", _("已摘牌"), "#6d737b", "摘"),
    LegendClass("relisted", _("重新挂牌"), "#8c2f2f", "重"),
)

CANDIDATE_CLASSES = (
    LegendClass("nominated", _("自查中"), "#6d737b", "自", "ring"),
    LegendClass("reported", _("待乡镇审核"), "#8f6a1f", "乡", "triangle"),
    LegendClass("recommended", _("待县级核查"), "#3c6e8a", "县", "square"),
    LegendClass("checked", _("待命名"), "#5b4a9c", "核", "diamond"),
    LegendClass("awarded", _("已命名"), "#2f7d5b", "平"),
    LegendClass("declined", _("未通过"), "#8c2f2f", "未", "square"),
    LegendClass("withdrawn", _("已撤回"), "#7a7f87", "撤", "ring"),
    LegendClass("revoked", _("已撤销命名"), "#8c2f2f", "销", "ring"),
)

ISSUE_CLASSES = (
    LegendClass("registered", _("已挂号"), "#8f3a2f", "号", "diamond"),
    LegendClass("assigned", _("已交办"), "#8f6a1f", "交", "triangle"),
    LegendClass("rectifying", _("整改中"), "#3c6e8a", "改", "square"),
    LegendClass("reported_fixed", _("待核查"), "#5b4a9c", "核", "square"),
    LegendClass("closed", _("已销号"), "#2f7d5b", "销"),
    LegendClass("withdrawn", _("已撤销"), "#7a7f87", "撤", "ring"),
)

INSPECTION_CLASSES = (
    LegendClass("findings", _("发现问题"), "#a8492b", "有", "triangle"),
    LegendClass("nothing", _("未发现问题"), "#2f7d5b", "无"),
    LegendClass("not_accessible", _("未能进入"), "#6d737b", "未", "square"),
)


def grade_marks() -> list[dict]:
    """Colour, letter and figure of every grade, for the browser and for paper."""
    return [
        {"value": each.value, "label": str(Grade.Colour(each.value).label), "colour": each.colour, "mark": each.mark, "figure": each.figure}
        for each in GRADE_CLASSES
    ]


def why(compound: GradedCompound) -> dict:
    """The popup's section: what the newest computed round says of this compound, and where to read more."""
    newest = RatingRound.objects.computed().select_related("scheme").first()
    found = Grade.objects.everywhere("the compound was fetched through the reader's rights").filter(round=newest, compound_id=compound.pk)
    reasons = RoundReader(newest).reasons(found[0]) if newest and found else ()
    url = reverse("compound_grade", args=[compound.pk])
    decided = [gettext("等级由决定确定：%(why)s") % {"why": found[0].decided_why}] if found and found[0].decided_colour else []
    return {"title": str(_("为什么")), "lines": [*decided, *(sentence(reason) for reason in reasons)], "url": url}


def campaign_of(candidate: Candidate) -> dict:
    """The popup's section: the campaign, and where the candidate's page is."""
    return {"title": str(candidate.campaign), "lines": [], "url": reverse("candidate", args=[candidate.pk])}


def zone_of(zone: RectificationZone) -> dict:
    """The popup's section: how far the zone has come, and where its page is."""
    lines = [gettext("整治期限：%(day)s") % {"day": zone.target_on}] if zone.target_on else []
    return {"title": zone.get_status_display(), "lines": lines, "url": reverse("zone", args=[zone.pk])}


def issue_of(issue: Issue) -> dict:
    """The popup's section: what is wrong, who has to mend it until when, and where the issue's page is."""
    lines = [issue.text, gettext("责任单位：%(unit)s，期限 %(day)s") % {"unit": issue.unit.name, "day": issue.due_on}]
    return {"title": str(issue.category), "lines": lines, "url": reverse("issue", args=[issue.pk])}


def inspection_of(found: InspectedPlace) -> dict:
    """The popup's section: where the inspection's page is."""
    lines = [gettext("不合格%(count)d项") % {"count": found.failed_count}] if found.failed_count else []
    return {"title": found.checklist_title, "lines": lines, "url": reverse("inspection", args=[found.pk])}


register(
    Layer(
        name="zones",
        model=RectificationZone,
        title=_("治安重点整治区域"),
        shape="area",
        class_field="status",
        classes=ZONE_CLASSES,
        columns=(
            NAME,
            SOURCE_KEY,
            Column("kind", ("类别", "类型", "type"), required=True),
            Column("status", ("状态", "status"), by_hand=False),
            Column("listed_on", ("挂牌日期", "listed_on"), by_hand=False),
            Column("target_on", ("整治期限", "target_on"), by_hand=False),
            Column("delisted_on", ("摘牌日期", "delisted_on"), by_hand=False),
            Column("reasons", ("挂牌原因", "原因", "reasons")),
            Column("lead_unit", ("牵头单位", "lead_unit")),
            Column("joint_units", ("配合单位", "joint_units")),
            Column("household_count", ("涉及户数", "户数", "households")),
        ),
        depth=10,
        fill=0.1,
        sections=(zone_of,),
    )
)
register(
    Layer(
        name="graded_compounds",
        model=GradedCompound,
        title=_("小区等级"),
        shape="area",
        class_field="colour",
        classes=GRADE_CLASSES,
        columns=(NAME, Column("kind"), Column("household_count"), Column("period"), Column("scheme_version")),
        depends=("compounds", "grades"),
        importable=False,
        depth=70,
        note=_("红黄绿标准为本系统默认，非上级规定。"),
        sections=(why,),
    )
)
register(
    Layer(
        name="campaign_candidates",
        model=Candidate,
        title=_("平安创建单位"),
        shape="point",
        class_field="state",
        classes=CANDIDATE_CLASSES,
        columns=(NAME, Column("state"), Column("award_number"), Column("awarded_on"), Column("valid_until_year")),
        importable=False,
        visible=False,
        depth=55,
        sections=(campaign_of,),
    )
)
register(
    Layer(
        name="issues",
        model=Issue,
        title=_("问题挂号"),
        shape="point",
        class_field="state",
        classes=ISSUE_CLASSES,
        columns=(
            Column("number", popup=False),
            Column("state"),
            Column("category", popup=False),
            Column("text", popup=False),
            Column("unit", popup=False),
            Column("due_on"),
            Column("place_name"),
            Column("source"),
            Column("level"),
            Column("registered_at"),
            Column("relapse_count"),
        ),
        label_field="number",
        readers="reader_codes",
        counted=False,
        importable=False,
        visible=False,
        depth=65,
        sections=(issue_of,),
    )
)

INSPECTION_COLUMNS = (
    Column("place_name", popup=False),
    Column("place_layer"),
    Column("result"),
    Column("finished_at"),
    Column("score"),
    Column("failed_count", popup=False),
    Column("spot"),
    Column("unit_name"),
    Column("checklist_title", popup=False),
    Column("obstacle"),
    Column("distance_m", popup=False),
    Column("note"),
    Column("is_invented", popup=False),
)
register(
    Layer(
        name="inspections",
        model=InspectedPlace,
        title=_("最近排查结果"),
        shape="point",
        class_field="result",
        classes=INSPECTION_CLASSES,
        columns=INSPECTION_COLUMNS,
        label_field="place_name",
        depends=("inspections", "compounds", "premises", "zones"),
        counted=False,
        importable=False,
        visible=False,
        depth=62,
        note=_("每个地点只显示最近一次排查。"),
        sections=(inspection_of,),
    )
)
# Every inspection, for the files of its own list: not a layer of the map.
INSPECTION_RECORDS = Layer(
    name="inspection_records", model=InspectionRecord, title=_("排查记录"), shape="point", columns=INSPECTION_COLUMNS,
    label_field="place_name", importable=False,
)  # fmt: skip
