"""R8: safe schools, communities, offices and villages (平安学校、平安社区、平安机关、平安乡村), a campaign a year."""
from django.contrib.gis.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models import Premises
from geo.models.places import division_index, division_key, geometry_twin, tile_index
from geo.querysets import TerritorialQuerySet
from zones.models.handed_in import HandedIn

WITH_AWARD = ("awarded", "revoked")


class CampaignKind(models.TextChoices):
    SCHOOL = "school", _("平安学校")
    COMMUNITY = "community", _("平安社区")
    OFFICE = "office", _("平安机关")
    VILLAGE = "village", _("平安乡村")


class CampaignCriteria(models.Model):
    """One version of a kind's criteria. A version is never edited; a change is a new version."""

    kind = models.CharField(_("创建类别"), max_length=10, choices=CampaignKind.choices)
    version = models.CharField(_("版本"), max_length=20)
    title = models.CharField(_("标题"), max_length=120)
    is_own_assumption = models.BooleanField(_("本系统默认，非官方标准"))
    criteria = models.JSONField(_("标准"))
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = _("平安创建标准")
        ordering = ["kind", "pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "version"], name="campaign_criteria_version_once")]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class CampaignQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Campaigns of the user's own county, and of every division below the user's own."""
        if not user.is_authenticated or not user.is_active or not user.division_id or not user.reads_business_data:
            return self.none()
        above = [user.division_id[:length] for length in (2, 4, 6, 9, 12) if len(user.division_id) >= length]
        return self.filter(Q(division_id__in=above) | Q(division__code__startswith=user.division_id))


class Campaign(models.Model):
    """A year's campaign of one kind. `closes_on` is the last day on which a town may nominate and report."""

    class State(models.TextChoices):
        DRAFT = "draft", _("准备中")
        OPEN = "open", _("进行中")
        FINISHED = "finished", _("已结束")

    kind = models.CharField(_("创建类别"), max_length=10, choices=CampaignKind.choices)
    year = models.PositiveSmallIntegerField(_("年度"))
    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("行政区划"))
    criteria = models.ForeignKey(CampaignCriteria, models.PROTECT, related_name="campaigns", verbose_name=_("标准"))
    closes_on = models.DateField(_("申报截止日期"))
    award_year_count = models.PositiveSmallIntegerField(_("命名有效年数"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    is_invented = models.BooleanField(_("演示数据"), default=False)
    created_at = models.DateTimeField(_("建立时间"), db_default=Now())
    created_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("建立账号"))

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("平安创建活动")
        ordering = ["-year", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["division", "kind", "year"], name="one_campaign_a_year"),
            models.CheckConstraint(condition=Q(award_year_count__gte=1, award_year_count__lte=10), name="award_holds_one_to_ten_years"),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.get_kind_display()}"


class Candidate(models.Model):
    """A school, community, village or office in a campaign. Name and place are those of the nomination.

    A school is a row of premises, a community or village a division; an office has only its name and point.
    """

    class State(models.TextChoices):
        NOMINATED = "nominated", _("自查中")
        REPORTED = "reported", _("待乡镇审核")
        RECOMMENDED = "recommended", _("待县级核查")
        CHECKED = "checked", _("待命名")
        AWARDED = "awarded", _("已命名")
        DECLINED = "declined", _("未通过")
        WITHDRAWN = "withdrawn", _("已撤回")
        REVOKED = "revoked", _("已撤销命名")

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="candidates", verbose_name=_("活动"))
    name = models.CharField(_("名称"), max_length=120)
    division = division_key()
    premises = models.ForeignKey(Premises, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("学校"))
    subject = models.ForeignKey("geo.Division", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("社区（村）"))
    geom = models.PointField(_("位置"), spatial_index=False)
    geom_3857 = geometry_twin(models.PointField)
    state = models.CharField(_("状态"), max_length=12, choices=State.choices, default=State.NOMINATED)
    nominated_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("申报账号"))
    nominated_at = models.DateTimeField(_("申报时间"))
    award_number = models.CharField(_("命名编号"), max_length=40, blank=True)
    awarded_on = models.DateField(_("命名日期"), null=True, blank=True)
    valid_until_year = models.PositiveSmallIntegerField(_("有效至（年）"), null=True, blank=True)

    objects = TerritorialQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("平安创建单位")
        ordering = ["division_id", "name", "pk"]
        indexes = [division_index("candidate"), tile_index("candidate")]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "premises"], name="school_once_in_a_campaign"),
            models.UniqueConstraint(fields=["campaign", "subject"], name="division_once_in_a_campaign"),
            models.UniqueConstraint(fields=["campaign", "name", "division"], name="name_once_in_a_campaign"),
            models.UniqueConstraint(fields=["campaign", "award_number"], condition=~Q(award_number=""), name="award_number_once"),
            models.CheckConstraint(condition=Q(premises=None) | Q(subject=None), name="candidate_is_one_thing"),
            models.CheckConstraint(
                condition=(Q(state__in=WITH_AWARD, awarded_on__isnull=False, valid_until_year__isnull=False) & ~Q(award_number=""))
                | (~Q(state__in=WITH_AWARD) & Q(awarded_on=None, valid_until_year=None, award_number="")),
                name="award_has_number_day_and_years",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return str(self.campaign)


class Answer(models.Model):
    """What a candidate says of one item of the criteria, and what the county found."""

    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="answers", verbose_name=_("创建单位"))
    item = models.CharField(_("标准条目"), max_length=40)
    claimed = models.PositiveSmallIntegerField(_("自评"), null=True, blank=True)
    text = models.TextField(_("说明"), blank=True)
    number = models.PositiveIntegerField(_("数量"), null=True, blank=True)
    answered_at = models.DateTimeField(_("填报时间"))
    answered_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("填报账号"))
    found = models.PositiveSmallIntegerField(_("核查"), null=True, blank=True)
    note = models.CharField(_("核查说明"), max_length=300, blank=True)
    found_at = models.DateTimeField(_("核查时间"), null=True, blank=True)
    found_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("核查账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("平安创建自查")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["candidate", "item"], name="one_answer_an_item"),
            models.CheckConstraint(
                condition=Q(found=None, found_at=None, found_by=None, note="")
                | Q(found__isnull=False, found_at__isnull=False, found_by__isnull=False),
                name="finding_has_its_moment_and_person",
            ),
            models.CheckConstraint(condition=Q(found_by=None) | ~Q(found_by=F("answered_by")), name="nobody_checks_the_own_answer"),
        ]

    def __str__(self) -> str:
        return f"{self.candidate_id} {self.item}"


class EvidenceFile(HandedIn):
    """A picture or PDF handed in for an item of the criteria."""

    candidate = models.ForeignKey(Candidate, models.CASCADE, related_name="files", verbose_name=_("创建单位"))
    item = models.CharField(_("标准条目"), max_length=40)
    file = models.FileField(_("文件"), upload_to="campaigns/")
    added_at = models.DateTimeField(_("上传时间"))
    added_by = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("上传账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("平安创建证明材料")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name
