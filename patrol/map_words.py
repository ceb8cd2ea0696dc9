"""What the maps on the pages of patrols need: ground, bounds, and words in the reader's language."""

from datetime import date

from django.utils.translation import gettext as _

from geo import maps


def config(code: str, *, on: date, **more) -> dict:
    """For patrol/ground.js: the base map of a unit, and whatever the page adds."""
    return maps.ground(code, on=on) | {
        "words": {
            "trouble": _("地图数据没有取到，请刷新页面。"),
            "unsupported": _("这个浏览器不能显示地图，请换用新版浏览器。"),
            "schematic": _("底图为示意图，非法定界线"),
            "controls": maps.control_words(),
            "twoFingers": _("用两个手指移动地图"),
            "ctrlScroll": _("按住 Ctrl 滚动，缩放地图"),
            **more.pop("words", {}),
        },
        **more,
    }
