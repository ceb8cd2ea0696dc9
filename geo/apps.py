from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class GeoConfig(AppConfig):
    name = "geo"
    verbose_name = _("地图与底数")

    def ready(self) -> None:
        autodiscover_modules("lookups", "layers", "signals", "audit_sources")
