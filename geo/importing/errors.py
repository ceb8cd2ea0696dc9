"""Why an import as a whole is refused, and what to do about it."""
from django.utils.translation import gettext_lazy as _

REASONS = {
    "unknown_layer": _("没有名为“%(name)s”的图层；可导入的图层：%(names)s。"),
    "not_importable": _("图层“%(name)s”由系统计算，不能导入。"),
    "datum": _("必须说明坐标系（%(given)s 不是可选值）。可选：%(choices)s，或任何EPSG代码。系统不猜坐标系。"),
    "no_coordinates": _("没有找到坐标列。请把列名写成“经度”“纬度”（或lon、lat），或给出WKT列（wkt）。文件的列：%(columns)s。"),
    "missing_columns": _("缺少必填列：%(names)s。文件的列：%(columns)s。"),
    "column_twice": _("“%(name)s”被选了两次：一个字段只能对应一列。"),
    "personal_name": _("文件名里像是有身份证号、电话或车牌号：本系统只记地方不记人，请改名后再上传。"),
    "disk_full": _("服务器的磁盘满了，没有保存“%(name)s”。请联系系统管理员，腾出空间后再上传。"),
    "too_large_upload": _("上传的文件超过上限%(limit_mb)s MB，没有保存。请分成几个文件。"),
    "no_right": _("账号“%(name)s”不再有导入的权限。"),
    "no_file": _("没有选择文件。"),
    "choose_datum": _("请选择坐标系。系统不猜坐标系。"),
    "coordinate_roles": _("坐标列要么是一列经度（或东坐标）加一列纬度（或北坐标），要么是一列WKT，每种只选一列。"),
    "not_checked": _("请先检查（试算），看过结果再入库。"),
    "decided_fields": _("“%(names)s”由县级审定，文件不能直接写入。请把这一列选为“不导入”，再按程序办理。"),
    "draft_closed": _("“%(name)s”已经处理过（%(state)s）。"),
    "draft_busy": _("“%(name)s”正在处理，请稍候。"),
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
