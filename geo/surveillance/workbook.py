"""The register as XLSX, with exact positions: only ever written after `exports.claim` has a reason to let it out."""

import io

from django.utils import timezone
from django.utils.translation import gettext as _

from geo.layers import registry
from geo.models import SurveillancePoint, User
from geo.workbooks import write_workbook


def write(user: User) -> tuple[io.BytesIO, int]:
    """A file of every point that the user may see now, and how many these are. Longitude and latitude are WGS-84."""
    layer = registry["surveillance"]
    fields = [layer.column_field(column) for column in layer.columns]
    points = SurveillancePoint.objects.visible_to(user).select_related("division").order_by("division_id", "pk")
    rows = [[*(_cell(point, field) for field in fields), point.division.name, point.geom.x, point.geom.y] for point in points]
    headers = [*(str(field.verbose_name) for field in fields), _("行政区划"), _("经度"), _("纬度")]
    about = [
        _("导出账号：%(user)s；时间：%(moment)s；坐标系：WGS-84。")
        % {"user": user.username, "moment": f"{timezone.localtime():%Y-%m-%d %H:%M}"},
        _("含监控点准确位置，仅限申请的用途使用，用后按规定处理。"),
    ]
    target = io.BytesIO()
    write_workbook(target, [(str(layer.title), headers, rows, []), (_("说明"), [_("说明")], [[line] for line in about], [])])
    target.seek(0)
    return target, len(rows)


def _cell(point: SurveillancePoint, field) -> object:
    if field.choices:
        return str(getattr(point, f"get_{field.name}_display")())
    value = getattr(point, field.name)
    return (_("是") if value else _("否")) if isinstance(value, bool) else value
