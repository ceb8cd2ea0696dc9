"""One mail a day to whoever wants it: how many notices wait, by kind. No number, no place, no text of an issue leaves by mail."""
import logging
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Count
from django.utils import translation
from django.utils.translation import gettext as _

from zones.models import Notice, NoticeSetting
from zones.periods import day_of

FROM_HOUR = 8
log = logging.getLogger(__name__)


def is_set_up() -> bool:
    return bool(settings.EMAIL_HOST)


def send(*, now: datetime) -> int:
    """To everybody with an address and unread notices who has had none today; how many mails. Without a mail server: none."""
    if not is_set_up():
        return 0
    today, sent = day_of(now), 0
    waiting = NoticeSetting.objects.exclude(email="").exclude(digest_on=today).filter(user__is_active=True)
    for pk in list(waiting.values_list("pk", flat=True)):
        try:
            with transaction.atomic():
                sent += _send_one(pk, today)
        except (SMTPException, OSError):
            log.exception("the daily mail of account %s was not sent", pk)
    return sent


def _send_one(pk: int, today) -> bool:
    wanted = NoticeSetting.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).exclude(digest_on=today)
    setting = wanted.select_related("user").first()
    if setting is None:
        return False
    counts = dict(Notice.objects.filter(user=setting.user, read_at=None).order_by().values_list("kind").annotate(n=Count("pk")))
    if not counts:
        return False
    setting.digest_on = today
    setting.save(update_fields=["digest_on"])
    with translation.override(settings.LANGUAGE_CODE):
        lines = [f"{Notice.Kind(kind).label}：{count}" for kind, count in sorted(counts.items())]
        text = "\n".join([_("您有未读通知："), *lines, "", _("请登录系统查看。本邮件不含具体内容。")])
        send_mail(_("四无：今日通知"), text, settings.DEFAULT_FROM_EMAIL, [setting.email])
    return True
