"""The code by which a compound's manager is known after publication: given out by an officer on paper, shown once."""
import secrets
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from geo.models import Compound, User
from zones import receipts
from zones.models import ManagerCode
from zones.register_words import RegisterRefused
from zones.supervision_rules import rules_at


def issue(compound: Compound, *, by: User, now: datetime) -> tuple[ManagerCode, str]:
    """A new code for the compound, which ends the one before, and the code itself, which is kept nowhere."""
    if not (by.writes_business_data and compound.division_id.startswith(by.division_id)):
        raise RegisterRefused(_("只有本辖区民警可以发放验证码。"))
    rules = rules_at(now)
    code = receipts.grouped("".join(secrets.choice(receipts.SIGNS) for _place in range(10)))
    facts = {
        "code_hash": receipts.hashed(str(compound.public_id), code), "issued_at": now, "issued_by": by,
        "valid_until": rules.on + timedelta(days=rules.figures.manager_code_days),
    }  # fmt: skip
    kept, _new = ManagerCode.objects.everywhere("of this compound").update_or_create(compound=compound, defaults=facts)
    return kept, code
