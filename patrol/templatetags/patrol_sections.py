"""The second row of navigation on every page of patrols."""

from django import template
from django.utils.translation import gettext_lazy as _

from geo.models import User

register = template.Library()
MANAGERS = (User.Role.COUNTY_OFFICER, User.Role.TOWN_OFFICER)
# (url name, title, the roles that may open it; none named: everybody who reads business data)
PLANNERS = (*MANAGERS, User.Role.PLANNER, User.Role.VILLAGE_CADRE)
SECTIONS: tuple = (
    ("roster", _("排班表"), PLANNERS),
    ("duty", _("我的班次"), ()),
    ("teams", _("巡防队"), PLANNERS),
    ("beats", _("巡区"), PLANNERS),
    ("shift_templates", _("班次模板"), PLANNERS),
)


@register.inclusion_tag("patrol/_sections.html", takes_context=True)
def patrol_sections(context) -> dict:
    request = context["request"]
    mine = [(name, title) for name, title, roles in SECTIONS if not roles or request.user.role in roles]
    return {"sections": mine, "current_url_name": request.resolver_match.url_name}
