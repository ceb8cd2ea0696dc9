"""Why an import as a whole is refused, and what to do about it."""
from django.utils.translation import gettext_lazy as _

REASONS = {
    "unknown_layer": _("没有名为“%(name)s”的图层；可导入的图层：%(names)s。"),
    "not_importable": _("图层“%(name)s”由系统计算，不能导入。"),
    "datum": _("必须说明坐标系（%(given)s 不是可选值）。可选：%(choices)s，或任何EPSG代码。系统不猜坐标系。"),
    "no_coordinates": _("没有找到坐标列。请把列名写成“经度”“纬度”（或lon、lat），或给出WKT列（wkt）。文件的列：%(columns)s。"),
    "missing_columns": _("缺少必填列：%(names)s。文件的列：%(columns)s。"),
    "no_outlines": _("系统里还没有行政区划轮廓，无法判断地点属于哪里。请先导入区划轮廓。"),
    "busy": _("另一个导入正在写入这个图层，请等它结束后再试。"),
    "nothing": _("没有可以写入的行：所有行都被退回或没有变化。"),
    "unknown_batch": _("没有编号为%(number)s的批次。"),
    "already_reverted": _("批次%(number)s已在%(when)s撤回。"),
    "later_batch": _("批次%(number)s的%(count)s个对象后来又被批次%(later)s改过。请先撤回批次%(later)s。"),
    "edited": _("批次%(number)s的%(count)s个对象后来被人工修改过（例如“%(example)s”），不能自动撤回。"),
    "gone": _("批次%(number)s改过的%(count)s个对象后来被删除，不能恢复原值。"),
    "referenced": _("批次%(number)s新增的对象已被%(table)s引用，不能撤回。"),
    "unknown_account": _("没有账号“%(name)s”。"),
}


class ImportRefused(Exception):
    """The import cannot go on. `code` is a key of REASONS, `params` what its sentence names. Nothing was written."""

    def __init__(self, code: str, **params):
        self.code, self.params = code, params
        super().__init__(f"{code} {params}")

    def __str__(self) -> str:
        return str(REASONS[self.code]) % self.params
