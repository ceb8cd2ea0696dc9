"""The form of a draft of criteria: rows for categories and measures, no document to type. The document is checked as a whole, and
what is wrong in it is said beside its field."""
from collections.abc import Mapping
from decimal import Decimal

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from zones.criteria import (
    ABOVE,
    BELOW,
    CATEGORIES,
    LARGEST_LINE,
    LARGEST_WEIGHT,
    SEVERITIES,
    SHARE,
    SOURCES,
    STEP,
    YES_NO,
    BadCriteria,
    Criteria,
    parse_criteria,
)  # fmt: skip
from zones.criteria_words import plain
from zones.models import RatingScheme
from zones.periods import KIND_NAMES
from zones.sentences import MEASURES, NAMES, SEVERITY_NAMES

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
AT_MOST = (("yellow", _("最高到黄")), ("red", _("可以到红")))
DIRECTIONS = ((BELOW, _("低于这条线")), (ABOVE, _("达到这条线")))
SOURCE_NOTES = {
    "access_control": _("小区登记：有门禁"), "lighting": _("小区登记：公共照明完好"), "fire_lanes": _("小区登记：消防通道畅通"),
    "protections": _("小区登记：夜间值守、围墙、照明、门禁、保安、摄像机，有几项"),
    "working_cameras": _("监控点登记：小区轮廓内工作正常的百分比"),
    "closed_issues": _("问题挂号：统计期内本小区问题已销号的百分比"), "open_issues": _("问题挂号：统计期内本小区尚未销号的件数"),
}  # fmt: skip


def line(**named) -> forms.DecimalField:
    return forms.DecimalField(min_value=STEP, max_value=LARGEST_LINE, decimal_places=4, widget=_number(), **named)


def weight(**named) -> forms.DecimalField:
    return forms.DecimalField(min_value=0, max_value=LARGEST_WEIGHT, decimal_places=2, widget=_number(), **named)


def whole(label, smallest: int, largest: int) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=smallest, max_value=largest)


def _number() -> forms.NumberInput:
    return forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"})


class HeadForm(forms.Form):
    title = forms.CharField(label=_("标题"), max_length=120)
    valid_from = forms.DateField(label=_("启用日期"), widget=DAY)
    change_note = forms.CharField(
        label=_("改动说明（改了什么，为什么）"), max_length=500, required=False, widget=forms.Textarea({"rows": 2})
    )
    period = forms.ChoiceField(label=_("评定期"), choices=list(KIND_NAMES.items()))
    window_months = whole(_("统计期（月）"), 1, 60)
    minimum_covered_months = whole(_("警情登记至少覆盖（月）"), 1, 60)
    minimum_households = whole(_("至少多少户才评定"), 1, 100_000)
    fire_check_months = whole(_("消防检查须在几个月内"), 1, 120)
    hazards_yellow = line(label=_("未整改火灾隐患：黄线（处）"))
    hazards_red = line(label=_("未整改火灾隐患：红线（处）"))
    caps = forms.BooleanField(label=_("群众报警的轻微警情最高只计到黄"), required=False)
    title_months = whole(_("四无称号：登记至少覆盖评定期的几个月"), 1, 12)


class CategoryForm(forms.Form):
    yellow = line(label=_("黄线"))
    red = line(label=_("红线"))
    serious = weight(label=SEVERITY_NAMES["serious"])
    ordinary = weight(label=SEVERITY_NAMES["ordinary"])
    minor = weight(label=SEVERITY_NAMES["minor"])
    breaks = forms.MultipleChoiceField(
        label=_("有哪种即失去四无称号"), choices=list(SEVERITY_NAMES.items()), required=False, widget=forms.CheckboxSelectMultiple
    )


class IndexForm(forms.Form):
    used = forms.BooleanField(label=_("使用综合指数"), required=False)
    yellow = line(label=_("黄线"), required=False)
    red = line(label=_("红线"), required=False)
    theft = weight(label=NAMES["theft"], required=False)
    drugs = weight(label=NAMES["drugs"], required=False)
    crime = weight(label=NAMES["crime"], required=False)
    fire = weight(label=NAMES["fire"], required=False)


class MeasureForm(forms.Form):
    """Shares are typed as percent. What does not belong to the kind of measure is not asked for."""

    used = forms.BooleanField(label=_("使用"), required=False)
    at_most = forms.ChoiceField(label=_("效果"), choices=AT_MOST, required=False)
    direction = forms.ChoiceField(label=_("方向"), choices=DIRECTIONS, required=False)
    yellow = line(label=_("黄线"), required=False)
    red = line(label=_("红线"), required=False)
    needed = forms.BooleanField(label=_("没有登记就不评定"), required=False)

    def __init__(self, *arguments, source: str, **named):
        super().__init__(*arguments, **named)
        self.source, self.kind = source, SOURCES[source]
        self.title, self.note = MEASURES[source], SOURCE_NOTES[source]
        if self.kind == YES_NO:
            for name in ("direction", "yellow", "red"):
                del self.fields[name]
        elif self.kind == SHARE:
            for name in ("yellow", "red"):
                self.fields[name] = forms.DecimalField(
                    label=f"{self.fields[name].label}（%）", min_value=Decimal("0.01"), max_value=100, decimal_places=2, required=False,
                    widget=_number(),
                )  # fmt: skip

    def document(self) -> dict:
        said = self.cleaned_data
        found = {"source": self.source, "at_most": said["at_most"] or "yellow", "needed": said["needed"]}
        if self.kind != YES_NO:
            found |= {"direction": said["direction"] or BELOW, "yellow": self._line("yellow")}
            if found["at_most"] == "red":
                found["red"] = self._line("red")
        return found

    def _line(self, name: str) -> str | None:
        value = self.cleaned_data[name]
        return None if value is None else plain(value / 100 if self.kind == SHARE else value)


class Editor:
    """The whole draft as one form of many parts."""

    def __init__(self, scheme: RatingScheme, data: Mapping | None):
        criteria = parse_criteria(scheme.criteria)
        self.refused = ""
        self.head = HeadForm(data, initial=_head(scheme, criteria))
        self.categories = [
            (NAMES[name], CategoryForm(data, prefix=name, initial=_category(criteria, name))) for name in CATEGORIES
        ]
        self.index = IndexForm(data, prefix="index", initial=_index(criteria))
        self.measures = [
            MeasureForm(data, prefix=source, source=source, initial=_measure(criteria, source)) for source in SOURCES
        ]

    @property
    def parts(self) -> list[forms.Form]:
        return [self.head, *(form for _name, form in self.categories), self.index, *self.measures]

    @property
    def status(self) -> int:
        return 422 if self.head.is_bound else 200

    def is_valid(self) -> bool:
        if not all([form.is_valid() for form in self.parts]):
            return False
        try:
            parse_criteria(self.document())
        except BadCriteria as wrong:
            form, field = self._field(wrong.path.split("."))
            form.add_error(field, wrong.why + _now("。"))
            return False
        return True

    def said(self) -> dict:
        return {name: self.head.cleaned_data[name] for name in ("title", "valid_from", "change_note")} | {"criteria": self.document()}

    def document(self) -> dict:
        head, index = self.head.cleaned_data, self.index.cleaned_data
        plainly = ("period", "window_months", "minimum_covered_months", "minimum_households", "fire_check_months")
        found = {"format": 2} | {name: head[name] for name in plainly}
        found["fire_hazards"] = {"yellow": plain(head["hazards_yellow"]), "red": plain(head["hazards_red"])}
        found["per_100_households"] = {
            name: {
                "yellow": plain(form.cleaned_data["yellow"]), "red": plain(form.cleaned_data["red"]),
                "weights": {each: plain(form.cleaned_data[each]) for each in SEVERITIES},
            }
            for name, (_title, form) in zip(CATEGORIES, self.categories, strict=True)
        }  # fmt: skip
        if index["used"]:
            weights = {name: _told(index[name]) for name in CATEGORIES}
            found["index"] = {"weights": weights, "yellow": _told(index["yellow"]), "red": _told(index["red"])}
        found["measures"] = [form.document() for form in self._measures_used()]
        found["reporting"] = {"resident_minor_at_most": "yellow" if head["caps"] else "red"}
        breaks = {name: form.cleaned_data["breaks"] for name, (_title, form) in zip(CATEGORIES, self.categories, strict=True)}
        found["courtyards"] = {"breaks": breaks, "minimum_months": head["title_months"]}
        return found

    def _measures_used(self) -> list[MeasureForm]:
        return [form for form in self.measures if form.cleaned_data["used"]]

    def _field(self, path: list[str]) -> tuple[forms.Form, str | None]:
        """The form and field in which a place of the document was typed."""
        _criteria, part, *rest = path
        by_name = dict(zip(CATEGORIES, (form for _name, form in self.categories), strict=True))
        match part, rest:
            case "per_100_households", [name, *last]:
                return by_name[name], _known(by_name[name], last, "yellow")
            case "index", last:
                return self.index, _known(self.index, last, "used")
            case "measures", [place, *last]:
                form = self._measures_used()[int(place)]
                return form, _known(form, last, "used")
            case "courtyards", ["breaks", *name]:
                return by_name[name[0] if name else CATEGORIES[0]], "breaks"
            case "courtyards", _:
                return self.head, "title_months"
            case "fire_hazards", last:
                return self.head, f"hazards_{last[0] if last else 'yellow'}"
        return self.head, part if part in self.head.fields else None


def _known(form: forms.Form, path: list[str], otherwise: str) -> str:
    """The last step of the path that is a field of the form."""
    return next((step for step in reversed(path) if step in form.fields), otherwise)


def _told(value: Decimal | None) -> str | None:
    return None if value is None else plain(value)


def _head(scheme: RatingScheme, criteria: Criteria) -> dict:
    plainly = ("period", "window_months", "minimum_covered_months", "minimum_households", "fire_check_months", "title_months")
    return {name: getattr(criteria, name) for name in plainly} | {
        "title": scheme.title, "valid_from": scheme.valid_from, "change_note": scheme.change_note, "caps": criteria.caps_resident_minor,
        "hazards_yellow": plain(criteria.fire_hazards.yellow), "hazards_red": plain(criteria.fire_hazards.red),
    }  # fmt: skip


def _category(criteria: Criteria, name: str) -> dict:
    lines = criteria.per_100_households[name]
    weights = {each: plain(value) for each, value in criteria.weights[name].items()}
    return weights | {"yellow": plain(lines.yellow), "red": plain(lines.red), "breaks": list(criteria.breaks[name])}


def _index(criteria: Criteria) -> dict:
    if criteria.index is None:
        return dict.fromkeys(CATEGORIES, "1")
    lines = criteria.index.lines
    weights = {name: plain(value) for name, value in criteria.index.weights.items()}
    return weights | {"used": True, "yellow": plain(lines.yellow), "red": plain(lines.red)}


def _measure(criteria: Criteria, source: str) -> dict:
    found = criteria.measure(source)
    if found is None:
        return {"direction": ABOVE if source == "open_issues" else BELOW}
    scale = 100 if SOURCES[source] == SHARE else 1
    lines = {} if found.kind == YES_NO else {"yellow": plain(found.yellow * scale), "red": found.red and plain(found.red * scale)}
    return lines | {"used": True, "at_most": found.at_most, "direction": found.direction, "needed": found.needed}
