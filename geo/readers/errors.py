"""What can be wrong with a whole file, and what to do about it."""
from django.utils.translation import gettext_lazy as _

REASONS = {
    "missing": _("找不到文件：%(name)s。"),
    "empty": _("文件是空的：%(name)s。"),
    "too_big": _("文件有%(size_mb)s MB，这种格式的上限是%(limit_mb)s MB。请分成几个文件导入。"),
    "unsupported_kind": _(
        "不支持“%(ending)s”文件。可导入："
        "GeoJSON（.geojson、.json）、GeoPackage（.gpkg）、打包的Shapefile（.zip）、KML（.kml、.kmz）、GML（.gml）、"
        "FlatGeobuf（.fgb）、CSV（.csv、.txt）、Excel（.xlsx）。"
    ),
    "kind_mismatch": _("文件名以“%(ending)s”结尾，内容却不是（看起来是%(found)s）。请用正确的格式重新导出。"),
    "broken": _("文件损坏或不完整，无法按%(kind)s读取。请重新导出后再试。"),
    "no_features": _("文件里没有任何要素或数据行。"),
    "no_layer": _("文件里没有可导入的图层。"),
    "which_layer": _("文件里有多个图层（%(names)s），请指明一个。"),
    "unknown_layer": _("文件里没有名为“%(name)s”的图层；有：%(names)s。"),
    "unsafe_content": _("文件含有不允许的内容（%(what)s），已拒绝读取。"),
    "bad_encoding": _("第%(line)s行的文字不是%(encoding)s编码。请指明编码，或另存为UTF-8。"),
    "bad_encoding_field": _("第%(line)s条记录的字段“%(field)s”不是%(encoding)s编码。请指明编码（例如GB18030）。"),
    "unknown_encoding": _("不认识的编码：%(encoding)s。可用：UTF-8、GB18030。"),
    "nul_byte": _("第%(line)s行含有空字符（NUL），文件可能已损坏。请检查这一行后重新导出。"),
    "bad_csv": _("第%(line)s行的引号不成对或格式有误。请检查这一行。"),
    "no_header": _("第一行应是表头，但没有找到列名。"),
    "bad_json": _("不是正确的JSON：第%(line)s行附近有误。"),
    "bad_xml": _("不是正确的XML：第%(line)s行附近有误。"),
    "too_deep": _("文件嵌套过深，已拒绝读取。"),
    "not_geojson": _("JSON里没有GeoJSON要素（FeatureCollection、Feature或几何图形）。"),
    "bad_feature": _("第%(line)s个要素不是正确的GeoJSON要素。"),
    "zip_encrypted": _("压缩包有密码，无法读取。请去掉密码后重新打包。"),
    "zip_names": _("压缩包里有不允许的路径：%(name)s。请只打包文件本身。"),
    "zip_many": _("压缩包里有%(count)s个文件，上限%(limit)s个。"),
    "zip_big": _("压缩包解开后超过%(limit_mb)s MB。"),
    "zip_parts": _("Shapefile不完整，缺少：%(missing)s。请把同名的.shp、.shx、.dbf、.prj一起打包。"),
    "too_slow": _("读取超过了%(seconds)s秒的时限，已停止。请把文件拆小。"),
    "too_much_memory": _("读取这个文件需要的内存超过上限，已停止。请把文件拆小。"),
    "stopped": _("读取文件的进程意外停止（%(how)s），没有写入任何数据。文件可能已损坏。"),
}

WARNINGS = {
    "crs_mismatch": _("文件声明的坐标系是%(declared)s，您选择的是%(chosen)s；按您的选择处理。"),
    "no_prj": _("压缩包里没有.prj，无法核对坐标系；按您选择的处理。"),
    "encoding_guessed": _("文件没有写明编码，按%(encoding)s读取。"),
    "column_renamed": _("列名“%(name)s”出现不止一次，后一列改称“%(renamed)s”。"),
    "column_skipped": _("列“%(name)s”的类型不能导入，已略过。"),
    "precision_lost": _("列“%(name)s”有超过15位的数字，Excel已丢掉末尾几位；请在Excel中把该列设为文本后重填。"),
    "network_link": _("文件里有%(count)s个网络链接（NetworkLink），没有读取；需要的数据请先保存成文件。"),
    "only_first_kml": _("压缩包里有%(count)s个KML，只读取了“%(name)s”。"),
    "unnamed_column": _("第%(number)s列没有列名，已略过。"),
}


class ReadError(Exception):
    """The file as a whole cannot be read. `code` is a key of REASONS, `params` what its sentence names."""

    def __init__(self, code: str, **params):
        self.code, self.params = code, params
        super().__init__(f"{code} {params}")


def describe(error: ReadError) -> str:
    return str(REASONS[error.code]) % error.params


def describe_warning(code: str, params: dict) -> str:
    return str(WARNINGS[code]) % params
