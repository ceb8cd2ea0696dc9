"""What is asked for a new phone or app."""

from django import forms
from django.utils.translation import gettext_lazy as _

from patrol import devices
from patrol.models import Door, SpeedUnit


class _ForSomebody(forms.Form):
    """The account, if the reader may register devices for more than the own one."""

    user = forms.ModelChoiceField(queryset=None, label=_("账号"), empty_label=None)

    def __init__(self, *arguments, by, **named):
        super().__init__(*arguments, auto_id=f"{type(self).__name__.lower()}_%s", **named)
        self.fields["user"].queryset = devices.people(by).order_by("username")
        self.fields["user"].initial = by


class PhoneForm(_ForSomebody):
    pass


class AppForm(_ForSomebody):
    door = forms.ChoiceField(label=_("应用"), choices=[(door.value, door.label) for door in devices.APPS])
    name = forms.CharField(label=_("名称"), max_length=devices.NAME_AT_MOST)
    speed_unit = forms.ChoiceField(label=_("速度单位"), choices=SpeedUnit.choices, initial=SpeedUnit.METRES)
    field_order = ["door", "name", "user", "speed_unit"]


HELP = {
    Door.TRACCAR: (
        _("在 Traccar Client 的设置里把“服务器网址”改为下面的地址，设备编号任意。"),
        _("“频率”设为 10 秒，“距离”设为 10 米，打开“离线缓存”。默认的 300 秒、75 米对步巡太稀。"),
        _("改动设备编号会使应用里未发送的位置卡住；某些国产手机的省电管理会停掉后台定位，请允许后台运行。"),
    ),
    Door.OSMAND: (
        _("在 OsmAnd 的“行程记录”插件里打开“在线跟踪”，把网址设为下面的地址（大括号里的内容由应用自己填）。"),
        _("记录间隔设为 10 秒；OsmAnd 的速度单位是米/秒。"),
        _("没有信号时位置存在应用里，有信号再发；清空应用数据会丢失。"),
    ),
    Door.OWNTRACKS: (
        _("在 OwnTracks 里选择 HTTP 模式，网址填下面的地址，用户名填账号名，密码填令牌。"),
        _("监测模式选“移动”（Move），间隔 10 秒。"),
        _("切换模式或更换网址会清空应用里未发送的位置；苹果手机在“移动”模式下断网时可能停止记录。"),
    ),
}
