import json
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

DEFAULT_CRITERIA = Path(settings.BASE_DIR) / "fixtures/criteria_default.json"
DEFAULT_CAMPAIGN_CRITERIA = Path(settings.BASE_DIR) / "fixtures/campaign_criteria_default.json"


def load_default_criteria(sender: AppConfig, using: str, **kwargs) -> None:
    """A database without any criteria gets our own default ones, labelled so. Also after a flush, as content types do."""
    scheme = sender.get_model("RatingScheme")
    if using == "public" or scheme._meta.db_table not in _tables(using) or scheme.objects.using(using).exists():
        return
    document = json.loads(DEFAULT_CRITERIA.read_text("utf-8"))
    scheme.objects.using(using).get_or_create(version=document["version"], defaults=document)


def load_default_campaign_criteria(sender: AppConfig, using: str, **kwargs) -> None:
    """Our own default for each kind of campaign that has no criteria yet."""
    criteria = sender.get_model("CampaignCriteria")
    if using == "public" or criteria._meta.db_table not in _tables(using):
        return
    for document in json.loads(DEFAULT_CAMPAIGN_CRITERIA.read_text("utf-8")):
        if not criteria.objects.using(using).filter(kind=document["kind"]).exists():
            criteria.objects.using(using).create(**document)


def _tables(using: str) -> list[str]:
    return connections[using].introspection.table_names()


class ZonesConfig(AppConfig):
    name = "zones"
    verbose_name = _("区域与评定")

    def ready(self) -> None:
        post_migrate.connect(load_default_criteria, sender=self)
        post_migrate.connect(load_default_campaign_criteria, sender=self)
