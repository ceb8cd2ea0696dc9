"""The gate before exact positions, as the layer's declaration names it."""
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo.gates import Gate
from geo.models import User
from geo.surveillance import exports
from geo.surveillance.access import current, may, note_read

TEXT = gettext_lazy("监控点的准确位置须先填写查阅用途，当日有效，并留下记录。")


def may_export(user: User) -> str:
    """Why the register is not given out as a file to this account now; empty while an approved wish waits to be used."""
    if not may(user):
        return _("您的角色不查看监控点的准确位置。")
    if current(user) is None:
        return str(TEXT)
    now = timezone.now()
    return "" if exports.ready(user, now=now).exists() else _("监控点导出须由第二人审批：请在“监控点”页提出导出申请。")


EXACT_POSITIONS = Gate(
    may=may,
    is_open=lambda user: current(user) is not None,
    note=note_read,
    may_export=may_export,
    take_out=lambda user, count: exports.claim(user, now=timezone.now(), count=count),
    url_name="surveillance_purpose",
    text=TEXT,
)
