"""What every file that somebody handed in tells of itself."""
from django.db import models
from django.utils.translation import gettext_lazy as _


class HandedIn(models.Model):
    """A picture or PDF as it was handed in. The file's own name is ours; `name` is what its owner called it."""

    name = models.CharField(_("文件名"), max_length=120)
    content_type = models.CharField(_("类型"), max_length=40)
    byte_count = models.PositiveIntegerField(_("字节数"))
    sha256 = models.CharField(_("摘要"), max_length=64)

    class Meta:
        abstract = True
