"""What no password may be made of, beyond Django's list of common ones: that list is of foreign sites."""
import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# What people here would think of first. Our own default.
WORDS = (
    "zhongning", "zhongwei", "ningxia", "siwu", "gongan", "paichusuo", "jingcha", "police", "admin", "password", "passwd", "qwerty",
    "woaini", "iloveyou", "test", "四无", "中宁", "公安", "派出所", "警察", "密码",
)  # fmt: skip
LEFT_AT_LEAST = 4
DIFFERENT_AT_LEAST = 6


class OwnWordsValidator:
    """Something must be left besides digits, signs and these words, and not the same few characters over and over."""

    def validate(self, password: str, user=None) -> None:
        left = password.lower()
        for word in WORDS:
            left = left.replace(word, "")
        if len(re.sub(r"[\W\d_]", "", left)) < LEFT_AT_LEAST or len(set(password.lower())) < DIFFERENT_AT_LEAST:
            raise ValidationError(_("密码不能只由数字、符号、常见词或少数几个字符组成。"), code="password_of_common_parts")

    def get_help_text(self) -> str:
        return _("密码不能只由数字、符号、常见词或少数几个字符组成。")
