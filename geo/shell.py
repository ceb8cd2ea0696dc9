"""The frame around every page: language and navigation."""
from collections.abc import Callable, Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from geo.invented import holds_invented
from geo.models import User

LANGUAGES = dict(settings.LANGUAGES)


class LanguageMiddleware:
    """Chinese first: another language only where the reader chose it, whatever the browser's own language is."""

    def __init__(self, get_response: Callable):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        language = chosen if chosen in LANGUAGES else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
            return response


READERS = tuple(role for role in User.Role if role not in User.ADMINISTRATORS)
# (url name, title, the roles that may open it; none named: every signed-in role). A module adds its line here.
NAVIGATION = (
    ("map", _("一张图"), ()),
    ("registers", _("数据台账"), READERS),
    ("coverage", _("警务覆盖"), READERS),
    ("surveillance", _("监控点"), READERS),
    ("surveillance_log", _("查阅记录"), (User.Role.AUDITOR,)),
    ("accounts", _("账号管理"), tuple(User.ADMINISTRATORS)),
    ("audit", _("审计"), (User.Role.AUDITOR,)),
    ("account_log", _("账号与登录记录"), (User.Role.AUDITOR,)),
    ("duty_room", _("巡逻防控"), READERS),
    ("zones", _("重点整治"), READERS),
    ("inspections", _("排查检查"), READERS),
    ("issues", _("问题挂号"), READERS),
    ("duties", _("定期任务"), READERS),
    ("bulletins", _("通报"), READERS),
    ("moderation_home", _("群众监督"), (User.Role.COUNTY_OFFICER, User.Role.TOWN_OFFICER)),
    ("ratings", _("四无评定"), ()),
    ("campaigns", _("平安创建"), READERS),
    ("year_plans", _("规划"), (User.Role.PLANNER, User.Role.COUNTY_OFFICER)),
    ("assessments", _("项目评估"), (User.Role.TOWN_OFFICER, User.Role.VILLAGE_CADRE, User.Role.PATROL_MEMBER)),
    ("rulebook", _("标准参数"), (User.Role.COUNTY_OFFICER, User.Role.PLANNER)),
    ("batches", _("数据导入"), (User.Role.COUNTY_OFFICER, User.Role.TOWN_OFFICER)),
    ("my_access", _("我的数据访问"), ()),
)
# Where pages lie that belong to an entry and not below its own address.
ALSO_OF = {
    "year_plans": ("/planning/", "/assessments/"),
    "inspections": ("/checklists/",),
    "ratings": ("/rounds/",),
    "campaigns": ("/candidates/",),
    "moderation_home": ("/moderation/",),
    "registers": ("/kinds/", "/base-lines/"),
}


def section_of(path: str, names: Iterable[str]) -> str:
    """The entry that a page lies below: the one with the longest address that the page's begins with."""
    places = {place: name for name in names for place in (*ALSO_OF.get(name, ()), reverse(name))}
    return places.get(max(filter(path.startswith, places), key=len, default=""), "")


def shell(request: HttpRequest) -> dict:
    user = getattr(request, "user", None)
    staff = bool(user and user.is_authenticated and not user.must_change_password)
    entries = [(name, title) for name, title, roles in NAVIGATION if staff and (not roles or user.role in roles)]
    return {
        "navigation": entries,
        "current_section": section_of(request.path, [name for name, _title in entries]),
        "current_url_name": getattr(request.resolver_match, "url_name", ""),
        "holds_invented": holds_invented if staff else False,
    }
