"""Kinds of premises and of public facilities are data: a county adds, renames and retires them without a new release."""
import time

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from geo.models.layers import LayerVersion

VERSION = "kinds"
DEFAULT_SOURCE = "本系统默认"


class PlaceKind(models.Model):
    """`code` is what is stored with a place and never changes; `title` is what people read; a retired kind stays readable."""

    class Layer(models.TextChoices):
        PREMISES = "premises", _("重点场所")
        FACILITIES = "facilities", _("公共设施")

    class Figure(models.TextChoices):
        CIRCLE = "circle", _("圆形")
        SQUARE = "square", _("方形")
        TRIANGLE = "triangle", _("三角形")
        DIAMOND = "diamond", _("菱形")
        RING = "ring", _("圆环")

    layer = models.CharField(_("图层"), max_length=12, choices=Layer.choices)
    code = models.CharField(
        _("代码"), max_length=16, validators=[RegexValidator(r"\A[a-z][a-z0-9_]*\Z", _("代码用小写字母、数字和下划线，以字母开头。"))]
    )
    title = models.CharField(_("名称"), max_length=20)
    title_en = models.CharField(_("英文名称"), max_length=40)
    mark = models.CharField(_("图上一字"), max_length=1)
    colour = models.CharField(
        _("颜色"), max_length=7, validators=[RegexValidator(r"\A#[0-9a-fA-F]{6}\Z", _("颜色写成#后六位十六进制数。"))]
    )
    figure = models.CharField(_("图形"), max_length=8, choices=Figure.choices, default=Figure.CIRCLE)
    group = models.CharField(_("分组"), max_length=20, blank=True)
    order = models.PositiveSmallIntegerField(_("次序"), default=100)
    valid_from = models.DateField(_("启用日期"), default=timezone.localdate)
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=60, blank=True)
    changed_at = models.DateTimeField(_("更新时间"), db_default=Now())
    changed_by = models.ForeignKey("geo.User", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("操作账号"))

    class Meta:
        verbose_name = verbose_name_plural = _("场所类别")
        ordering = ["layer", "order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["layer", "code"], name="kind_code_once", violation_error_message=_("这个代码已有。")),
            models.UniqueConstraint(fields=["layer", "title"], name="kind_title_once", violation_error_message=_("这个名称已有。")),
            models.UniqueConstraint(
                fields=["layer", "mark", "figure"], name="kind_told_without_colour",
                violation_error_message=_("同一图形、同一字的类别已有：只凭颜色分不清。"),
            ),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="kind_dates_in_order"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.title

    @property
    def shown(self) -> str:
        """Its title in the reader's language; a retired one says so."""
        title = self.title_en if get_language() == "en" else self.title
        return _("%(title)s（已停用）") % {"title": title} if self.is_retired else title

    @property
    def is_default(self) -> bool:
        return self.source == DEFAULT_SOURCE

    @property
    def is_retired(self) -> bool:
        return self.valid_to is not None and self.valid_to <= timezone.localdate()


class _Kept:
    """The kinds of every layer as of a version, which is looked at once a second for each process."""

    SECONDS = 1.0

    def __init__(self) -> None:
        self.until, self.version = 0.0, None
        self.kinds: dict[str, list[PlaceKind]] = {}

    def of(self, layer: str) -> list[PlaceKind]:
        if time.monotonic() > self.until:
            version = LayerVersion.objects.filter(layer=VERSION).values_list("version", "changed_at").first()
            if version is None or version != self.version:
                self.kinds = {}
                for kind in PlaceKind.objects.all():
                    self.kinds.setdefault(kind.layer, []).append(kind)
            self.version, self.until = version, time.monotonic() + self.SECONDS
        return self.kinds.get(layer, [])

    def forget(self) -> None:
        self.until, self.version = 0.0, None


kept = _Kept()


def kinds_of(layer: str) -> list[PlaceKind]:
    """All kinds of a layer in their order, the retired ones last. Another process's change is seen within a second."""
    return sorted(kept.of(layer), key=lambda kind: kind.is_retired)


class KindField(models.CharField):
    """The code of a PlaceKind. Choices, labels and forms follow the table as it is at the moment, not as it was at the start."""

    def __init__(self, *args, layer: str = "", **options):
        self.layer = layer
        options.setdefault("max_length", 16)
        options["choices"] = self._now
        super().__init__(*args, **options)

    def _now(self) -> list[tuple[str, str]]:
        return [(kind.code, str(kind.shown)) for kind in kinds_of(self.layer)]

    def _check_choices(self) -> list:
        return []  # asking the table would need a database for every check

    def deconstruct(self):
        name, path, args, options = super().deconstruct()
        options.pop("choices", None)
        return name, path, args, {**options, "layer": self.layer}
