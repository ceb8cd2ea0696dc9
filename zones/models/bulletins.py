"""R14: a bulletin (通报) of a county or town over a month, quarter or year, with the figures that it was written from."""
import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from geo.querysets import TerritorialQuerySet

PASSED_CHECK = ("checked", "signed", "published")
PASSED_SIGNING = ("signed", "published")


class BulletinQuerySet(TerritorialQuerySet):
    def visible_to(self, user):
        """Those of the own territory, and what the units above have published: a bulletin is for the units below."""
        mine = super().visible_to(user)
        if not user.is_authenticated or not user.is_active or not user.division_id or not user.reads_business_data:
            return mine
        above = [user.division_id[:length] for length in (4, 6, 9) if length < len(user.division_id)]
        told = Q(division_id__in=above, state=Bulletin.State.PUBLISHED)
        return self._with_scope().filter(Q(division__code__startswith=user.division_id) | told)

    def live(self):
        return self.exclude(state=Bulletin.State.WITHDRAWN)


class Bulletin(models.Model):
    """`division` is the unit that it is about. `ends_on` is the day after the last day.

    `figures` are frozen at `figures_at` (zones.bulletins.figures says what they hold), `texts` are blocks of key, title, text and
    is_edited. `drafted_by` is empty where the system drafted; `edited_by` is who changed a text last. Neither may check, and who
    checked may not sign. A published bulletin is never changed: what was wrong is told by another that `corrects` it.
    """

    class Kind(models.TextChoices):
        MONTH = "month", _("月通报")
        QUARTER = "quarter", _("季度通报")
        YEAR = "year", _("年度通报")

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        CHECKED = "checked", _("已核稿")
        SIGNED = "signed", _("已签发")
        PUBLISHED = "published", _("已印发")
        WITHDRAWN = "withdrawn", _("已作废")

    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("单位"))
    kind = models.CharField(_("类别"), max_length=8, choices=Kind.choices)
    period = models.CharField(_("期间"), max_length=10)
    starts_on = models.DateField(_("开始"))
    ends_on = models.DateField(_("结束"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    title = models.CharField(_("标题"), max_length=120)
    issuer = models.CharField(_("发文机关"), max_length=60)
    addressees = models.CharField(_("主送"), max_length=200)
    is_protected = models.BooleanField(_("小数保护"), default=False)
    figures = models.JSONField(_("数据"))
    figures_at = models.DateTimeField(_("取数时间"))
    texts = models.JSONField(_("正文"))
    drafted_at = models.DateTimeField(_("起草时间"))
    drafted_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("起草账号"))
    edited_at = models.DateTimeField(_("修改时间"), null=True, blank=True)
    edited_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("修改账号"))
    checked_at = models.DateTimeField(_("核稿时间"), null=True, blank=True)
    checked_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("核稿账号"))
    signed_at = models.DateTimeField(_("签发时间"), null=True, blank=True)
    signed_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("签发账号"))
    published_at = models.DateTimeField(_("印发时间"), null=True, blank=True)
    published_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("印发账号"))
    number = models.CharField(_("文号"), max_length=80, blank=True)
    number_year = models.PositiveSmallIntegerField(_("文号年度"), null=True, blank=True)
    number_seq = models.PositiveIntegerField(_("文号序号"), null=True, blank=True)
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="corrections", verbose_name=_("所更正的通报"))
    correction_reason = models.CharField(_("更正原因"), max_length=300, blank=True)
    is_invented = models.BooleanField(_("演示数据"), default=False)

    objects = BulletinQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("通报")
        ordering = ["-starts_on", "division_id", "-pk"]
        indexes = [models.Index(fields=["division", "-starts_on"], name="bulletin_by_unit_and_day")]
        constraints = [
            models.UniqueConstraint(
                fields=["division", "period"], condition=Q(corrects=None) & ~Q(state="withdrawn"), name="one_bulletin_a_unit_and_period"
            ),
            models.UniqueConstraint(fields=["corrects"], condition=~Q(state="withdrawn"), name="bulletin_corrected_once"),
            models.UniqueConstraint(fields=["division", "number_year", "number_seq"], name="bulletin_number_once"),
            models.CheckConstraint(condition=Q(starts_on__lt=F("ends_on")), name="bulletin_days_in_order"),
            models.CheckConstraint(
                condition=Q(corrects=None, correction_reason="") | (Q(corrects__isnull=False) & ~Q(correction_reason="")),
                name="bulletin_correction_says_why",
            ),
            models.CheckConstraint(
                condition=Q(edited_at=None, edited_by=None) | Q(edited_at__isnull=False, edited_by__isnull=False),
                name="bulletin_edit_has_moment_and_person",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(state__in=states, **{f"{verb}_at__isnull": False, f"{verb}_by__isnull": False})
                    | (~Q(state__in=states) & Q(**{f"{verb}_at": None, f"{verb}_by": None})),
                    name=f"{verb}_bulletin_has_moment_and_person",
                )
                for verb, states in (("checked", PASSED_CHECK), ("signed", PASSED_SIGNING), ("published", ("published",)))
            ),
            models.CheckConstraint(
                condition=(Q(state="published", number_year__isnull=False, number_seq__gte=1) & ~Q(number=""))
                | (~Q(state="published") & Q(number="", number_year=None, number_seq=None)),
                name="published_bulletin_has_its_number",
            ),
            models.CheckConstraint(
                condition=Q(checked_by=None)
                | ((Q(drafted_by=None) | ~Q(checked_by=F("drafted_by"))) & (Q(edited_by=None) | ~Q(checked_by=F("edited_by")))),
                name="nobody_checks_the_own_bulletin",
            ),
            models.CheckConstraint(condition=Q(signed_by=None) | ~Q(signed_by=F("checked_by")), name="checker_does_not_sign"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_is_frozen", operation=pgtrigger.Update | pgtrigger.Delete, condition=pgtrigger.Q(old__state="published")
            )
        ]

    def __str__(self) -> str:
        return self.number or f"{self.division_id} {self.period}"
