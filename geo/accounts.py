"""Accounts by three separate administrators (三员分立, R1; built towards promise 21, not assessed).

The system administrator asks for an account or for other rights, hands out one-time passwords and unlocks. The security
administrator grants or declines what was asked, suspends and restores. The auditor reads what both did. Nobody holds two of
the three, since an account has one role, and none of them reads business data.
"""
import re
import secrets
from collections.abc import Mapping
from datetime import datetime

from axes.models import AccessAttempt
from axes.utils import reset
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, Sum
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from geo import pii, second_factor, workflow
from geo.models import AccountEvent, AccountRequest, Division, SecondFactor, User
from geo.workflow import Move

# Without letters that are taken for one another: 28 signs, 16 places, 76 bits.
SIGNS = "abcdefhjkmnpqrstuvwxyz234578"
PASSWORD_LENGTH = 16
NAME = re.compile(r"[a-z][a-z0-9_]{2,29}")
Role, Level = User.Role, Division.Level
ABOVE_TOWNS = (Level.PROVINCE, Level.CITY, Level.COUNTY)
# In which divisions a role has its place.
LEVELS = {
    Role.TOWN_OFFICER: (Level.TOWN,), Role.VILLAGE_CADRE: (Level.VILLAGE,), Role.PATROL_MEMBER: (Level.TOWN, Level.COUNTY),
}  # fmt: skip


def name_tried(request: HttpRequest | None, credentials: Mapping | None = None) -> str:
    """What the record of sign-ins keeps of the name that was typed: a personal number in the wrong field is crossed out."""
    name = (credentials or {}).get("username") or getattr(request, "POST", {}).get("username", "")
    for each in reversed(pii.find(name)):
        name = name[: each.start] + "×" * (each.end - each.start) + name[each.end :]
    return name


class AccountRefused(ValueError):
    """Why something is not done, in words for the administrator; `field` where one was meant."""

    def __init__(self, text: str, field: str = ""):
        super().__init__(text)
        self.field = field


def one_time_password() -> str:
    return "".join(secrets.choice(SIGNS) for _place in range(PASSWORD_LENGTH))


# Rights


def reads(user: User) -> bool:
    return user.role in User.ADMINISTRATORS


def is_system_admin(user: User, obj=None) -> bool:
    return user.role == Role.SYSTEM_ADMIN and (obj is None or _inside(user, obj))


def is_security_admin(user: User, obj=None) -> bool:
    return user.role == Role.SECURITY_ADMIN and (obj is None or _inside(user, obj))


def _inside(user: User, obj) -> bool:
    return obj.division_id.startswith(user.division_id)


def visible_to(user: User):
    """The accounts of the own territory, for the three administrators only."""
    found = User.objects.filter(division__code__startswith=user.division_id).select_related("division")
    found = found.annotate(has_factor=Exists(SecondFactor.objects.filter(user=OuterRef("pk"))))
    return found if reads(user) else found.none()


def requests_for(user: User):
    found = AccountRequest.objects.filter(division__code__startswith=user.division_id).select_related("division", "asked_by", "account")
    return found if reads(user) else found.none()


# Asking


@transaction.atomic
def ask(*, username: str, role: str, division: Division, why: str, by: User, now: datetime, account: User | None = None) -> AccountRequest:
    """A new account, or other rights for the one given. Raises AccountRefused; then nothing is kept."""
    if not is_system_admin(by) or not division.code.startswith(by.division_id) or (account and not _inside(by, account)):
        raise PermissionDenied
    _judge(username, role, division, why, is_new=account is None)
    if account and (account.role, account.division_id) == (role, division.code):
        raise AccountRefused(_("角色和辖区都没有变。"))
    what = AccountRequest.What.RIGHTS if account else AccountRequest.What.NEW
    return _asked(what, username=username, account=account, role=role, division=division, why=why, by=by, now=now)


@transaction.atomic
def ask_without_factor(account: User, *, why: str, by: User, now: datetime) -> AccountRequest:
    """To take an account's second factor away: its holder has lost phone, key and recovery codes."""
    if not is_system_admin(by, account):
        raise PermissionDenied
    if not second_factor.is_set(account):
        raise AccountRefused(_("这个账号没有设置第二验证。"))
    _judge_reason(why)
    rights = {"role": account.role, "division": account.division}
    return _asked(AccountRequest.What.FACTOR, username=account.username, account=account, why=why, by=by, now=now, **rights)


def _asked(what: str, *, username: str, why: str, by: User, now: datetime, **said) -> AccountRequest:
    if AccountRequest.objects.filter(username=username, state=AccountRequest.State.ASKED).exists():
        raise AccountRefused(_("这个账号已有一份申请等待授权。"), "username")
    return AccountRequest.objects.create(what=what, username=username, why=why.strip(), asked_at=now, asked_by=by, **said)


def _judge(username: str, role: str, division: Division, why: str, *, is_new: bool) -> None:
    if not NAME.fullmatch(username):
        raise AccountRefused(_("账号用小写字母开头，只含小写字母、数字和下划线，3至30个字符。"), "username")
    if is_new and User.objects.filter(username=username).exists():
        raise AccountRefused(_("这个账号已经有了。"), "username")
    if role not in Role.values:
        raise AccountRefused(_("请选择角色。"), "role")
    if Level(division.level) not in LEVELS.get(Role(role), ABOVE_TOWNS):
        raise AccountRefused(_("“%(role)s”不能放在这一级区划。") % {"role": Role(role).label}, "division")
    _judge_reason(why, username)


def _judge_reason(why: str, username: str = "") -> None:
    if not why.strip():
        raise AccountRefused(_("请写明理由，例如岗位或文号。"), "why")
    if pii.find(why) or pii.find(username):
        raise AccountRefused(_("这里像是写了证件号、电话或车牌，请删去。"), "why")


# Granting


def _by_another(request: AccountRequest, by: User) -> str:
    return _("不能给自己的账号授权。") if request.username == by.username else ""


A = AccountRequest.State
workflow.register(
    AccountRequest,
    Move(A.ASKED, A.GRANTED, gettext_lazy("授权"), may=is_security_admin, check=_by_another),
    Move(A.ASKED, A.DECLINED, gettext_lazy("不同意"), may=is_security_admin, needs_reason=True),
)


@transaction.atomic
def decide(request: AccountRequest, to: str, *, by: User, now: datetime, why: str = "") -> None:
    """Grant or decline; what is granted holds at once, and a change of rights ends the account's sessions."""
    workflow.move(request, to, by=by, now=now, why=why)
    if to != A.GRANTED:
        return
    if request.what == AccountRequest.What.FACTOR:
        return second_factor.remove(User.objects.select_for_update().get(pk=request.account_id), by=by, now=now)
    rights = {"role": request.role, "division_id": request.division_id}
    if request.what == AccountRequest.What.NEW:
        account = User.objects.create_user(request.username, None, **rights)
        AccountRequest.objects.filter(pk=request.pk).update(account=account)
    else:
        account = User.objects.select_for_update().get(pk=request.account_id)
        User.objects.filter(pk=account.pk).update(**rights)
    note = f"{Role(request.role).label} · {request.division.name}"
    _note(account, AccountEvent.What.MADE if request.what == AccountRequest.What.NEW else AccountEvent.What.RIGHTS, by, now, note)


# What else is done to an account


@transaction.atomic
def issue_password(account: User, *, by: User, now: datetime) -> str:
    """A password to hand over, shown once; the first thing its holder must do is to change it. Ends the account's sessions."""
    if not is_system_admin(by, account):
        raise PermissionDenied
    if account.role in User.ADMINISTRATORS and account.has_usable_password():
        raise AccountRefused(_("三类管理员的密码不能由系统管理员重置，请在服务器上用 create_administrators --reset 办理。"))
    password = one_time_password()
    set_password(account, password)
    _note(account, AccountEvent.What.PASSWORD, by, now)
    return password


def set_password(account: User, password: str) -> None:
    account.set_password(password)
    account.must_change_password = True
    account.save(update_fields=["password", "must_change_password"])
    reset(username=account.username)


@transaction.atomic
def suspend(account: User, *, by: User, now: datetime, why: str) -> None:
    _switch(account, False, by=by, now=now, why=why)


@transaction.atomic
def restore(account: User, *, by: User, now: datetime, why: str) -> None:
    _switch(account, True, by=by, now=now, why=why)


def _switch(account: User, on: bool, *, by: User, now: datetime, why: str) -> None:
    if not is_security_admin(by, account):
        raise PermissionDenied
    if account.pk == by.pk:
        raise AccountRefused(_("不能停用或恢复自己的账号。"))
    if not why.strip():
        raise AccountRefused(_("请填写理由。"))
    if pii.find(why):
        raise AccountRefused(_("这里像是写了证件号、电话或车牌，请删去。"))
    if not User.objects.filter(pk=account.pk, is_active=not on).update(is_active=on):
        raise AccountRefused(_("别人刚刚办理过，请刷新页面。"))
    _note(account, AccountEvent.What.RESTORED if on else AccountEvent.What.SUSPENDED, by, now, why.strip()[:200])


@transaction.atomic
def unlock(account: User, *, by: User, now: datetime) -> None:
    if not is_system_admin(by, account):
        raise PermissionDenied
    if not reset(username=account.username):
        raise AccountRefused(_("这个账号没有锁定。"))
    _note(account, AccountEvent.What.UNLOCKED, by, now)


def _note(account: User, what: str, by: User | None, now: datetime, note: str = "") -> None:
    AccountEvent.objects.create(account=account, what=what, note=note, at=now, by=by)


def locked(now: datetime) -> set[str]:
    """Names that are locked at this moment after wrong passwords."""
    since = now - settings.AXES_COOLOFF_TIME
    rows = AccessAttempt.objects.filter(attempt_time__gte=since).values("username").order_by()
    return set(rows.annotate(n=Sum("failures_since_start")).filter(n__gte=settings.AXES_FAILURE_LIMIT).values_list("username", flat=True))


# The first three


@transaction.atomic
def first_administrators(division: Division, *, now: datetime) -> dict[str, str]:
    """The three of a new installation with their one-time passwords. Raises AccountRefused where there is one already."""
    if User.objects.filter(role__in=User.ADMINISTRATORS).exists():
        raise AccountRefused(_("已经有管理员账号了。密码遗失的，用 --reset 账号 重置。"))
    made = {}
    for username, role in (("sysadmin", Role.SYSTEM_ADMIN), ("secadmin", Role.SECURITY_ADMIN), ("auditor", Role.AUDITOR)):
        made[username] = one_time_password()
        account = User.objects.create_user(username, made[username], role=role, division=division)
        _note(account, AccountEvent.What.MADE, None, now, _("在服务器上建立"))
    return made


@transaction.atomic
def reset_administrator(username: str, *, now: datetime, without_factor: bool = False) -> str:
    account = User.objects.filter(username=username, role__in=User.ADMINISTRATORS).first()
    if account is None:
        raise AccountRefused(_("没有叫“%(name)s”的管理员账号。") % {"name": username})
    password = one_time_password()
    set_password(account, password)
    _note(account, AccountEvent.What.PASSWORD, None, now, _("在服务器上重置"))
    if without_factor:
        second_factor.remove(account, by=None, now=now, text=_("在服务器上移除"))
    return password
