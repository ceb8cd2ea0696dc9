"""Why an edit is not taken: sentences by field, so that a form can show each where it belongs."""
from django.apps import apps
from django.db import IntegrityError, models
from django.utils.translation import gettext as _

from geo.faults import Fault, sentence
from geo.layers import Layer


class EditRefused(ValueError):
    """`messages` are sentences by field name, "" for the object as a whole. Nothing was written."""

    def __init__(self, messages: dict[str, list[str]] | str):
        self.messages = {"": [messages]} if isinstance(messages, str) else messages
        super().__init__(" ".join(text for texts in self.messages.values() for text in texts))


class Stale(EditRefused):
    """Somebody was faster. `mine` are the values that were to be written, `theirs` the object as it is now; `base` are the
    values that the editor had before them, where the history still knows them."""

    def __init__(self, *, mine: dict, theirs: models.Model | None, base: dict | None):
        self.mine, self.theirs, self.base = mine, theirs, base
        super().__init__(_("您打开之后，别人已经改过这个对象。请比较两个版本后再保存。"))


class Busy(EditRefused):
    """Another writer holds the layer: an import, most likely."""

    def __init__(self):
        super().__init__(_("另一个导入或修改正在写入这个图层，没有保存。请稍后再试。"))


def labels(layer: Layer) -> dict[str, str]:
    """Chinese (or English) names of the fields that people edit, the geometry last."""
    names = [*(column.name for column in layer.hand_columns), "geom"]
    return {name: str(layer.model._meta.get_field(name).verbose_name) for name in names}


def broken(layer: Layer, problem: IntegrityError, *, key: str = "") -> EditRefused:
    """What the database's own rule says, at the fields that it is about."""
    diagnosis = getattr(problem.__cause__, "diag", None)
    name, column = getattr(diagnosis, "constraint_name", None), getattr(diagnosis, "column_name", None)
    model = layer.model
    if column:
        return EditRefused({_field_of(model, column): [sentence(Fault.MISSING_VALUE)]})
    rule = next((each for each in model._meta.constraints if each.name == name), None)
    if isinstance(rule, models.CheckConstraint):
        fields = sorted(rule.condition.referenced_base_fields)
        text = sentence(Fault.RULE, fields="、".join(str(model._meta.get_field(each).verbose_name) for each in fields))
        return EditRefused({each: [text] for each in fields})
    if getattr(diagnosis, "sqlstate", "") == "23505":
        return EditRefused({"source_key": [_("编号“%(key)s”已被另一个对象使用。") % {"key": key}]})
    return EditRefused(_("数据库不接受这些值（规则：%(name)s）。") % {"name": name or "—"})


def _field_of(model: type[models.Model], column: str) -> str:
    return next((field.name for field in model._meta.fields if field.column == column), "")


def referring(problem: IntegrityError) -> str:
    """The Chinese name of the table that still refers to the object."""
    named = getattr(getattr(problem.__cause__, "diag", None), "table_name", "") or ""
    return str(next((model._meta.verbose_name for model in apps.get_models() if model._meta.db_table == named), named))
