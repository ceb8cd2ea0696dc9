"""Every code of a proposal in plain words. A test walks the codes."""

from collections.abc import Mapping

from django.utils.translation import gettext as _


def reason(code: str, n: Mapping[str, int]) -> str:
    match code:
        case "incidents_many":
            return _("这个巡区近%(months)d个月警情%(total)d起，其中%(count)d起在一天中的这几个小时。") % n
        case "presence_thin":
            return _("近%(weeks)d周的这几个小时，已知的%(known)d个小时里有%(absent)d个没有巡逻在岗。") % n
        case "presence_not_known":
            return _("其中%(hours)d个小时有没有人在岗没有数据，按没有算。") % n
        case "hours_unknown":
            return _("另有%(hours)d个小时不明，不算在岗，也不算无人。") % n
        case "hours_used":
            return _("用去%(used)d人·小时，可用%(hours)d人·小时。") % n
        case "need_is_met":
            return _("还剩%(left)d人·小时：其余时段没有警情、一直有人在岗或已经排班，不必再排。") % n
        case "people_are_busy":
            return _("还剩%(left)d人·小时：其余需要的时段人已经排满。") % n
        case "beats_without":
            return _("有%(count)d个巡区这次没有排上：那里的需要比排上的小。") % n
        case "beats_aside":
            return _("巡区太多，需要最小的%(count)d个没有参加比较。") % n
        case "no_beats":
            return _("这支队的辖区里还没有划巡区，先在“巡区”里划。")
        case "no_incidents":
            return _("近%(months)d个月各巡区里没有警情，没有可建议的时段。") % n
        case "too_few_members":
            return _("队里现有%(count)d人，不够一个班次的%(needed)d人。") % n
        case "too_few_hours":
            return _("可用工时%(hours)d人·小时，不够一个班次（%(needed)d人·小时）。") % n
        case "week_is_over":
            return _("这一周剩下的时间排不下一个班次，请选以后的一周。")
    raise KeyError(code)
