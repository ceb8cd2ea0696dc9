"""What the search reads: one narrow row for each place and division, and marks of what has changed since it was written."""
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F
from django.db.models.functions import Reverse
from django.utils.translation import gettext_lazy as _

from geo.querysets import TerritorialQuerySet

_BESIDE = ["division", "layer", "object_id"]


class SearchEntry(models.Model):
    """Derived from the layers by `geo.search.filling`; never written elsewhere. A division has the layer "" and its code as number.

    `folded`: the name without case, width, spaces and punctuation; `grams`: its pairs of neighbouring characters, and its county,
    town and village, as numbers.
    Texts are compared byte by byte (collation C), so that a beginning is a range of the index.
    """

    pk = models.CompositePrimaryKey("layer", "object_id")
    layer = models.CharField(_("图层"), max_length=40, db_collation="C")
    object_id = models.BigIntegerField(_("对象编号"))
    division = models.ForeignKey(
        "geo.Division", models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False, verbose_name=_("行政区划")
    )
    length = models.SmallIntegerField(_("字数"))
    folded = models.CharField(_("检索名称"), max_length=240, db_collation="C")
    pinyin_length = models.SmallIntegerField(_("拼音字母数"))
    pinyin = models.CharField(_("拼音"), max_length=800, db_collation="C")
    initials = models.CharField(_("拼音首字母"), max_length=240, db_collation="C")
    key = models.CharField(_("检索编号"), max_length=160, db_collation="C")
    grams = ArrayField(models.IntegerField(), verbose_name=_("字对"))

    objects = TerritorialQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = _("检索条目")
        indexes = [
            models.Index(fields=["length", "folded"], include=_BESIDE, name="entry_by_name"),
            models.Index(F("length"), Reverse("folded"), name="entry_by_end"),
            models.Index(fields=["length", "initials"], include=_BESIDE, name="entry_by_initials"),
            models.Index(fields=["pinyin_length", "pinyin"], include=_BESIDE, name="entry_by_pinyin"),
            models.Index(F("pinyin_length"), Reverse("pinyin"), name="entry_by_pinyin_end"),
            models.Index(fields=["key"], include=_BESIDE, name="entry_by_key"),
            # Without a pending list: every search would have to read it.
            GinIndex(fields=["grams"], fastupdate=False, name="entry_by_grams"),
        ]

    def __str__(self) -> str:
        return f"{self.layer} {self.object_id} {self.folded}"


class SearchMark(models.Model):
    """Objects of a layer from one number to another that have changed; written by trigger, taken away by the filling."""

    layer = models.CharField(_("图层"), max_length=40)
    low = models.BigIntegerField(_("起始编号"))
    high = models.BigIntegerField(_("结束编号"))

    class Meta:
        verbose_name = verbose_name_plural = _("待检索对象")

    def __str__(self) -> str:
        return f"{self.layer} {self.low}–{self.high}"
