"""Under which terms the published data may be used: the operator's words, or our own default, labelled as such."""
from django.conf import settings
from django.utils.translation import gettext as _


def licence() -> dict:
    """`is_own_assumption`: the operator has set nothing."""
    own = settings.OPEN_DATA_LICENCE
    text = own or _("可以自由使用、复制、转载和加工，包括商业用途；请注明公布单位和评定期，加工过的请说明。数据按现状提供。")
    return {"text": text, "url": settings.OPEN_DATA_LICENCE_URL, "is_own_assumption": not own}
