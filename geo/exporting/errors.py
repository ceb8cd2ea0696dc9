"""Why a file cannot be made, and what to do about it."""
from django.utils.translation import gettext_lazy as _

REASONS = {
    "unknown_form": _("没有“%(form)s”这种文件格式；可选：%(forms)s。"),
    "unknown_datum": _("没有“%(datum)s”这种坐标系；可选：%(datums)s。"),
    "kml_datum": _("KML只能用WGS-84坐标，请改选坐标系或改用其他格式。"),
    "too_many_rows": _("Excel最多放得下%(limit)s行，请先筛选，或改用CSV、GeoPackage。"),
    "outline_too_long": _("“%(name)s”的轮廓超过Excel单元格的%(limit)s个字符，请改用GeoPackage、GeoJSON或CSV。"),
    "text_too_long": _("字段“%(field)s”里有文字超过%(limit)s字节，Shapefile放不下，请改用GeoPackage。"),
}


class ExportRefused(ValueError):
    """The file cannot be made. `code` is a key of REASONS, `params` what its sentence names."""

    def __init__(self, code: str, **params):
        self.code, self.params = code, params
        super().__init__(f"{code} {params}")

    def __str__(self) -> str:
        return str(REASONS[self.code]) % self.params
