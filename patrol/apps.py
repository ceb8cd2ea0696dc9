import json
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

DEFAULT_STANDARD = Path(settings.BASE_DIR) / "fixtures/patrol_standard_default.json"
DEFAULT_PROPOSALS = Path(settings.BASE_DIR) / "fixtures/proposal_standard_default.json"


def load_default_standard(sender: AppConfig, using: str, **kwargs) -> None:
    """A database without any standard gets our own default ones, labelled so."""
    known = [] if using == "public" else connections[using].introspection.table_names()
    for name, document in (("PatrolStandard", DEFAULT_STANDARD), ("ProposalStandard", DEFAULT_PROPOSALS)):
        standard = sender.get_model(name)
        if standard._meta.db_table in known and not standard.objects.using(using).exists():
            standard.objects.using(using).create(**json.loads(document.read_text("utf-8")))


class PatrolConfig(AppConfig):
    name = "patrol"
    verbose_name = _("巡逻")

    def ready(self) -> None:
        post_migrate.connect(load_default_standard, sender=self)
        autodiscover_modules("measures", "phone_part")
