"""The chain of audit entries and the heads that close its days. Written by geo.audit only; rows are added, never changed."""
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.models.standards import Standard
from geo.models.surveillance import append_only

# Cybersecurity Law, article 21: logs are kept for no less than six months. Built towards, not assessed.
LEAST_KEPT_DAYS = 183


class AuditEvent(models.Model):
    """What is to be known later and has no append-only table of its own: files that left, the chain taken up again."""

    class What(models.TextChoices):
        FILE = "file", _("导出文件")
        AUDIT_FILE = "audit_file", _("导出审计记录")
        RESUMED = "resumed", _("审计链重新接续")

    what = models.CharField(_("事项"), max_length=20, choices=What.choices)
    at = models.DateTimeField(_("时间"))
    by = models.ForeignKey("geo.User", models.PROTECT, null=True, related_name="+", verbose_name=_("账号"))
    kind = models.CharField(_("对象类别"), max_length=60, blank=True)
    note = models.CharField(_("说明"), max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("审计事项")
        ordering = ["pk"]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.what} {self.at}"


class AuditForm(models.Model):
    """Which columns of a source's rows went into the hash: a later migration may add one, and what was hashed stays so."""

    source = models.CharField(_("来源"), max_length=60)
    columns = models.TextField(_("字段"))

    class Meta:
        verbose_name = verbose_name_plural = _("审计字段表")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["source", "columns"], name="audit_form_once")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.source} {self.pk}"


class AuditEntry(models.Model):
    """One row of an append-only table (`source`, `row`), in the order in which the one writer found it.

    `row_hash` is the SHA-256 of that row, `hash` of `prev_hash` and everything else here (geo.audit.chain). `day` is the county's
    day of `chained_at`. `is_late`: the row says that it was there long before the writer last looked and did not find it.
    """

    seq = models.BigIntegerField(_("序号"), primary_key=True)
    day = models.DateField(_("日期"))
    chained_at = models.DateTimeField(_("入链时间"))
    is_late = models.BooleanField(_("迟到"), default=False)
    source = models.CharField(_("来源"), max_length=60)
    row = models.BigIntegerField(_("来源行号"))
    form = models.ForeignKey(AuditForm, models.PROTECT, db_index=False, related_name="+", verbose_name=_("字段表"))
    at = models.DateTimeField(_("时间"))
    who = models.CharField(_("账号"), max_length=60, blank=True)
    division = models.CharField(_("行政区划"), max_length=12, blank=True)
    what = models.CharField(_("事项"), max_length=40)
    kind = models.CharField(_("对象类别"), max_length=60, blank=True)
    object_id = models.CharField(_("对象编号"), max_length=40, blank=True)
    note = models.CharField(_("说明"), max_length=240, blank=True)
    subject = models.CharField(_("所涉账号"), max_length=60, blank=True)
    row_hash = models.CharField(_("原始记录摘要"), max_length=64)
    prev_hash = models.CharField(_("前一条摘要"), max_length=64)
    hash = models.CharField(_("摘要"), max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = _("审计记录")
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["source", "row"], name="audited_once")]
        indexes = [
            models.Index(fields=["day", "seq"], name="audit_by_day"),
            models.Index(fields=["who", "seq"], name="audit_by_account"),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.seq} {self.source} {self.row}"


class AuditHead(models.Model):
    """A day that is over: its last hash, signed with a key that is not in the database. The same stands in a file outside.

    `floors`: of each source the highest row that was in the chain by then.
    """

    day = models.DateField(_("日期"), primary_key=True)
    first_seq = models.BigIntegerField(_("第一条"))
    last_seq = models.BigIntegerField(_("最后一条"))
    opens_with = models.CharField(_("接续摘要"), max_length=64)
    hash = models.CharField(_("封存摘要"), max_length=64)
    floors = models.JSONField(_("来源行号"), default=dict)
    closed_at = models.DateTimeField(_("封存时间"))
    signature = models.CharField(_("签名"), max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = _("审计日封存")
        ordering = ["-day"]
        constraints = [models.CheckConstraint(condition=Q(last_seq__gte=models.F("first_seq")), name="audit_head_has_entries")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return str(self.day)

    @property
    def count(self) -> int:
        return self.last_seq - self.first_seq + 1


class AuditPurge(models.Model):
    """A day whose entries were deleted after their time: its head stays, signed once more with when and by which rule."""

    head = models.OneToOneField(AuditHead, models.PROTECT, primary_key=True, related_name="purge", verbose_name=_("封存"))
    purged_at = models.DateTimeField(_("清理时间"))
    kept_days = models.PositiveSmallIntegerField(_("保存天数"))
    signature = models.CharField(_("签名"), max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = _("审计清理")
        ordering = ["-head"]
        constraints = [models.CheckConstraint(condition=Q(kept_days__gte=LEAST_KEPT_DAYS), name="audit_purged_not_too_early")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return str(self.head_id)


class AuditCheck(models.Model):
    """A verification of the whole chain, and what it found."""

    at = models.DateTimeField(_("时间"), db_default=Now())
    entry_count = models.BigIntegerField(_("条数"))
    last_seq = models.BigIntegerField(_("最后一条"))
    fault_count = models.PositiveIntegerField(_("问题数"))
    faults = models.JSONField(_("问题"), default=list)
    waiting_count = models.PositiveIntegerField(_("待入链"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = _("审计核验")
        ordering = ["-pk"]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.at} {self.fault_count}"


class AuditStandard(Standard):
    """How long the audit is kept. A change is a new version; the database refuses less than six months."""

    kept_days = models.PositiveSmallIntegerField(_("保存天数"), default=LEAST_KEPT_DAYS)

    class Meta(Standard.Meta):
        verbose_name = verbose_name_plural = _("审计保存标准")
        constraints = [models.CheckConstraint(condition=Q(kept_days__gte=LEAST_KEPT_DAYS), name="audit_kept_six_months")]


class PublishedAccess(models.Model):
    """What the public is told of a month that is over: how often who looked. One to four is told as "<5", and no sum is told."""

    class What(models.TextChoices):
        POINTS = "points", _("查阅监控点（次）")
        TRACKS = "tracks", _("查看轨迹（次）")
        EXPORTS = "exports", _("批准导出台账（份）")
        REFUSED = "refused", _("不批准导出（份）")

    month = models.DateField(_("月份"))
    what = models.CharField(_("事项"), max_length=10, choices=What.choices)
    role = models.CharField(_("角色"), max_length=20, blank=True)
    shown = models.CharField(_("公布的数"), max_length=12)
    is_invented = models.BooleanField(_("演示数据"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = _("公布的访问数")
        ordering = ["-month", "what", "role"]
        constraints = [models.UniqueConstraint(fields=["month", "what", "role"], name="access_published_once")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.what} {self.role}"
