import json
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from geo.audit import rights
from zones.cadences import checked

DEFAULT_CRITERIA = Path(settings.BASE_DIR) / "fixtures/criteria_default.json"
DEFAULT_REGISTER_STANDARD = Path(settings.BASE_DIR) / "fixtures/register_standard_default.json"
WORK_CALENDAR = Path(settings.BASE_DIR) / "fixtures/work_calendar.json"
DEFAULT_DUTIES = Path(settings.BASE_DIR) / "fixtures/duty_standard_default.json"
DEFAULT_ZONE_CRITERIA = Path(settings.BASE_DIR) / "fixtures/zone_criteria_default.json"
DEFAULT_CHECKLISTS = Path(settings.BASE_DIR) / "fixtures/checklists_default.json"
DEFAULT_ROUND_STANDARD = Path(settings.BASE_DIR) / "fixtures/round_standard_default.json"
DEFAULT_CAMPAIGN_CRITERIA = Path(settings.BASE_DIR) / "fixtures/campaign_criteria_default.json"
DEFAULT_EFFECT = Path(settings.BASE_DIR) / "fixtures/effect_standard_default.json"
DEFAULT_ASSESSMENT_STANDARD = Path(settings.BASE_DIR) / "fixtures/assessment_standard_default.json"
DEFAULT_PLAN_CRITERIA = Path(settings.BASE_DIR) / "fixtures/plan_criteria_default.json"
DEFAULT_SUPERVISION = Path(settings.BASE_DIR) / "fixtures/supervision_standard_default.json"
DEFAULT_SITING = Path(settings.BASE_DIR) / "fixtures/siting_standard_default.json"


def load_default_criteria(sender: AppConfig, using: str, **kwargs) -> None:
    """A database without any criteria gets our own default ones, labelled so. Also after a flush, as content types do."""
    scheme = sender.get_model("RatingScheme")
    if using == "public" or scheme._meta.db_table not in _tables(using) or scheme.objects.using(using).exists():
        return
    document = json.loads(DEFAULT_CRITERIA.read_text("utf-8"))
    scheme.objects.using(using).get_or_create(version=document["version"], defaults=document | {"state": "adopted"})


def load_default_campaign_criteria(sender: AppConfig, using: str, **kwargs) -> None:
    """Our own default for each kind of campaign that has no criteria yet."""
    criteria = sender.get_model("CampaignCriteria")
    if using == "public" or criteria._meta.db_table not in _tables(using):
        return
    for document in json.loads(DEFAULT_CAMPAIGN_CRITERIA.read_text("utf-8")):
        if not criteria.objects.using(using).filter(kind=document["kind"]).exists():
            criteria.objects.using(using).create(**document)


def load_default_register(sender: AppConfig, using: str, **kwargs) -> None:
    """Our own default rules for the issue register, and the announced working days of the years that we know."""
    standard, calendar = sender.get_model("RegisterStandard"), sender.get_model("WorkCalendar")
    if using == "public" or not {standard._meta.db_table, calendar._meta.db_table} <= set(_tables(using)):
        return
    if not standard.objects.using(using).exists():
        load_register_standard(json.loads(DEFAULT_REGISTER_STANDARD.read_text("utf-8")), sender, using)
    for document in json.loads(WORK_CALENDAR.read_text("utf-8")):
        if not calendar.objects.using(using).filter(year=document["year"]).exists():
            calendar.objects.using(using).create(**document)


def load_register_standard(document: dict, sender: AppConfig, using: str):
    """A version with its categories, groups first. KeyError for a category under an unknown group."""
    facts = {name: value for name, value in document.items() if name != "categories"}
    made, known = sender.get_model("RegisterStandard").objects.using(using).create(**facts), {}
    for each in document["categories"]:
        parent = known[each["parent"]] if "parent" in each else None
        fields = {name: value for name, value in each.items() if name != "parent"}
        known[each["code"]] = sender.get_model("IssueCategory").objects.using(using).create(standard=made, parent=parent, **fields)
    return made


def load_default_duties(sender: AppConfig, using: str, **kwargs) -> None:
    """The periods that the source gives, and our own where it gives none; each rule says which."""
    standard = sender.get_model("DutyStandard")
    if using == "public" or standard._meta.db_table not in _tables(using) or standard.objects.using(using).exists():
        return
    load_duty_standard(json.loads(DEFAULT_DUTIES.read_text("utf-8")), sender, using)


def load_duty_standard(document: dict, sender: AppConfig, using: str):
    """A version with its rules. Raises BadCadence where a recurrence rule cannot be used."""
    facts = {name: value for name, value in document.items() if name != "rules"}
    made = sender.get_model("DutyStandard").objects.using(using).create(**facts)
    for each in document["rules"]:
        sender.get_model("DutyRule").objects.using(using).create(standard=made, **each | {"rrule": checked(each["rrule"])})
    return made


def load_default_zone_criteria(sender: AppConfig, using: str, **kwargs) -> None:
    """Our own default for listing, accepting and delisting key-rectification zones."""
    criteria = sender.get_model("ZoneCriteria")
    if using == "public" or criteria._meta.db_table not in _tables(using) or criteria.objects.using(using).exists():
        return
    criteria.objects.using(using).create(**json.loads(DEFAULT_ZONE_CRITERIA.read_text("utf-8")))


def load_default_round_standard(sender: AppConfig, using: str, **kwargs) -> None:
    """Our own default for how a round is run: days of review and of objection, and how many compounds need enough evidence."""
    standard = sender.get_model("RoundStandard")
    if using == "public" or standard._meta.db_table not in _tables(using) or standard.objects.using(using).exists():
        return
    standard.objects.using(using).create(**json.loads(DEFAULT_ROUND_STANDARD.read_text("utf-8")))


def load_default_checklists(sender: AppConfig, using: str, **kwargs) -> None:
    """Our own default for each kind of place, until a county adopts its own."""
    checklist = sender.get_model("Checklist")
    if using == "public" or checklist._meta.db_table not in _tables(using):
        return
    for document in json.loads(DEFAULT_CHECKLISTS.read_text("utf-8")):
        if not checklist.objects.using(using).filter(code=document["code"], division=None).exists():
            checklist.objects.using(using).create(**document)


def load_default_supervision(sender: AppConfig, using: str, **kwargs) -> None:
    """Our own default for the public doors: windows, deadlines, budgets."""
    standard = sender.get_model("SupervisionStandard")
    if using == "public" or standard._meta.db_table not in _tables(using):
        return
    document = json.loads(DEFAULT_SUPERVISION.read_text("utf-8"))
    if not standard.objects.using(using).filter(version=document["version"]).exists():
        standard.objects.using(using).create(**document)


def load_default_effect_standard(sender: AppConfig, using: str, **kwargs) -> None:
    """Our own default for how a year's demonstration zones are compared with others."""
    standard = sender.get_model("EffectStandard")
    if using == "public" or standard._meta.db_table not in _tables(using) or standard.objects.using(using).exists():
        return
    standard.objects.using(using).create(**json.loads(DEFAULT_EFFECT.read_text("utf-8")))


def load_default_plan_criteria(sender: AppConfig, using: str, **kwargs) -> None:
    """Our own default for the indicators by which a year's demonstration zones are chosen."""
    criteria = sender.get_model("PlanCriteria")
    if using == "public" or criteria._meta.db_table not in _tables(using) or criteria.objects.using(using).exists():
        return
    criteria.objects.using(using).create(**json.loads(DEFAULT_PLAN_CRITERIA.read_text("utf-8")))


def load_default_assessment_standard(sender: AppConfig, using: str, **kwargs) -> None:
    """Our own default checklist for the assessment of projects."""
    standard = sender.get_model("AssessmentStandard")
    if using == "public" or standard._meta.db_table not in _tables(using) or standard.objects.using(using).exists():
        return
    standard.objects.using(using).create(**json.loads(DEFAULT_ASSESSMENT_STANDARD.read_text("utf-8")))


def load_default_siting(sender: AppConfig, using: str, **kwargs) -> None:
    """Our own default for where posts and cameras are looked for, and what they cost."""
    standard = sender.get_model("SitingStandard")
    if using == "public" or standard._meta.db_table not in _tables(using) or standard.objects.using(using).exists():
        return
    standard.objects.using(using).create(**json.loads(DEFAULT_SITING.read_text("utf-8")))


def _tables(using: str) -> list[str]:
    return connections[using].introspection.table_names()


class ZonesConfig(AppConfig):
    name = "zones"
    verbose_name = _("区域与评定")

    def ready(self) -> None:
        post_migrate.connect(load_default_criteria, sender=self)
        post_migrate.connect(load_default_campaign_criteria, sender=self)
        post_migrate.connect(load_default_register, sender=self)
        post_migrate.connect(load_default_duties, sender=self)
        post_migrate.connect(load_default_zone_criteria, sender=self)
        post_migrate.connect(load_default_round_standard, sender=self)
        post_migrate.connect(load_default_checklists, sender=self)
        post_migrate.connect(load_default_supervision, sender=self)
        post_migrate.connect(load_default_effect_standard, sender=self)
        post_migrate.connect(load_default_plan_criteria, sender=self)
        post_migrate.connect(load_default_assessment_standard, sender=self)
        post_migrate.connect(load_default_siting, sender=self)
        post_migrate.connect(rights.settle, sender=self)  # after the tables of every app
