"""A list's address as conditions. Every field gets the filter of its kind; what cannot be understood is said, never ignored."""
from datetime import date, datetime, time

from django import forms
from django.core.validators import RegexValidator
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from geo.layers import Layer
from geo.lists.fields import ListField
from geo.lists.widgets import DayLine, LongSelect, NumberLine, TextLine, Ticks
from geo.models import Division

BIGGEST = 2**63 - 1
_FROM, _TO = "_from", "_to"


class FilterForm(forms.Form):
    """`fields_by_name` are the layer's list fields; `parts` groups the bound widgets by field for the template."""

    q = forms.CharField(label=_("名称或编号"), required=False, max_length=60, widget=TextLine)
    division = forms.CharField(
        label=_("乡镇、村（社区）"), required=False, widget=LongSelect,
        validators=[RegexValidator(r"\A(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})\Z", _("没有这个行政区划。"))],
    )  # fmt: skip
    changed_since = forms.DateField(label=_("此日以来有更新"), required=False, widget=DayLine)
    batch = forms.IntegerField(label=_("导入批次"), required=False, min_value=1, max_value=BIGGEST, widget=NumberLine)
    missing = forms.MultipleChoiceField(label=_("缺少任一项"), required=False, widget=Ticks)

    def __init__(self, data, *, layer: Layer, fields: dict[str, ListField], user):
        super().__init__(data)
        self.layer, self.by_name = layer, fields
        for name, needed in (("changed_since", "updated_at"), ("batch", "batch")):
            if needed not in fields:
                del self.fields[name]
        if not layer.label_field:
            self.fields["q"].label = _("编号")
        self.fields["division"].widget.choices = self.division_choices(user, self.data.get("division", ""))
        self.fields["missing"].choices = [(one.name, one.label) for one in fields.values() if one.declared and _can_lack(layer, one)]
        # The first line asks for these two already.
        self.asked = [one for one in fields.values() if one.declared and one.name not in (layer.label_field, "source_key")]
        self._inputs: list[tuple[ListField, list[str]]] = []
        for one in self.asked:
            found = _widgets(one)
            self.fields |= found
            self._inputs.append((one, list(found)))

    def division_choices(self, user, chosen: str) -> list:
        return _divisions(user, chosen)

    def parts(self) -> list[dict]:
        """Per declared field its label and bound inputs, for the template."""
        return [
            {"label": one.label, "kind": one.kind, "inputs": [self[name] for name in names]} for one, names in self._inputs if names
        ]

    def others(self) -> list[forms.BoundField]:
        return [self[name] for name in ("changed_since", "batch") if name in self.fields]

    def has_wrong_below(self) -> bool:
        """Whether a condition below the first line is wrong: then it must be seen."""
        return any(name in self.errors for name in self.fields if name not in ("q", "division"))

    def told(self) -> list[str]:
        """The conditions below the first line, as a reader says them: 户数 ≥ 100."""
        answer = []
        for name, field in self.fields.items():
            value = self.cleaned_data.get(name)
            if value in (None, "", []) or name in ("q", "division"):
                continue
            sign = {_FROM: " ≥ ", _TO: " ≤ "}.get(next((end for end in (_FROM, _TO) if name.endswith(end)), ""), "：")
            labels = dict(getattr(field, "choices", ()))
            values = value if isinstance(value, list) else [value]
            answer.append(f"{field.label}{sign}" + "、".join(str(labels.get(each, each)) for each in values))
        return answer

    def narrow(self, rows: QuerySet) -> QuerySet:
        """The rows that the valid form asks for."""
        said = self.cleaned_data
        if text := said["q"]:
            rows = rows.filter(_called(self.layer, self.by_name, text))
        if said["division"]:
            rows = rows.in_division(said["division"])
        if said.get("changed_since"):
            rows = rows.filter(updated_at__gte=_start(said["changed_since"]))
        if said.get("batch"):
            rows = rows.filter(batch_id=said["batch"])
        if said["missing"]:
            lacking = Q()
            for name in said["missing"]:
                lacking |= _lacks(self.layer, self.by_name[name])
            rows = rows.filter(lacking)
        for one in self.asked:
            rows = rows.filter(_conditions(one, said))
        return rows

    def is_empty(self) -> bool:
        return not any(self.cleaned_data.values())


def holds(name: str, text: str) -> Q:
    """Text in a column. Comparing without case costs the database several times as much, and Chinese has none.

    An index of the column knows three characters together; of fewer it would give every row, which a scan reads faster.
    """
    if text.upper() != text.lower():
        return Q(**{f"{name}__icontains": text})
    return Q(**{f"{name}__contains": text}) if len(text) > 2 else Q(GreaterThan(StrIndex(F(name), Value(text)), 0))


def _called(layer: Layer, fields: dict[str, ListField], text: str) -> Q:
    wanted = Q()
    if layer.label_field:
        wanted |= holds(layer.label_field, text)
    if "source_key" in fields:
        wanted |= holds("source_key", text)
    return wanted


def _divisions(user, chosen: str) -> list:
    """Everything below the reader's own division, two levels deep, villages under their towns."""
    found = Division.objects.in_division(user.division_id).in_force(timezone.localdate()).exclude(pk=user.division_id)
    levels = list(found.order_by("level").values_list("level", flat=True).distinct()[:2])
    known = list(found.filter(level__in=levels).order_by("code").values_list("code", "name"))
    uppermost = min((len(code) for code, _name in known), default=0)
    options = [("", _("全部"))] + [(code, name if len(code) == uppermost else f"　{name}") for code, name in known]
    if chosen and chosen not in dict(options):
        options.append((chosen, chosen))
    return options


def _can_lack(layer: Layer, one: ListField) -> bool:
    return one.nullable or (one.kind == "text" and layer.model._meta.get_field(one.name).blank)


def _lacks(layer: Layer, one: ListField) -> Q:
    lacking = Q(**{f"{one.name}__isnull": True}) if one.nullable else Q()
    return lacking | Q(**{one.name: ""}) if one.kind in ("text", "choice") else lacking


def _widgets(one: ListField) -> dict[str, forms.Field]:
    plain = {"required": False, "label": one.label}
    match one.kind:
        case "choice":
            choices = list(one.choices.items())
            return {one.name: forms.MultipleChoiceField(choices=choices, widget=Ticks, **plain)}
        case "yes_no":
            choices = [("", _("不限")), ("yes", _("是")), ("no", _("否")), ("unknown", _("未填"))]
            return {one.name: forms.ChoiceField(choices=choices if one.nullable else choices[:3], widget=LongSelect, **plain)}
        case "integer":
            limits = {"min_value": -BIGGEST, "max_value": BIGGEST, "widget": NumberLine}
            return {one.name + end: forms.IntegerField(**limits, **plain) for end in (_FROM, _TO)}
        case "number":
            return {one.name + end: forms.FloatField(widget=NumberLine, **plain) for end in (_FROM, _TO)}
        case "date" | "moment":
            return {one.name + end: forms.DateField(widget=DayLine, **plain) for end in (_FROM, _TO)}
        case "text":
            return {one.name: forms.CharField(max_length=60, widget=TextLine, **plain)}
    return {}


def _conditions(one: ListField, said: dict) -> Q:
    if one.kind == "choice":
        return Q(**{f"{one.name}__in": said[one.name]}) if said[one.name] else Q()
    if one.kind == "yes_no":
        words = {"yes": {one.name: True}, "no": {one.name: False}, "unknown": {f"{one.name}__isnull": True}}
        return Q(**words.get(said[one.name], {}))
    if one.kind == "text":
        return holds(one.name, said[one.name]) if said[one.name] else Q()
    if one.kind in ("integer", "number", "date", "moment"):
        low, high = said[one.name + _FROM], said[one.name + _TO]
        if one.kind == "moment":
            low, high = low and _start(low), high and _end(high)
        asked = {f"{one.name}__{word}": value for word, value in (("gte", low), ("lte", high)) if value is not None}
        # Django drops a limit that the column could not hold; a row without a value is in no range all the same.
        return Q(**asked | {f"{one.name}__isnull": False} if asked and one.nullable else asked)
    return Q()


def _start(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _end(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.max))
