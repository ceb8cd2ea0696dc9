"""A file on its way into a layer: uploaded, looked at, tried out, written or given up."""
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from geo.querysets import TerritorialQuerySet


class ImportDraftQuerySet(TerritorialQuerySet):
    def visible_to(self, user):
        """The own drafts; a county officer also reads those of everybody in the own territory."""
        mine = super().visible_to(user)
        if not getattr(user, "writes_business_data", False):
            return mine.none()
        return mine if user.role == user.Role.COUNTY_OFFICER else mine.filter(owner=user)

    def open(self):
        return self.filter(state__in=(ImportDraft.State.UPLOADED, ImportDraft.State.CHECKED))


class ImportDraft(models.Model):
    """`folder` holds the file and its report, below MEDIA_ROOT, where nothing is served.

    `meta` is what the reader says of the file, `samples` the first values of each column with personal numbers masked,
    `positions` some hundred [x, y] in the file's own coordinates. `mapping` is {file's column: field, "#x", "#y", "#wkt" or ""}.
    `gone` are the numbers of objects that earlier files with the same header brought and this one lacks, at most 1,000.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("已上传")
        CHECKED = "checked", _("已检查")
        APPLIED = "applied", _("已入库")
        DISCARDED = "discarded", _("已放弃")

    owner = models.ForeignKey("geo.User", models.PROTECT, related_name="+", verbose_name=_("上传账号"))
    division = models.ForeignKey("geo.Division", models.PROTECT, related_name="+", verbose_name=_("账号所属区划"))
    file_name = models.CharField(_("文件名"), max_length=255)
    archive_name = models.CharField(_("来自压缩包"), max_length=255, blank=True)
    folder = models.CharField(_("存放位置"), max_length=80, unique=True)
    sha256 = models.CharField(_("文件摘要"), max_length=64)
    size_bytes = models.BigIntegerField(_("大小（字节）"))
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.UPLOADED)
    problem = models.TextField(_("无法读取的原因"), blank=True)
    parts = models.JSONField(_("文件里的图层"), default=list, blank=True)
    meta = models.JSONField(_("文件内容"), default=dict, blank=True)
    samples = models.JSONField(_("示例值"), default=dict, blank=True)
    positions = models.JSONField(_("示例位置"), default=list, blank=True)
    shape = models.CharField(_("图形"), max_length=10, blank=True)
    layer = models.CharField(_("图层"), max_length=40, blank=True)
    part = models.CharField(_("文件中的图层或工作表"), max_length=200, blank=True)
    encoding = models.CharField(_("编码"), max_length=20, blank=True)
    mapping = models.JSONField(_("列对应"), default=dict, blank=True)
    datum = models.CharField(_("坐标系"), max_length=20, blank=True)
    report = models.JSONField(_("检查结果"), default=dict, blank=True)
    gone_count = models.IntegerField(_("本次文件没有的对象数"), default=0)
    gone = models.JSONField(_("本次文件没有的对象"), default=list, blank=True)
    job = models.ForeignKey("geo.Job", models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("后台任务"))
    batch = models.OneToOneField("geo.Batch", models.PROTECT, null=True, blank=True, related_name="draft", verbose_name=_("导入批次"))
    uploaded_at = models.DateTimeField(_("上传时间"), db_default=Now())
    checked_at = models.DateTimeField(_("检查时间"), null=True, blank=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)

    objects = ImportDraftQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("待导入文件")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="applied", batch__isnull=False, ended_at__isnull=False)
                | Q(state="discarded", batch=None, ended_at__isnull=False)
                | Q(state__in=("uploaded", "checked"), batch=None, ended_at=None),
                name="import_draft_ends_once",
            ),
            models.CheckConstraint(
                condition=~Q(state="checked") | Q(checked_at__isnull=False) & ~Q(layer="") & ~Q(datum=""),
                name="import_draft_checked_knows_what",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.file_name}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.UPLOADED, self.State.CHECKED)

    @property
    def is_busy(self) -> bool:
        return self.job is not None and self.job.state in (self.job.State.WAITING, self.job.State.RUNNING)

    @property
    def is_refused(self) -> bool:
        """Looked at, and nothing of it can go in: the file as a whole, or every row of it."""
        counts = self.report if self.state == self.State.CHECKED else {}
        return not self.is_busy and bool(self.problem or (counts.get("rejected") and counts["rejected"] == counts.get("read")))


class ColumnMemory(models.Model):
    """Which column became which field, the last time a file with this header came for this layer."""

    layer = models.CharField(_("图层"), max_length=40)
    header_digest = models.CharField(_("表头摘要"), max_length=64)
    mapping = models.JSONField(_("列对应"), default=dict)
    datum = models.CharField(_("上次的坐标系"), max_length=20)
    used_at = models.DateTimeField(_("最近使用"), db_default=Now())

    class Meta:
        verbose_name = verbose_name_plural = _("列对应记忆")
        constraints = [models.UniqueConstraint(fields=["layer", "header_digest"], name="one_memory_per_layer_and_header")]

    def __str__(self) -> str:
        return f"{self.layer} {self.header_digest[:8]}"
