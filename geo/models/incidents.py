"""An incident is a category, a time, a point and a source reference. It says nothing about a person."""
from django.contrib.gis.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models.places import batch_key, division_index, division_key, geometry_twin, tile_index
from geo.querysets import PlaceQuerySet


class Incident(models.Model):
    class Category(models.TextChoices):
        THEFT = "theft", _("盗窃")
        DRUGS = "drugs", _("吸毒")
        CRIME = "crime", _("犯罪")
        FIRE = "fire", _("火灾")

    class Severity(models.TextChoices):
        SERIOUS = "serious", _("严重")
        ORDINARY = "ordinary", _("一般")
        MINOR = "minor", _("轻微")

    class ReportedBy(models.TextChoices):
        """How it became known: a way, never a person."""

        RESIDENT = "resident", _("群众报警")
        PATROL = "patrol", _("巡防发现")
        INSPECTION = "inspection", _("排查发现")
        UNKNOWN = "unknown", _("未知")

    category = models.CharField(_("类别"), max_length=8, choices=Category.choices)
    # The database's own defaults too: rows are copied in without them.
    severity = models.CharField(
        _("严重程度"), max_length=8, choices=Severity.choices, default=Severity.ORDINARY, db_default=Severity.ORDINARY
    )
    reported_by = models.CharField(
        _("发现方式"), max_length=10, choices=ReportedBy.choices, default=ReportedBy.UNKNOWN, db_default=ReportedBy.UNKNOWN
    )
    occurred_at = models.DateTimeField(_("发生时间"))
    source_key = models.CharField(_("来源编号"), max_length=80, unique=True)
    geom = models.PointField(_("位置"), spatial_index=False)
    geom_3857 = geometry_twin(models.PointField)
    division = division_key()
    # Found once, when the incident is written: counting by this column is 42 times faster than by polygon.
    compound = models.ForeignKey(
        "geo.Compound", models.PROTECT, null=True, blank=True, related_name="incidents", verbose_name=_("所在小区")
    )
    courtyard = models.ForeignKey(
        "geo.Courtyard", models.PROTECT, null=True, blank=True, related_name="incidents", verbose_name=_("所在楼院")
    )
    batch = batch_key()
    created_at = models.DateTimeField(_("录入时间"), db_default=Now())
    updated_at = models.DateTimeField(_("更新时间"), db_default=Now())

    objects = PlaceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("警情")
        ordering = ["-occurred_at"]
        indexes = [
            division_index("incident"),
            tile_index("incident"),
            models.Index(fields=["occurred_at"], name="incident_by_time"),
            models.Index(fields=["compound", "occurred_at"], include=["category", "severity", "reported_by"], name="incident_by_compound"),
            models.Index(fields=["courtyard", "occurred_at"], include=["category", "severity"], name="incident_by_courtyard"),
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()} {self.occurred_at:%Y-%m-%d}"
