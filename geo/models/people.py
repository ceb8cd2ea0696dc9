"""Staff who sign in. Nobody else is a person in this database."""
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager):
    def create_user(self, username: str, password: str | None = None, **fields) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):
    """A staff account: a role in a home division. There is no superuser: rights come from the role alone."""

    class Role(models.TextChoices):
        COUNTY_OFFICER = "county_officer", _("县级民警")
        TOWN_OFFICER = "town_officer", _("乡镇民警")
        VILLAGE_CADRE = "village_cadre", _("村（社区）干部")
        PATROL_MEMBER = "patrol_member", _("巡防队员")
        PLANNER = "planner", _("规划人员")
        SYSTEM_ADMIN = "system_admin", _("系统管理员")
        SECURITY_ADMIN = "security_admin", _("安全管理员")
        AUDITOR = "auditor", _("审计管理员")

    # The three administrators (三员分立) keep the system and read none of its business data.
    ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR})

    # Who needs to know where a surveillance point stands. Everybody else sees counts by town and village.
    EXACT_POSITIONS = frozenset({Role.COUNTY_OFFICER, Role.TOWN_OFFICER})

    username = models.CharField(_("账号"), max_length=60, unique=True)
    role = models.CharField(_("角色"), max_length=20, choices=Role.choices)
    division = models.ForeignKey("geo.Division", models.PROTECT, verbose_name=_("所属区划"))
    is_active = models.BooleanField(_("启用"), default=True)
    must_change_password = models.BooleanField(_("须修改密码"), default=True)
    factor_changes = models.PositiveIntegerField(_("第二验证变更次数"), default=0, db_default=0)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["role", "division"]

    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = _("账号")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.username

    def get_session_auth_hash(self) -> str:
        """A change of password, role, territory, activity or second factor ends every session at its next request."""
        state = f"{self.password}|{self.role}|{self.division_id}|{self.is_active}"
        if self.factor_changes:  # an account that has never had one keeps the sessions and keys it had before there was such a thing
            state += f"|{self.factor_changes}"
        return salted_hmac("geo.User.session", state, algorithm="sha256").hexdigest()

    def get_session_auth_fallback_hash(self):
        return iter(())

    @property
    def reads_business_data(self) -> bool:
        return self.role not in self.ADMINISTRATORS

    @property
    def writes_business_data(self) -> bool:
        return self.role in {self.Role.COUNTY_OFFICER, self.Role.TOWN_OFFICER}

    @property
    def reads_exact_positions(self) -> bool:
        return self.role in self.EXACT_POSITIONS
