"""Territory: national codes, and outlines with dates."""
from datetime import date

from django.contrib.gis.db import models
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.core.validators import RegexValidator
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from geo.querysets import DivisionQuerySet, OutlineQuerySet

CODE_LENGTHS = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12}
division_code = RegexValidator(r"\A(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})\Z", _("行政区划代码应为2、4、6、9或12位数字。"))


class DateRange(Func):
    function = "daterange"
    output_field = DateRangeField()


class Division(models.Model):
    """A division, by its national code without trailing zeros (GB/T 2260, GB/T 10114).

    The code is the key and the tree: a division lies in every division whose code is a prefix of its own.
    """

    class Level(models.TextChoices):
        # Sorted as text from the largest to the smallest, so that ORDER BY level works.
        PROVINCE = "1_province", _("省级")
        CITY = "2_city", _("地级")
        COUNTY = "3_county", _("县级")
        TOWN = "4_town", _("乡级")
        VILLAGE = "5_village", _("村级")

    code = models.CharField(_("代码"), primary_key=True, max_length=12, validators=[division_code])
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("上级"))
    level = models.CharField(_("层级"), max_length=10, choices=Level.choices)
    name = models.CharField(_("名称"), max_length=60)
    pinyin = models.CharField(_("拼音"), max_length=120, blank=True)
    seat = models.PointField(_("驻地"), null=True, blank=True)
    valid_from = models.DateField(_("启用日期"), default=date(1949, 10, 1))
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=200, blank=True)

    objects = DivisionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("行政区划")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^(\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$"), name="division_code_is_national"),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="division_dates_in_order"),
        ]

    def __str__(self) -> str:
        return self.name


class DivisionOutline(models.Model):
    """The outline of a division from one day to another; a boundary change adds a row and ends the old one."""

    division = models.ForeignKey(Division, models.PROTECT, related_name="outlines", verbose_name=_("行政区划"))
    geom = models.MultiPolygonField(_("轮廓"))
    geom_3857 = models.GeneratedField(
        expression=Func(F("geom"), 3857, function="ST_Transform"), output_field=models.MultiPolygonField(srid=3857), db_persist=True
    )
    is_schematic = models.BooleanField(_("示意轮廓，非法定界线"))
    source = models.CharField(_("来源"), max_length=200)
    valid_from = models.DateField(_("启用日期"), default=date(1949, 10, 1))
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)

    objects = OutlineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("行政区划轮廓")
        indexes = [GistIndex(fields=["geom_3857"], name="outline_geom_3857")]
        constraints = [
            ExclusionConstraint(
                name="one_outline_at_a_time",
                expressions=[
                    (F("division"), RangeOperators.EQUAL),
                    (DateRange("valid_from", "valid_to", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            )
        ]

    def __str__(self) -> str:
        return f"{self.division} {self.valid_from}"


class DivisionPiece(models.Model):
    """A small piece of an outline (ST_Subdivide), for lookups only; kept by a database trigger, never written by hand."""

    outline = models.ForeignKey(DivisionOutline, models.CASCADE, related_name="pieces", verbose_name=_("轮廓"))
    geom = models.PolygonField(_("碎片"))

    class Meta:
        verbose_name = verbose_name_plural = _("轮廓碎片")

    def __str__(self) -> str:
        return f"{self.outline} #{self.pk}"
