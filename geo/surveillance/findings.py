"""What is due or missing in the register, as conditions on a point: counted by town and owner, listed for those who may see points.

Dates follow Decree 799 as far as the register knows them: filing within 30 days of use (art. 14), 90 days from 2025-04-01
for systems that already ran; a sign (art. 13); 30 days kept (art. 17); forbidden interiors (art. 8). Arts 14 and 17 bind
what arts 7(1) and 7(2) name; art. 9 is exempt from them. Points whose class is undecided are asked for the class first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _

from geo.models import Division, SurveillancePoint, SurveillanceStandard, User

Class, Category, Working = SurveillancePoint.LegalClass, SurveillancePoint.PlaceCategory, SurveillancePoint.Working
IN_SERVICE = ~Q(working__in=[Working.REMOVED, Working.PLANNED])
BOUND = Q(legal_class__in=[Class.GOVERNMENT, Class.OPERATOR])
PUBLIC = Q(legal_class__in=[Class.GOVERNMENT, Class.OPERATOR, Class.OTHER_PUBLIC])


@dataclass(frozen=True)
class Finding:
    """`basis` is the article it is built towards, or whose default it is. Only points in service are asked."""

    code: str
    title: object
    basis: object
    condition: Callable[[date, SurveillanceStandard], Q]

    def of(self, on: date, standard: SurveillanceStandard) -> Q:
        return IN_SERVICE & self.condition(on, standard)


def filing_due(in_use_since: date | None, standard: SurveillanceStandard) -> date | None:
    """The last day for the filing, None where the first day of use is not known."""
    if in_use_since is None:
        return None
    if in_use_since < standard.decree_in_force_on:
        return standard.decree_in_force_on + timedelta(days=standard.running_filing_days)
    return in_use_since + timedelta(days=standard.filing_days)


def _due_by(last_day: date, standard: SurveillanceStandard) -> Q:
    """Points whose filing is due on that day or before it."""
    begun = Q(in_use_since__gte=standard.decree_in_force_on, in_use_since__lte=last_day - timedelta(days=standard.filing_days))
    ran_before = Q(in_use_since__lt=standard.decree_in_force_on)
    running_due = standard.decree_in_force_on + timedelta(days=standard.running_filing_days)
    return begun | ran_before if running_due <= last_day else begun


def _unfiled(on: date, standard: SurveillanceStandard) -> Q:
    return BOUND & Q(filed_on=None) & _due_by(on - timedelta(days=1), standard)


def _soon(on: date, standard: SurveillanceStandard) -> Q:
    coming = _due_by(on + timedelta(days=standard.soon_days), standard) & ~_due_by(on - timedelta(days=1), standard)
    return BOUND & Q(filed_on=None) & coming


def _late(on: date, standard: SurveillanceStandard) -> Q:
    begun = Q(in_use_since__gte=standard.decree_in_force_on, filed_on__gt=F("in_use_since") + timedelta(days=standard.filing_days))
    running_due = standard.decree_in_force_on + timedelta(days=standard.running_filing_days)
    return BOUND & (begun | Q(in_use_since__lt=standard.decree_in_force_on, filed_on__gt=running_due))


def _check_overdue(on: date, standard: SurveillanceStandard) -> Q:
    return Q(checked_on=None) | Q(checked_on__lt=on - timedelta(days=standard.check_days))


def _interior(on: date, standard: SurveillanceStandard) -> Q:
    field = "forbidden_interior_ruled_out_on"
    return Q(**{field: None}) | Q(**{f"{field}__lt": on - timedelta(days=standard.interior_check_days)})


OWN = _("本系统默认")
FINDINGS = (
    Finding("unfiled", _("逾期未备案"), _("第十四条"), _unfiled),
    Finding("filing_soon", _("备案即将到期"), _("第十四条"), _soon),
    Finding("filed_late", _("曾逾期备案"), _("第十四条"), _late),
    Finding("start_unknown", _("启用日期不明，备案期限无法计算"), _("第十四条"), lambda on, s: BOUND & Q(filed_on=None, in_use_since=None)),
    Finding("number_missing", _("有备案日期、无备案号"), _("第十四条"), lambda on, s: Q(filed_on__isnull=False, filing_number="")),
    Finding("no_sign", _("无提示标识"), _("第十三条"), lambda on, s: PUBLIC & Q(has_sign=False)),
    Finding("sign_unknown", _("提示标识情况不明"), _("第十三条"), lambda on, s: PUBLIC & Q(has_sign=None)),
    Finding("short_retention", _("留存不足"), _("第十七条"), lambda on, s: BOUND & Q(retention_days__lt=s.retention_days)),
    Finding("retention_unknown", _("留存天数不明"), _("第十七条"), lambda on, s: BOUND & Q(retention_days=None)),
    Finding(
        "key_retention", _("重点单位留存少于重点目标天数"), _("待确认"),
        lambda on, s: Q(place_category=Category.KEY_UNIT, retention_days__gte=s.retention_days, retention_days__lt=s.key_retention_days),
    ),
    Finding("interior", _("禁设场所未核查或核查过期"), _("第八条；周期为本系统默认"), _interior),
    Finding("class_undecided", _("法定类别待确认"), _("第七、九、三十三条"), lambda on, s: Q(legal_class=Class.UNDECIDED)),
    Finding(
        "view_unknown", _("朝向、视角或视距不明"), _("第十三条"),
        lambda on, s: Q(bearing_deg=None) | Q(view_angle_deg=None) | Q(range_m=None),
    ),
    Finding("owner_unknown", _("建设管理单位不明"), _("第十四条"), lambda on, s: Q(owner_unit="")),
    Finding("faulty", _("故障"), OWN, lambda on, s: Q(working=Working.FAULTY)),
    Finding("check_overdue", _("检查逾期"), OWN, _check_overdue),
)  # fmt: skip
BY_CODE = {finding.code: finding for finding in FINDINGS}


@dataclass(frozen=True)
class Row:
    """One town, village or owner. Rates are None where nothing was checked in time. Counts are of points in service."""

    key: str
    name: str
    total: int
    checked: int
    working: int
    faulty: int
    found: dict[str, int]

    @property
    def working_rate(self) -> float | None:
        """Of the points checked within the cadence and found working or faulty, the share found working."""
        return self.working / (self.working + self.faulty) if self.working + self.faulty else None

    @property
    def checked_rate(self) -> float | None:
        return self.checked / self.total if self.total else None


def _counts(on: date, standard: SurveillanceStandard) -> dict[str, Count]:
    timely = IN_SERVICE & ~_check_overdue(on, standard)
    asked = {finding.code: Count("pk", filter=finding.of(on, standard)) for finding in FINDINGS}
    return asked | {
        "in_service": Count("pk", filter=IN_SERVICE),
        "timely": Count("pk", filter=timely),
        "timely_working": Count("pk", filter=timely & Q(working=Working.WORKING)),
        "timely_faulty": Count("pk", filter=timely & Q(working=Working.FAULTY)),
    }


def _row(key: str, name: str, counts: dict) -> Row:
    return Row(
        key, name, counts["in_service"], counts["timely"], counts["timely_working"], counts["timely_faulty"],
        {finding.code: counts[finding.code] for finding in FINDINGS},
    )  # fmt: skip


def unit_length(user: User) -> int:
    """Counts are by town for a county's reader, by village below."""
    return 9 if len(user.division_id) <= 6 else 12


def by_place(user: User, *, on: date, standard: SurveillanceStandard) -> list[Row]:
    length = unit_length(user)
    rows = SurveillancePoint.objects.counted_for(user).annotate(unit=Left("division_id", length))
    counted = list(rows.order_by("unit").values("unit").annotate(**_counts(on, standard)))
    names = dict(Division.objects.filter(code__in=[each["unit"] for each in counted]).values_list("code", "name"))
    return [_row(each["unit"], names.get(each["unit"], each["unit"]), each) for each in counted]


def by_owner(user: User, *, on: date, standard: SurveillanceStandard) -> list[Row]:
    rows = SurveillancePoint.objects.counted_for(user).order_by("owner_unit")
    return [_row(each["owner_unit"], each["owner_unit"], each) for each in rows.values("owner_unit").annotate(**_counts(on, standard))]


def in_all(user: User, *, on: date, standard: SurveillanceStandard) -> Row:
    return _row("", "", SurveillancePoint.objects.counted_for(user).aggregate(**_counts(on, standard)))


def with_findings(points: QuerySet, *, on: date, standard: SurveillanceStandard) -> QuerySet:
    """Each point with a yes or no for every finding, under the finding's code."""
    return points.annotate(
        **{f"is_{finding.code}": ExpressionWrapper(finding.of(on, standard), output_field=BooleanField()) for finding in FINDINGS}
    )


def findings_of(point: SurveillancePoint) -> list[Finding]:
    """The findings of a point that came out of `with_findings`."""
    return [finding for finding in FINDINGS if getattr(point, f"is_{finding.code}")]
