"""What planners type: a plan, a scenario, one stakeholder's weights by any method, limits, demands about zones, own indicators."""
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import combinations

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zones.models import OwnIndicator, RectificationZone, Scenario
from zones.planning.weights import AHP, DIRECT, SWING
from zones.year_plans.words import METHODS, SPREADS, indicator_name, unit_name, with_note

WEIGHING = (DIRECT, SWING, AHP)
SCALE = [*(str(n) for n in range(9, 1, -1)), "1", *(f"1/{n}" for n in range(2, 10))]
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
COUNT_AT_MOST, MONEY_AT_MOST = 100_000, 1_000_000


def _figure(label, *, most: float, least: float = 0, required: bool = False, **more) -> forms.FloatField:
    return forms.FloatField(label=label, min_value=least, max_value=most, required=required, **more)


def _count(label, *, required: bool = False, least: int = 0, most: int = COUNT_AT_MOST) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=least, max_value=most, required=required)


class PlanForm(forms.Form):
    year = forms.IntegerField(label=gettext_lazy("年度"), min_value=2000, max_value=2100)


class ScenarioForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("方案名称"), max_length=30)
    like = forms.ModelChoiceField(
        label=gettext_lazy("以哪个方案为底稿"), queryset=Scenario.objects.none(), required=False, empty_label=gettext_lazy("系统默认权重")
    )

    def __init__(self, data: Mapping | None, scenarios):
        super().__init__(data)
        self.fields["like"].queryset = scenarios


class OpinionForm(forms.Form):
    """One stakeholder by one method. Points and swings are a number for each indicator, pairs a choice for each two of them."""

    stakeholder = forms.CharField(
        label=gettext_lazy("评价方"), max_length=30, help_text=gettext_lazy("填写单位或角色，例如“治安大队”，不写人名。")
    )
    voice = _figure(gettext_lazy("话语权"), least=0.01, most=100, required=True, help_text=gettext_lazy("各方的相对分量，一般都填1。"))

    def __init__(self, data: Mapping | None, *, method: str, declared: Sequence[Mapping], said: Mapping | None):
        super().__init__(data, initial=_initial(said, declared))
        self.method, self.declared = method, declared
        self.method_name = METHODS[method]
        self.keys = [each["key"] for each in declared]
        if method == AHP:
            self._add_pairs()
        else:
            for each in declared:
                self.fields[each["key"]] = _figure(indicator_name(each), most=100)

    def _add_pairs(self) -> None:
        names = {each["key"]: indicator_name(each) for each in self.declared}
        for key in self.keys:
            self.fields[f"used-{key}"] = forms.BooleanField(label=names[key], required=False)
        for first, second in combinations(self.keys, 2):
            label = _("%(first)s与%(second)s相比") % {"first": names[first], "second": names[second]}
            self.fields[f"{first}~{second}"] = forms.ChoiceField(label=label, choices=_scale(names[first], names[second]), required=False)

    @property
    def points(self) -> list[tuple[Mapping, str, forms.BoundField]]:
        return [(each, f"{each['low']:g}–{each['high']:g} {unit_name(each)}", self[each["key"]]) for each in self.declared]

    @property
    def used(self) -> list[forms.BoundField]:
        return [self[f"used-{key}"] for key in self.keys]

    @property
    def pairs(self) -> list[forms.BoundField]:
        return [self[f"{first}~{second}"] for first, second in combinations(self.keys, 2)]

    def opinion(self) -> dict:
        said = self.cleaned_data
        found = {"stakeholder": said["stakeholder"], "method": self.method, "voice": said["voice"]}
        if self.method != AHP:
            return found | {"points": {key: said[key] or 0 for key in self.keys}}
        used = [key for key in self.keys if said[f"used-{key}"]]
        return found | {"pairs": [[a, b, float(Fraction(said[f"{a}~{b}"] or "1"))] for a, b in combinations(used, 2)]}

    def clean(self):
        said = super().clean()
        if self.method == AHP and sum(bool(said.get(f"used-{key}")) for key in self.keys) < 2:
            raise forms.ValidationError(_("至少勾选两项指标来比较。"))
        return said


def _scale(first: str, second: str) -> list[tuple[str, str]]:
    words = {"1": _("同样重要")}
    for text in SCALE:
        if text != "1":
            winner, times = (second, text[2:]) if text.startswith("1/") else (first, text)
            words[text] = _("%(winner)s重要%(times)s倍") % {"winner": winner, "times": times}
    return [(text, words[text]) for text in SCALE]


def _initial(said: Mapping | None, declared: Sequence[Mapping]) -> dict:
    if said is None:
        return {"voice": 1} | {f"used-{each['key']}": not each["own"] for each in declared} | _evenly(declared)
    found = {"stakeholder": said["stakeholder"], "voice": f"{said['voice']:g}"}
    if said["method"] != AHP:
        return found | {each["key"]: f"{said['points'].get(each['key'], 0):g}" for each in declared}
    for first, second, times in said["pairs"]:
        found |= {f"{first}~{second}": _text_of(times), f"used-{first}": True, f"used-{second}": True}
    return _evenly(declared) | found


def _evenly(declared: Sequence[Mapping]) -> dict:
    return {f"{a['key']}~{b['key']}": "1" for a, b in combinations(declared, 2)}


def _text_of(times: float) -> str:
    return min(SCALE, key=lambda text: abs(float(Fraction(text)) - times))


class LimitsForm(forms.Form):
    """Demands with a number, and how the run is made. Towns and kinds are those of the candidates."""

    budget = _figure(gettext_lazy("总费用最多（万元）"), most=MONEY_AT_MOST)
    count_least = _count(gettext_lazy("至少选几个"))
    count_most = _count(gettext_lazy("最多选几个"))
    former_least = _count(gettext_lazy("往年示范区至少几个"))
    bonus = _figure(
        gettext_lazy("往年示范区加分"), most=1, required=True,
        help_text=gettext_lazy("为了连续性给往年示范区的得分加多少（0到1），0为不加。"),
    )  # fmt: skip
    alternatives = _count(gettext_lazy("备选方案个数"), required=True, most=20)
    spread = forms.ChoiceField(
        label=gettext_lazy("稳定性：权重怎样变动"),
        choices=list(SPREADS.items()),
    )
    draws = _count(gettext_lazy("稳定性：抽样次数"), required=True, least=100, most=50_000)
    seed = _count(gettext_lazy("随机种子"), required=True, most=2_000_000_000)
    ABOUT_ALL = ("budget", "count_least", "count_most", "former_least")

    def __init__(self, data: Mapping | None, *, scenario: Scenario, towns: Mapping[str, str]):
        document = scenario.document
        made = {name: document[name] for name in ("bonus", "draws", "spread", "alternatives")}
        super().__init__(data, initial=made | {"seed": scenario.seed, "bonus": f"{document['bonus']:g}"})
        self.groups = []
        kinds = [(value, str(label)) for value, label in RectificationZone.Kind.choices]
        for kind, title, rows in (("town", _("乡镇"), sorted(towns.items())), ("kind", _("类别"), kinds)):
            self.groups.append((kind, title, [(value, name) for value, name in rows]))
            for value, name in rows:
                for end, word in (("least", _("%(name)s至少")), ("most", _("%(name)s最多"))):
                    self.fields[f"{kind}_{end}:{value}"] = _count(word % {"name": name})
        for each in document["demands"]:
            name = f"{each['code']}:{each['about'][0]}" if each["about"] else each["code"]
            if name in self.fields:
                limit = each["limit"]
                self.initial[name] = int(limit) if limit == int(limit) else limit

    @property
    def tables(self) -> list[tuple[str, list]]:
        return [
            (title, [(name, self[f"{kind}_least:{value}"], self[f"{kind}_most:{value}"]) for value, name in rows])
            for kind, title, rows in self.groups
        ]

    @property
    def whole(self) -> list[forms.BoundField]:
        return [self[name] for name in self.ABOUT_ALL]

    @property
    def making(self) -> list[forms.BoundField]:
        return [self[name] for name in ("bonus", "alternatives", "spread", "draws", "seed")]

    def clean(self):
        said = super().clean()
        pairs = [("count_least", "count_most")]
        pairs += [(f"{kind}_least:{value}", f"{kind}_most:{value}") for kind, _title, rows in self.groups for value, _name in rows]
        for least, most in pairs:
            if said.get(least) is not None and said.get(most) is not None and said[least] > said[most]:
                self.add_error(least, _("至少的个数不能大于最多的个数。"))
        return said

    def said(self) -> dict:
        given = self.cleaned_data
        demands = []
        for name in self.fields:
            code, _colon, about = name.partition(":")
            if (code in self.ABOUT_ALL or about) and given[name] is not None:
                demands.append({"code": code, "limit": given[name], "about": [about] if about else []})
        return {"demands": demands} | {name: given[name] for name in ("bonus", "draws", "spread", "alternatives", "seed")}


class ZoneDemandForm(forms.Form):
    code = forms.ChoiceField(
        label=gettext_lazy("要求"),
        choices=[
            ("forced_in", gettext_lazy("必须选")), ("forced_out", gettext_lazy("不选")), ("exclude", gettext_lazy("不能同时选")),
            ("need", gettext_lazy("选前一个就必须选后一个")),
        ],
    )  # fmt: skip
    zone = forms.TypedChoiceField(label=gettext_lazy("区域"), coerce=int)
    other = forms.TypedChoiceField(label=gettext_lazy("另一个区域（成对的要求才填）"), coerce=int, required=False, empty_value=None)

    def __init__(self, data: Mapping | None, zones: Sequence[Mapping]):
        super().__init__(data)
        named = [(each["pk"], with_note(each["name"], f"{each['town_name']} {each['pk']}")) for each in zones]
        self.fields["zone"].choices = [("", "—"), *named]
        self.fields["other"].choices = [("", "—"), *named]

    def about(self) -> list[int]:
        pair = self.cleaned_data["code"] in ("exclude", "need")
        return [self.cleaned_data["zone"], *([self.cleaned_data["other"]] if pair else [])]

    def clean(self):
        said = super().clean()
        if said.get("code") in ("exclude", "need") and not said.get("other"):
            self.add_error("other", _("成对的要求要选另一个区域。"))
        elif said.get("code") in ("exclude", "need") and said.get("zone") == said.get("other"):
            self.add_error("other", _("一对区域应是两个不同的区域。"))
        return said


class OwnForm(forms.Form):
    """An own indicator's declaration and its file."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=30)
    unit = forms.CharField(label=gettext_lazy("单位"), max_length=10, required=False)
    direction = forms.ChoiceField(label=gettext_lazy("方向"), choices=OwnIndicator.Direction.choices)
    low = forms.FloatField(label=gettext_lazy("参考下限"), min_value=-1e9, max_value=1e9)
    high = forms.FloatField(label=gettext_lazy("参考上限"), min_value=-1e9, max_value=1e9)
    source = forms.CharField(label=gettext_lazy("来源"), max_length=120)
    as_of = forms.DateField(label=gettext_lazy("数据日期"), widget=DAY)
    file = forms.FileField(label=gettext_lazy("文件（XLSX）"), widget=forms.FileInput(attrs={"accept": ".xlsx"}))

    def __init__(self, data: Mapping | None, files, *, known: Mapping, on: date):
        super().__init__(data, files, initial={"as_of": on} | dict(known))

    def clean(self):
        said = super().clean()
        if said.get("low") is not None and said.get("high") is not None and said["low"] >= said["high"]:
            self.add_error("high", _("参考上限应大于参考下限。"))
        return said

    def declaration(self) -> dict:
        return {name: value for name, value in self.cleaned_data.items() if name != "file"}
