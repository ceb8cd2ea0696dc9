"""Versions of the criteria: which is in force, and how a new one comes in."""
from datetime import date

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from zones import campaign_criteria
from zones.criteria import parse_criteria
from zones.models import CampaignCriteria, CampaignKind, RatingScheme

CAMPAIGN_KEYS = {"kind", "version", "title", "is_own_assumption", "criteria"}
KEYS = {"version", "title", "is_own_assumption", "valid_from", "criteria"}


def in_force(on: date) -> RatingScheme | None:
    """The version with the latest start among those that hold on that day."""
    adopted = RatingScheme.objects.filter(state=RatingScheme.State.ADOPTED)
    holding = adopted.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))
    return holding.order_by("-valid_from", "-pk").first()


def parse_scheme(document: object) -> RatingScheme:
    """An unsaved scheme out of a JSON document like fixtures/criteria_default.json; ValueError names the path that is wrong."""
    if not isinstance(document, dict) or document.keys() != KEYS:
        raise ValueError(_("评定标准文件应恰有这些项：%(keys)s。") % {"keys": ", ".join(sorted(KEYS))})
    for key in ("version", "title"):
        if not isinstance(document[key], str) or not document[key].strip():
            raise ValueError(_("评定标准 %(path)s：应为非空文字。") % {"path": key})
    if not isinstance(document["is_own_assumption"], bool):
        raise ValueError(_("评定标准 %(path)s：应为 true 或 false。") % {"path": "is_own_assumption"})
    try:
        valid_from = date.fromisoformat(document["valid_from"])
    except (TypeError, ValueError):
        raise ValueError(_("评定标准 %(path)s：应为 2026-01-01 这样的日期。") % {"path": "valid_from"}) from None
    parse_criteria(document["criteria"])
    return RatingScheme(**{**document, "valid_from": valid_from, "state": RatingScheme.State.ADOPTED})


def make_room(day: date) -> None:
    """What holds on that day ends with the day before. Raises ValueError where a version begins on that day or later."""
    adopted = RatingScheme.objects.filter(state=RatingScheme.State.ADOPTED)
    later = adopted.filter(valid_from__gte=day).order_by("valid_from").first()
    if later is not None:
        raise ValueError(
            _("评定标准 %(version)s 自 %(day)s 起适用：新版本的启用日期应在此之后。") % {"version": later.version, "day": later.valid_from}
        )
    adopted.filter(Q(valid_to=None) | Q(valid_to__gt=day)).update(valid_to=day)


@transaction.atomic
def load_scheme(document: object) -> RatingScheme:
    """Add a version. The same version again is accepted when nothing differs; a version is never edited."""
    scheme = parse_scheme(document)
    known = RatingScheme.objects.filter(version=scheme.version).first()
    if known is None:
        make_room(scheme.valid_from)
        scheme.save()
        return scheme
    if (known.title, known.criteria, known.valid_from) != (scheme.title, scheme.criteria, scheme.valid_from):
        raise ValueError(_("评定标准版本 %(version)s 已存在且内容不同：修改标准请用新的版本号。") % {"version": scheme.version})
    return known


@transaction.atomic
def load_campaign_criteria(document: object) -> CampaignCriteria:
    """Add a version of a campaign's criteria, like an entry of fixtures/campaign_criteria_default.json. A version is never edited."""
    if not isinstance(document, dict) or document.keys() != CAMPAIGN_KEYS:
        raise ValueError(_("评定标准文件应恰有这些项：%(keys)s。") % {"keys": ", ".join(sorted(CAMPAIGN_KEYS))})
    if document["kind"] not in CampaignKind.values:
        raise ValueError(_("评定标准 %(path)s：应为 %(kinds)s 之一。") % {"path": "kind", "kinds": ", ".join(CampaignKind.values)})
    for key in ("version", "title"):
        if not isinstance(document[key], str) or not document[key].strip():
            raise ValueError(_("评定标准 %(path)s：应为非空文字。") % {"path": key})
    if not isinstance(document["is_own_assumption"], bool):
        raise ValueError(_("评定标准 %(path)s：应为 true 或 false。") % {"path": "is_own_assumption"})
    campaign_criteria.parse(document["criteria"])
    known = CampaignCriteria.objects.filter(kind=document["kind"], version=document["version"]).first()
    if known is None:
        return CampaignCriteria.objects.create(**document)
    if (known.title, known.criteria) != (document["title"], document["criteria"]):
        raise ValueError(_("评定标准版本 %(version)s 已存在且内容不同：修改标准请用新的版本号。") % {"version": known.version})
    return known
