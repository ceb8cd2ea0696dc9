"""R6: key-rectification zones."""
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from geo.models.places import AreaPlace, place_constraints, place_indexes


class RectificationZone(AreaPlace):
    class Kind(models.TextChoices):
        URBAN_VILLAGE = "urban_village", _("城中村")
        FRINGE = "fringe", _("城乡结合部")
        OLD_COMPOUNDS = "old_compounds", _("老旧小区")
        CAMPUS = "campus", _("校园周边")
        PARK = "park", _("公园周边")
        STATION = "station", _("车站周边")

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("拟挂牌")
        REFUSED = "refused", _("不予挂牌")
        LISTED = "listed", _("挂牌")
        RECTIFYING = "rectifying", _("整治中")
        REPORTED = "reported", _("待验收")
        ACCEPTED = "accepted", _("已验收")
        DELISTED = "delisted", _("已摘牌")
        RELISTED = "relisted", _("重新挂牌")

    kind = models.CharField(_("类别"), max_length=16, choices=Kind.choices)
    status = models.CharField(_("状态"), max_length=12, choices=Status.choices, default=Status.PROPOSED)
    listed_on = models.DateField(_("挂牌日期"), null=True, blank=True)
    target_on = models.DateField(_("整治期限"), null=True, blank=True)
    delisted_on = models.DateField(_("摘牌日期"), null=True, blank=True)
    reasons = models.CharField(_("挂牌原因"), max_length=300, blank=True)
    lead_unit = models.CharField(_("牵头单位"), max_length=120, blank=True)
    joint_units = models.CharField(_("配合单位"), max_length=200, blank=True)
    household_count = models.PositiveIntegerField(_("涉及户数"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("治安重点整治区域")
        constraints = [
            *place_constraints("zone"),
            models.CheckConstraint(condition=Q(target_on=None) | Q(target_on__gte=F("listed_on")), name="zone_target_after_listing"),
            models.CheckConstraint(
                condition=Q(status="delisted", delisted_on__isnull=False) | (~Q(status="delisted") & Q(delisted_on=None)),
                name="zone_delisted_has_its_day",
            ),
        ]
        indexes = place_indexes("zone")
