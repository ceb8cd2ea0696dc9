"""Names that are nobody's: plants, numbers and the word 示例 (sample)."""
from collections.abc import Iterator

PLANTS = (
    "枸杞", "红枣", "白杨", "柳荫", "槐香", "梨花", "杏林", "桃源", "葡萄", "麦香", "稻香", "荷塘", "芦苇", "沙枣", "胡杨", "银杏", "丁香",
    "海棠", "牡丹", "月季", "石榴", "苹果", "核桃", "松柏", "翠竹", "红柳", "马兰", "苜蓿", "向日葵", "玉兰", "山楂", "樱桃", "茉莉",
    "紫藤",
)  # fmt: skip
_GATED = ("{plant}苑小区{number}区", "{plant}家园{number}期", "{plant}花园小区{number}区")
_OLD = ("{plant}里小区{number}号院", "{plant}巷老院{number}号")
_OPEN_YARD = ("{plant}巷{number}号院", "{plant}坊{number}号大院")
_FORMS = {"gated": _GATED, "old": _OLD, "open_yard": _OPEN_YARD, "other": ("{plant}公寓{number}号",)}


class CompoundNames:
    """Neighbours share a plant and are numbered: 枸杞苑小区1区, 2区, ... No name is given twice."""

    def __init__(self, dice):
        self._dice = dice
        self._order: Iterator[str] = iter(())
        self._plant, self._left = "", 0
        self._used: dict[str, int] = {}

    def next(self, kind: str) -> str:
        if not self._left:
            self._plant, self._left = self._next_plant(), int(self._dice.integers(2, 6))
        self._left -= 1
        form = _FORMS[kind][self._dice.integers(len(_FORMS[kind]))]
        stem = form.format(plant=self._plant, number="{number}")
        self._used[stem] = self._used.get(stem, 0) + 1
        return stem.format(number=self._used[stem])

    def _next_plant(self) -> str:
        plant = next(self._order, None)
        if plant is None:
            self._order = iter(self._dice.permutation(PLANTS).tolist())
            plant = next(self._order)
        return plant
