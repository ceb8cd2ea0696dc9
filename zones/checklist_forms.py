"""The form of a checklist's draft: its head, and a row for each item. Works without a script."""
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from geo.layers import registry
from zones.checklist_versions import ITEMS_AT_MOST
from zones.checklists import CHOICE, NO, NUMBER, PHOTO, YES, YES_NO, Item, Option
from zones.models import Checklist, PlaceLayer
from zones.register_rules import Rules

TYPE_WORDS = (
    (YES_NO, _("是非题")), (CHOICE, _("选择题")), (NUMBER, _("填数字")), (PHOTO, _("拍照")), ("note", _("填说明")),
)  # fmt: skip
GOOD_WORDS = ((YES, _("答“是”合格")), (NO, _("答“否”合格")))
OPTIONS_AT_MOST = 8
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class StartForm(forms.Form):
    layer = forms.ChoiceField(label=_("地点类型"), choices=PlaceLayer.choices)
    title = forms.CharField(label=_("名称"), max_length=60)


class HeadForm(forms.Form):
    title = forms.CharField(label=_("名称"), max_length=60)
    valid_from = forms.DateField(label=_("施行日期"), widget=DAY)
    place_kinds = forms.MultipleChoiceField(
        label=_("适用类别（都不选为全部）"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Mapping | None, *, checklist: Checklist):
        first = {name: getattr(checklist, name) for name in ("title", "valid_from", "place_kinds")}
        super().__init__(data, initial=first)
        self.fields["place_kinds"].choices = kinds_of(checklist.layer)


def kinds_of(layer: str) -> list[tuple[str, str]]:
    return [(value, str(label)) for value, label in registry[layer].model._meta.get_field("kind").choices if value]


class ItemForm(forms.Form):
    """`key` stays with an item for ever: answers of other versions are compared by it."""

    key = forms.RegexField(r"\A[a-z][a-z0-9_]{0,39}\Z", required=False, widget=forms.HiddenInput)
    text = forms.CharField(label=_("检查项"), max_length=120)
    type = forms.ChoiceField(label=_("题型"), choices=TYPE_WORDS, initial=YES_NO)
    required = forms.BooleanField(label=_("必答"), required=False, initial=True)
    weight = forms.IntegerField(label=_("分值"), min_value=0, max_value=100, initial=10)
    good = forms.ChoiceField(label=_("是非题"), choices=GOOD_WORDS, required=False, initial=YES)
    options = forms.CharField(
        label=_("选择题的选项（每行“文字=得分比例”，0为不合格）"), required=False, max_length=800, widget=forms.Textarea({"rows": 3})
    )
    at_least = forms.FloatField(label=_("数字不低于"), required=False)
    at_most = forms.FloatField(label=_("数字不高于"), required=False)
    unit = forms.CharField(label=_("单位"), max_length=10, required=False)
    when = forms.CharField(
        label=_("只在前面某项这样回答时才问"), required=False, max_length=80, widget=forms.Select(choices=[("", "—")])
    )
    category = forms.ChoiceField(label=_("不合格时挂号类别"), required=False)

    def __init__(self, *arguments, categories=(), conditions=(), **named):
        super().__init__(*arguments, **named)
        self.fields["category"].choices = [("", _now("其他治安隐患")), *categories]
        self.fields["when"].widget.choices = [("", _now("总是问")), *conditions]

    def clean(self) -> dict:
        said = super().clean()
        if said.get("type") == CHOICE:
            said["choices"] = self._options(said.get("options", ""))
        low, high = said.get("at_least"), said.get("at_most")
        if said.get("type") == NUMBER and low is not None and high is not None and low > high:
            self.add_error("at_most", _now("不高于的数不能小于不低于的数。"))
        return said

    def _options(self, text: str) -> tuple[Option, ...]:
        found = []
        for number, line in enumerate([each.strip() for each in text.splitlines() if each.strip()], 1):
            name, _equals, percent = line.replace("＝", "=").rpartition("=")
            percent = percent.strip().rstrip("%％").strip()
            if not name.strip() or not percent.isascii() or not percent.isdecimal() or int(percent[:4]) > 100:
                self.add_error("options", _now("第%(number)d行要写成“文字=0到100”，如“完好=100”。") % {"number": number})
                return ()
            found.append(Option(f"o{number}", name.strip()[:40], int(percent)))
        if not 2 <= len(found) <= OPTIONS_AT_MOST:
            self.add_error("options", _now("选择题要有2到%(most)d个选项。") % {"most": OPTIONS_AT_MOST})
        return tuple(found)

    def item(self) -> Item:
        """As it is stored: what does not belong to its type is left out."""
        said = self.cleaned_data
        kind, is_number = said["type"], said["type"] == NUMBER
        when_item, _colon, when_answer = said["when"].partition(":")
        return Item(
            key=said["key"] or f"i{uuid4().hex[:8]}", type=kind, text=said["text"], required=said["required"],
            weight=said["weight"] if kind in (YES_NO, CHOICE, NUMBER) else 0, good=said["good"] or YES if kind == YES_NO else YES,
            options=said.get("choices", ()), at_least=said["at_least"] if is_number else None,
            at_most=said["at_most"] if is_number else None, unit=said["unit"] if is_number else "",
            when_item=when_item, when_answer=when_answer, category=said["category"],
        )  # fmt: skip


class ItemForms(BaseFormSet):
    def __init__(self, data: Mapping | None = None, *, items: list[Item], rules: Rules):
        self.before = {each.key: each for each in items}
        categories = [(each.code, f"{each.parent} · {each}") for each in rules.categories]
        told = {"categories": categories, "conditions": conditions_of(items)}
        super().__init__(data, initial=[first_of(each) for each in items], form_kwargs=told)

    def items(self) -> list[Item]:
        """In the order that was asked for."""
        return [steady(form.item(), self.before.get(form.cleaned_data["key"])) for form in self.ordered_forms]


def steady(item: Item, before: Item | None) -> Item:
    """Options that stay keep their value, by which answers are compared and conditions hold; texts that stay, their English."""
    if before is None:
        return item
    known = {each.text: each for each in before.options}
    free = iter([f"o{n}" for n in range(1, 200) if f"o{n}" not in {each.value for each in before.options}])
    options = tuple(
        Option(known[each.text].value, each.text, each.share, known[each.text].text_en) if each.text in known
        else Option(next(free), each.text, each.share) for each in item.options
    )  # fmt: skip
    return replace(item, options=options, text_en=before.text_en if item.text == before.text else "")


ItemFormSet = formset_factory(
    ItemForm, formset=ItemForms, extra=0, can_order=True, can_delete=True, max_num=ITEMS_AT_MOST, absolute_max=ITEMS_AT_MOST + 1
)


def conditions_of(items: list[Item]) -> list[tuple[str, str]]:
    """Every answer of the yes-or-no questions and choices that are stored, as conditions to choose from."""
    found = []
    for item in items:
        if item.type == YES_NO:
            found += [(f"{item.key}:{value}", f"{item.text} = {word}") for value, word in ((YES, _now("是")), (NO, _now("否")))]
        found += [(f"{item.key}:{each.value}", f"{item.text} = {each.text}") for each in item.options]
    return found


def first_of(item: Item) -> dict:
    lines = "\n".join(f"{each.text}={each.share}" for each in item.options)
    when = f"{item.when_item}:{item.when_answer}" if item.when_item else ""
    plain = ("key", "text", "type", "required", "weight", "good", "at_least", "at_most", "unit", "category")
    return {name: getattr(item, name) for name in plain} | {"options": lines, "when": when}
