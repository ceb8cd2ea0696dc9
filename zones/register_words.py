"""Free text of the register: what is refused, and what is blotted out where refusing would lose a hazard."""
from django.utils.translation import gettext as _

from geo import pii

TEXT_AT_MOST, WHY_AT_MOST = 1000, 500
BLOT = "×"


class RegisterRefused(ValueError):
    """Why something is not done, in words for the person."""


def guarded(text: str, longest: int, what: str, *, needed: bool = False) -> str:
    """Text as it is stored. Raises RegisterRefused where it is too long, empty though needed, or looks like a person's number."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if needed and not text:
        raise RegisterRefused(_("请填写%(what)s。") % {"what": what})
    if len(text) > longest:
        raise RegisterRefused(_("%(what)s最多%(count)d个字。") % {"what": what, "count": longest})
    if found := pii.find(text):
        raise RegisterRefused(
            _("%(what)s中“%(text)s”像是个人号码，请删去。") % {"what": what, "text": text[found[0].start : found[0].end]}
        )
    return text


def blotted(text: str) -> str:
    """The same text with what looks like a person's number crossed out."""
    for each in reversed(pii.find(text)):
        text = text[: each.start] + BLOT * (each.end - each.start) + text[each.end :]
    return text
