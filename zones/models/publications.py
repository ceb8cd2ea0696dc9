"""R19: what the public was told. Frozen: a correction is a new publication that names its reason."""
from datetime import date, timedelta

from django.contrib.gis.db import models
from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GistIndex
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from zones.models.bulletins import Bulletin
from zones.models.ratings import FourFree, Grade


class Publication(models.Model):
    """One act of publishing a period. Holds the criteria it used, so that it can be read without any other table.

    Without `published_at` it is staged: its rows lie ready, and the public's role does not see it.
    """

    period = models.CharField(_("评定期"), max_length=10)
    starts_on = models.DateField(_("开始"))
    ends_on = models.DateField(_("结束"))
    window_starts_on = models.DateField(_("统计起始日"))
    number = models.PositiveSmallIntegerField(_("第几次公布"))
    scheme_version = models.CharField(_("标准版本"), max_length=20)
    scheme_title = models.CharField(_("标准名称"), max_length=120)
    is_own_assumption = models.BooleanField(_("系统默认，非上级规定"))
    criteria = models.JSONField(_("标准"))
    computed_at = models.DateTimeField(_("计算时间"))
    staged_at = models.DateTimeField(_("备好时间"), db_default=Now())
    published_at = models.DateTimeField(_("公布时间"), null=True, blank=True)
    published_by_unit = models.CharField(_("公布单位"), max_length=120)
    correction_reason = models.CharField(_("更正原因"), max_length=300, blank=True)
    sha256 = models.CharField(_("摘要"), max_length=64)
    is_current = models.BooleanField(_("现行"))
    is_invented = models.BooleanField(_("演示数据"), default=False)
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    withdrawn_by_unit = models.CharField(_("撤回单位"), max_length=120, blank=True)
    withdrawn_reason = models.CharField(_("撤回原因"), max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("公布")
        ordering = ["-starts_on", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="publication_numbered_once"),
            models.UniqueConstraint(fields=["period"], condition=Q(is_current=True), name="one_current_publication"),
            models.UniqueConstraint(fields=["period"], condition=Q(published_at=None), name="one_staged_publication"),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(correction_reason="") | Q(published_at=None), name="correction_says_why"
            ),
            models.CheckConstraint(condition=Q(is_current=False) | Q(published_at__isnull=False), name="staged_publication_is_not_current"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by_unit="", withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False, is_current=False) & ~Q(withdrawn_by_unit="") & ~Q(withdrawn_reason="")),
                name="withdrawn_publication_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.period} #{self.number}"

    @property
    def last_day(self) -> date:
        return self.ends_on - timedelta(days=1)

    @property
    def is_correction(self) -> bool:
        return self.number > 1


class PublishedGrade(models.Model):
    """One compound as the public sees it: its outline in coarse steps, and reasons in which small counts are hidden.

    `computed_colour` and `decision_text` are filled where a decision set the colour in place of the computed one. `fixes` are kinds
    of open problems with the day they are due on, without a count. `size_class` is how many households, in wide steps.
    """

    class Size(models.TextChoices):
        UNKNOWN = "", _("户数不明")
        SMALL = "small", _("小型（不足300户）")
        MIDDLE = "middle", _("中型（300～999户）")
        LARGE = "large", _("大型（1000户以上）")

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="grades", verbose_name=_("公布"))
    public_id = models.UUIDField(_("公开编号"))
    name = models.CharField(_("名称"), max_length=120)
    kind = models.CharField(_("类别"), max_length=10)
    town_code = models.CharField(_("乡镇代码"), max_length=12)
    town_name = models.CharField(_("乡镇"), max_length=60)
    village_name = models.CharField(_("村（社区）"), max_length=60, blank=True)
    size_class = models.CharField(_("规模"), max_length=6, choices=Size.choices, blank=True, default="")
    point = models.PointField(_("位置（约）"), spatial_index=False)
    outline = models.MultiPolygonField(_("轮廓（约）"), null=True, blank=True, spatial_index=False)
    # What was published before outlines were is drawn as its point.
    shape_3857 = models.GeneratedField(
        expression=Func(
            Coalesce(F("outline"), F("point"), output_field=models.GeometryField()), 3857,
            function="ST_Transform", output_field=models.GeometryField(srid=3857, spatial_index=False),
        ),
        output_field=models.GeometryField(srid=3857, spatial_index=False),
        db_persist=True,
    )  # fmt: skip
    colour = models.CharField(_("等级"), max_length=10, choices=Grade.Colour.choices)
    computed_colour = models.CharField(_("计算的等级"), max_length=10, choices=Grade.Colour.choices, blank=True, default="")
    decision_text = models.CharField(_("决定的理由"), max_length=500, blank=True, default="")
    reasons = models.JSONField(_("理由"))
    fixes = models.JSONField(_("待整改"), default=list, blank=True)
    title_outcome = models.CharField(_("四无称号"), max_length=10, choices=FourFree.choices)
    title_streak_count = models.PositiveIntegerField(_("连续期数"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("公布的等级")
        ordering = ["town_code", "name"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "public_id"], name="one_published_grade"),
            models.CheckConstraint(
                condition=Q(computed_colour="", decision_text="") | (~Q(computed_colour="") & ~Q(decision_text="")),
                name="published_decision_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["public_id"], name="published_grade_by_public_id"),
            GistIndex(fields=["publication", "shape_3857"], name="published_grade_on_the_map"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.get_colour_display()}"


class PublishedTitle(models.Model):
    """R17: one courtyard of the contest as the public sees it. Very small courtyards are left out (zones.public_rows says why)."""

    publication = models.ForeignKey(Publication, models.CASCADE, related_name="titles", verbose_name=_("公布"))
    public_id = models.UUIDField(_("公开编号"))
    name = models.CharField(_("名称"), max_length=120)
    compound_public_id = models.UUIDField(_("所属小区"), null=True, blank=True)
    compound_name = models.CharField(_("小区名称"), max_length=120, blank=True)
    town_code = models.CharField(_("乡镇代码"), max_length=12)
    town_name = models.CharField(_("乡镇"), max_length=60)
    outcome = models.CharField(_("结果"), max_length=10, choices=FourFree.choices)
    streak_count = models.PositiveIntegerField(_("连续期数"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("公布的楼院称号")
        ordering = ["town_code", "compound_name", "name"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "public_id"], name="one_published_title"),
            models.CheckConstraint(
                condition=Q(outcome="held", streak_count__gte=1) | (~Q(outcome="held") & Q(streak_count=0)),
                name="published_streak_when_four_free",
            ),
        ]
        indexes = [
            models.Index(fields=["public_id"], name="published_title_by_public_id"),
            models.Index(fields=["compound_public_id"], name="published_title_by_compound"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.get_outcome_display()}"


class PublishedBulletin(models.Model):
    """A printed bulletin with protected numbers, as the public reads it: paragraphs and tables, no map, nothing of patrols."""

    bulletin = models.OneToOneField(Bulletin, models.PROTECT, related_name="published", verbose_name=_("通报"))
    public_id = models.UUIDField(_("公开编号"), db_default=RandomUUID(), unique=True, editable=False)
    number = models.CharField(_("文号"), max_length=80)
    title = models.CharField(_("标题"), max_length=120)
    issuer = models.CharField(_("发文机关"), max_length=60)
    unit_name = models.CharField(_("单位"), max_length=60)
    kind = models.CharField(_("类别"), max_length=8, choices=Bulletin.Kind.choices)
    period = models.CharField(_("期间"), max_length=10)
    starts_on = models.DateField(_("开始"))
    ends_on = models.DateField(_("结束"))
    published_at = models.DateTimeField(_("印发时间"))
    content = models.JSONField(_("正文"))
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrections", verbose_name=_("所更正的通报"))
    correction_reason = models.CharField(_("更正原因"), max_length=300, blank=True)
    is_invented = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("公开的通报")
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(corrects=None) | ~Q(correction_reason=""), name="published_bulletin_correction_says_why"
            )
        ]

    def __str__(self) -> str:
        return self.number
