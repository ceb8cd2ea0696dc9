"""The second row of navigation on every page of patrols."""

from django import template
from django.utils.translation import gettext_lazy as _

from geo.models import User
from patrol.logbook import READERS as LOG_READERS

register = template.Library()
MANAGERS = (User.Role.COUNTY_OFFICER, User.Role.TOWN_OFFICER)
# Group by group: (url name, title, the roles that may open it; none named: everybody who reads business data)
PLANNERS = (*MANAGERS, User.Role.PLANNER, User.Role.VILLAGE_CADRE)
SECTIONS: tuple = (
    (_("勤务"), (("duty_room", _("值班室"), ()), ("shift_reports", _("班次报告"), MANAGERS), ("logs", _("巡逻日志"), LOG_READERS))),
    (
        _("在岗"),
        (
            ("presence", _("在岗覆盖"), ()),
            ("presence_map", _("某时在岗"), ()),
            ("fulfilment", _("计划完成"), ()),
            ("targets", _("责任目标"), ()),
        ),
    ),
    (
        _("计划"),
        (
            ("roster", _("排班表"), PLANNERS),
            ("proposals", _("巡逻建议"), (*MANAGERS, User.Role.PLANNER)),
            ("teams", _("巡防队"), PLANNERS),
            ("beats", _("巡区"), PLANNERS),
            ("shift_templates", _("班次模板"), PLANNERS),
        ),
    ),
    (
        _("本人"),
        (("duty", _("我的班次"), ()), ("my_patrols", _("我的巡逻"), ()), ("devices", _("终端"), ()), ("gpx_upload", _("上传 GPX"), ())),
    ),
)


@register.inclusion_tag("patrol/_sections.html", takes_context=True)
def patrol_sections(context) -> dict:
    request = context["request"]
    groups = [
        (label, [(name, title) for name, title, roles in pages if not roles or request.user.role in roles]) for label, pages in SECTIONS
    ]
    return {"groups": [(label, pages) for label, pages in groups if pages], "current_url_name": request.resolver_match.url_name}
